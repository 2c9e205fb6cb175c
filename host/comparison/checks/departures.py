"""How a stream that a check sent departs from the reference, in sentences."""

from ...printable import counted
from ..file import FileComparison


def departures(file: FileComparison, decided: str = "") -> list[str]:
    """What differs, and what is wrong besides values; empty when nothing is.

    Args:
        file: compared to its end.
        decided: what is special about its detections, in words.
    """
    found = [
        f"{count.different:,} of {count.compared:,} {what} differ{_first(file, kind)}"
        for what, kind, count in (
            ("feature cells", "feature", file.features),
            ("scores", "score", file.scores),
            ("logits", "logit", file.logits),
        )
        if count.different
    ]
    if file.detection_mismatches:
        differ = "differs" if file.detection_mismatches == 1 else "differ"
        what = f"{counted(file.detection_mismatches, 'detection')} {differ}"
        found.append(f"{what}{decided}{_first(file, 'detection')}")
    return found + file.problems


def _first(file: FileComparison, kind: str) -> str:
    """Where the first difference of a kind lies."""
    first = next((each for each in file.mismatches if each.kind == kind), None)
    return "" if first is None else f", first {first.where}: host {first.host}, device {first.device}"

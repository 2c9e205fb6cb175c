"""Two traces of one window side by side: other kernels, another board, another place in the arena."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import HilError
from ..strict_json import read_json_object

MOST_BYTES = 64 << 20
_CURE = "name a report.json of `hil`, or a file that `trace --json` wrote"


@dataclass(frozen=True)
class Apart:
    """A tensor of which two boards told different checksums.

    Attributes:
        op, type: which op.
        here, there: whether it equals the host's, on either side.
    """

    op: int
    type: str
    here: bool | None
    there: bool | None


@dataclass(frozen=True)
class Pair:
    """A tensor that two traces have.

    Attributes:
        subgraph, op, type: which op.
        here, there: what each trace holds of it.
    """

    subgraph: int
    op: int
    type: str
    here: Mapping[str, Any]
    there: Mapping[str, Any]

    @property
    def same(self) -> bool:
        """Whether both boards gave the same bytes."""
        return bool(self.here.get("crc32") == self.there.get("crc32"))


def pairs_of(here: Mapping[str, Any], there: Mapping[str, Any]) -> list[Pair]:
    """The tensors that two traces have, in the order of the first."""
    ours, theirs = (_by_tensor(side["tensors"]) for side in (here, there))
    return [
        Pair(key[0], key[1], str(ours[key].get("type")), ours[key], theirs[key])
        for key in ours
        if key in theirs
    ]


def read_trace(path: Path) -> dict[str, Any]:
    """The first window's trace in a file.

    Raises:
        HilError: it cannot be read, or holds none.
    """
    values = read_json_object(path, _CURE, MOST_BYTES)
    if isinstance(values.get("tensors"), list):
        return values
    traces = values.get("traces")
    for traced in traces if isinstance(traces, list) else []:
        window = traced.get("window") if isinstance(traced, dict) else None
        if isinstance(window, dict) and isinstance(window.get("tensors"), list):
            return window
    raise HilError(f"{path} holds no trace of a window", _CURE)


def compare_traces(here: Mapping[str, Any], there: Mapping[str, Any]) -> tuple[list[Apart], str]:
    """Hold two traces against each other, tensor by tensor.

    Returns:
        What differs, and a sentence without its full stop.
    """
    ours, theirs = (_by_tensor(side["tensors"]) for side in (here, there))
    common = pairs_of(here, there)
    if not common:
        return [], "the two traces have no tensor in common: they are of different models"
    apart = [
        Apart(pair.op, pair.type, _flag(pair.here), _flag(pair.there)) for pair in common if not pair.same
    ]
    left = len(ours) + len(theirs) - 2 * len(common)
    more = f"; {left} tensors are in one of them alone" if left else ""
    other = there.get("window")
    if isinstance(other, int) and other != here.get("window"):
        more += f"; the other trace is of window {other}, this one of window {here.get('window')}"
    if not apart:
        return [], f"all {len(common):,} tensors are the same in both traces{more}"
    first = apart[0]
    right = {
        (True, False): "here it equals the host's, there it does not",
        (False, True): "there it equals the host's, here it does not",
        (True, True): "each equals its own host's: the inputs differ",
        (False, False): "neither equals the host's",
    }.get((bool(first.here), bool(first.there)), "")
    return apart, (
        f"the two traces part at op {first.op}, {first.type}: {right}; {len(apart):,} of {len(common):,} tensors "
        f"differ between them{more}"
    )


def _by_tensor(tensors: Sequence[object]) -> dict[tuple[int, int, int], Mapping[str, Any]]:
    found: dict[tuple[int, int, int], Mapping[str, Any]] = {}
    for each in tensors:
        if isinstance(each, dict):
            key = tuple(each.get(name) for name in ("subgraph", "op", "role"))
            if all(isinstance(part, int) for part in key):
                found[key] = each  # type: ignore[index]
    return found


def _flag(values: Mapping[str, Any]) -> bool | None:
    equal = values.get("equal")
    return equal if isinstance(equal, bool) else None

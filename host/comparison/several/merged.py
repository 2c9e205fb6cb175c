"""The result of a run on several boards: files in the run's order, whoever compared them, and all boards' findings."""

import bisect
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..diagnosis.finding import Finding
from ..file import FileComparison
from ..record import Cost, Share
from ..result import RunComparison
from ..stimuli.outcome import of_all

LEAST = (
    "stack_free",
    "heap_free",
    "heap_min_free",
)  # the least of all boards counts; of other sizes the most


class SeveralComparison(RunComparison):
    """A run on several boards, judged. `shares` holds each board's own result."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._places: list[int] = []  # of `files`

    def take(self, share: Share, place: int, file: FileComparison) -> None:
        """A board has finished a file, which is the `place`th of the run."""
        file.board = share.name
        share.record.files.append(file)
        at = bisect.bisect(self._places, place)
        self._places.insert(at, place)
        self.files.insert(at, file)
        kept = {id(each) for each in (*self.pictured, file)}
        self.pictured = [each for each in self.files if id(each) in kept]
        self._limit_pictures()

    @property
    def records(self) -> list[RunComparison]:
        """Each board's own result."""
        return [share.record for share in self.shares if isinstance(share.record, RunComparison)]

    @property
    def diagnosis(self) -> list[Finding]:
        """The causes that are found on the boards; one that several have is one cause."""
        place = {file.name: at for at, file in enumerate(self.files)}
        last = len(place)
        found = [
            (share.name, finding)
            for share, record in zip(self.shares, self.records, strict=True)
            for finding in record.diagnosis
        ]
        found.sort(key=lambda each: min((place.get(name, last) for name in each[1].files), default=last))
        causes: dict[tuple[str, str, str], list[tuple[str, Finding]]] = {}
        for name, finding in found:
            causes.setdefault((finding.stage, finding.cause, finding.explanation), []).append((name, finding))
        return [_one_cause(each, len(self.shares)) for each in causes.values()]

    def memory(self) -> dict[str, int | None]:
        """Bytes, of the board that has the least left, or uses the most."""
        found: dict[str, int | None] = {}
        for record in self.records:
            for name, value in record.memory().items():
                known = found.get(name)
                values = [each for each in (known, value) if each]
                found[name] = (min(values) if name in LEAST else max(values)) if values else None
        return found

    def link_counters(self) -> dict[str, Any]:
        """Both ends' counters, of all boards together; of sizes and high water the most."""
        sums: dict[str, Any] = {"device": {}, "host": {}}
        for record in self.records:
            for side, counters in record.link_counters().items():
                for name, value in counters.items():
                    known = sums[side].get(name, 0)
                    largest = name.endswith(("_size", "_high_water"))
                    sums[side][name] = max(known, value) if largest else known + value
        return sums

    def gather(self) -> None:
        """All boards have ended: what they found besides files, put together."""
        records = self.records
        reached = [record for record in records if record.info.protocol]
        for record in reached[:1]:
            self.info, self.built_with = record.info, _common(each.built_with for each in reached)
            self.op_times = record.op_times
        self.reached = ", ".join(share.name for share in self.shares)
        self.witness = all(record.witness for record in reached)
        self.reconnected = sum(record.reconnected for record in records)
        self.damaged_at_start = sum(record.damaged_at_start for record in records)
        self.host_link, self.host_at_start = (
            _summed(getattr(record, name) for record in records) for name in ("host_link", "host_at_start")
        )
        self.notes += self._common_notes()
        for share in self.shares:
            self.restarts += [(f"{name} on {share.name}", cause) for name, cause in share.record.restarts]
        self.stimuli = of_all(record.stimuli for record in reached)
        place = {file.name: at for at, file in enumerate(self.files)}
        traced = [each for record in records for each in record.recorded.traced]
        self.recorded.traced = sorted(traced, key=lambda each: place.get(each.name, len(place)))
        costs = [record.cost for record in records]
        self.cost = Cost(
            sum(cost.busy_s for cost in costs),
            sum(cost.cpu_s for cost in costs),
            sum(cost.memory_bytes for cost in costs),
        )

    def _common_notes(self) -> list[str]:
        """Each note once; one that not all boards have that came to their end names its board."""
        ended = [share.record.notes for share in self.shares if not share.lost]
        found: dict[str, None] = {}
        for share in self.shares:
            for note in share.record.notes:
                everywhere = bool(ended) and all(note in notes for notes in ended)
                found[note if everywhere else f"{share.name}: {note}"] = None
        return list(found)


def _summed(counters: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counters:
        total.update(each)
    return dict(total)


def _common(built: Iterable[dict[str, str]]) -> dict[str, str]:
    """What all of them say alike."""
    first, *others = built
    return {name: value for name, value in first.items() if all(each.get(name) == value for each in others)}


def _one_cause(found: list[tuple[str, Finding]], boards: int) -> Finding:
    """The same cause, as several boards show it."""
    names = list(dict.fromkeys(name for name, _ in found))
    first = found[0][1]
    files = tuple(dict.fromkeys(name for _, finding in found for name in finding.files))
    where = "on every board" if len(names) == boards else f"on {', '.join(names)}"
    pattern = f"{first.pattern}; {where}"
    return replace(first, files=files, pattern=pattern, share=min(each.share for _, each in found))


def kinds_of(kinds: Iterable[str]) -> str:
    """What a run on several boards calls its board: how many of which kind."""
    return ", ".join(f"{count} {kind}" for kind, count in Counter(kinds).items())

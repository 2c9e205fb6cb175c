"""A run's limits and labels, as one listener: claims when it begins, figures whenever somebody asks."""

from collections.abc import Callable, Mapping
from pathlib import Path

from ..comparison import events as e
from ..comparison.result import RunComparison
from .figures import figures_of
from .image_size import image_size
from .judging import Judgement, judge_files
from .labels import FileLabels
from .limit import Limit, attach

Baseline = Callable[[RunComparison], Mapping[str, float] | None]


class Attached:
    """What a run is held against besides the host.

    Args:
        limits: by name.
        labels: gives what is known of the recordings, by the files' names; asked once, when files are there.
        builds: the folder of firmware builds.
        baseline: gives the figures of the run before.
        tolerance_s: between begins of events; the length of a window when None.
    """

    def __init__(
        self,
        limits: Mapping[str, Limit],
        labels: Mapping[str, FileLabels],
        builds: Path,
        baseline: Baseline = lambda _run: None,
        tolerance_s: float | None = None,
    ) -> None:
        self._limits, self._labels, self._builds = limits, labels, builds
        self._baseline, self._tolerance_s = baseline, tolerance_s
        self._run: RunComparison | None = None
        self._judged: tuple[int, Judgement | None] = (-1, None)  # of how many files
        self._figures: tuple[tuple[object, ...], dict[str, float]] | None = None
        self._image: tuple[str, int | None] = ("", None)
        self._before: tuple[Mapping[str, float] | None] | None = None

    def __call__(self, event: e.Event) -> None:
        """Take in one event."""
        if isinstance(event, e.RunStarted):
            self._run = run = event.result
            run.judgement = self.judgement
            attach(run, self._limits, lambda: self.figures(run), lambda: self._figures_before(run))

    def judgement(self) -> Judgement | None:
        """What the device reaches on the labelled files so far; None without labels."""
        files = [] if self._run is None else self._run.files
        if self._judged[0] != len(files):
            self._judged = (len(files), judge_files(files, self._labels, self._tolerance_s))
        return self._judged[1]

    def figures(self, run: RunComparison) -> dict[str, float]:
        """All figures of the run, those that labels tell among them."""
        state = (len(run.files), run.complete, run.status, run.info, run.built_with.get("elf", ""))
        if self._figures is None or self._figures[0] != state:  # every limit asks
            self._figures = (state, self._all_figures(run))
        return self._figures[1]

    def _all_figures(self, run: RunComparison) -> dict[str, float]:
        judgement = self.judgement()
        return figures_of(run, self._image_size(run)) | (judgement.figures if judgement is not None else {})

    def _image_size(self, run: RunComparison) -> int | None:
        told = run.built_with.get("elf", "")
        if told != self._image[0]:
            self._image = (told, image_size(self._builds, told))
        return self._image[1]

    def _figures_before(self, run: RunComparison) -> Mapping[str, float] | None:
        if not run.info.protocol:
            return None  # which board it is nobody knows yet
        if self._before is None:
            self._before = (self._baseline(run),)
        return self._before[0]

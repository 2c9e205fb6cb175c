"""A run as report files, written while it goes: what is on the disk is never more than what is known."""

import tempfile
import time
from pathlib import Path
from typing import Any

from ..board.built_with import differences
from ..comparison import events as e
from ..comparison.result import RunComparison
from ..errors import HilError
from .html import HTML_NAME, write_html
from .json_report import JSON_NAME, earlier_build, report_values, write_json
from .kept import KEPT, keep_earlier

REST = 10.0  # times as long as writing took passes before report.json is written again
LEAST_REST_S = 1.0  # a run of seconds is written at its end


class ReportWriter:
    """Writes `report.json` after the files of a run, and both reports at its end, however it ends.

    Args:
        folder: where to. Reports of an earlier run are moved to `runs/` in it at once: none is left standing as
            this run's.
        html: whether `report.html` is written beside `report.json`.
        keep: how many earlier runs' reports stay there.

    Attributes:
        written: what was written at the end, the one for people first.
        values: what stands in `report.json` at the end; None before.
        moved: why that is not in `folder` but in one for temporary files: a run of hours is not lost to a full disk.
            None when it is where it was wanted.

    Raises:
        HilError: the folder cannot be written; so does the call that tells the run's start.
    """

    def __init__(self, folder: Path, html: bool = True, keep: int = KEPT) -> None:
        self._folder = folder
        self._html = html
        self._next_s = 0.0
        self.written: list[Path] = []
        self.values: dict[str, Any] | None = None
        self._earlier = earlier_build(folder)
        self._result: RunComparison | None = None
        self.moved: HilError | None = None
        self._failing = False
        try:
            keep_earlier(folder, (JSON_NAME, HTML_NAME), keep)
        except OSError as error:
            raise self._failed(error) from error

    def __call__(self, event: e.Event) -> None:
        """Take in one event."""
        if isinstance(event, e.RunStarted):
            self._result = event.result
            self._next_s = time.monotonic() + LEAST_REST_S
            try:
                write_json(event.result, self._folder)
            except OSError as error:
                raise self._failed(error) from error
        elif isinstance(event, e.BoardFound):
            self._hold_against_earlier()
        elif isinstance(event, e.FileDone) and not self._failing:
            try:
                self._write_between(event.result)
            except OSError:
                self._failing = True  # the end will tell: there may be room again
        elif isinstance(event, e.RunEnded):
            self._write_end(event.result)

    def _write_end(self, result: RunComparison) -> None:
        try:
            self.written = self._write_into(self._folder, result)
        except OSError as error:
            self.moved = self._failed(error)
            try:
                self.written = self._write_into(Path(tempfile.mkdtemp(prefix="hil-report-")), result)
            except OSError:
                raise self.moved from error

    def _write_into(self, folder: Path, result: RunComparison) -> list[Path]:
        self.values = values = report_values(result)
        written = [write_json(result, folder, values)]
        return [write_html(result, folder, values), *written] if self._html else written

    def _hold_against_earlier(self) -> None:
        """Whoever writes to the same folder again compares: with other tools the latencies are others."""
        result = self._result
        changed = differences(self._earlier, result.built_with) if result is not None else []
        if result is not None and changed:
            result.notes.append(
                "This firmware's latencies are not to be compared with those of the report that was here before: "
                + "; ".join(changed)
            )

    def _write_between(self, result: RunComparison) -> None:
        """Of a run of thousands of short files, not each one is worth writing all of them again."""
        began = time.monotonic()
        if began < self._next_s:
            return
        write_json(result, self._folder, report_values(result, between=True))
        took = time.monotonic() - began
        self._next_s = began + max(LEAST_REST_S, (1 + REST) * took)

    def _failed(self, error: OSError) -> HilError:
        return HilError(
            f"the report cannot be written to {self._folder}: {error.strerror or error}",
            "make room or name another folder with --report",
        )

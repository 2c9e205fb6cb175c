"""A run on the terminal: a progress bar, the device's log, and tables at the end."""

import time

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from ..board.identity import describe
from ..comparison import events as e
from ..link.messages import LogLevel
from ..manner import LINE_EVERY_S, moves
from ..terminal import Terminal
from .table import print_tables, print_verdict
from .trace_table import print_traces

NAME_SHOWN = 40
WAITING = {
    "load reference": "Loading the reference interpreter …",
    "changes": "Streaming a sound in which classes begin and end often …",
    "trace": "Looking at what differs, step by step …",
    "explain": "Explaining what differs …",
    "make stimuli": "Searching for stimuli (two minutes, once a bundle) …",
    "stimuli": "Stimuli (up to nine minutes) …",
}
LOG_STYLES = {LogLevel.ERROR: "red", LogLevel.WARNING: "yellow"}


class Screen:
    """Shows a run's events.

    Args:
        terminal: where to.
        claims: whether the claims are shown before the verdict.
        quiet: show the verdict alone.
        ops: whether the time of each op is.
    """

    def __init__(
        self, terminal: Terminal, claims: bool = False, quiet: bool = False, ops: bool = False
    ) -> None:
        self._ops = ops
        self._terminal = terminal
        self._claims = claims
        self._quiet = quiet
        self._moves = moves(terminal.file)
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._samples = 0
        self._sent = 0
        self._told_s = 0.0

    def __call__(self, event: e.Event) -> None:  # noqa: C901, PLR0912 -- a branch for each kind of event
        """Show one event."""
        if self._quiet:
            if isinstance(event, e.RunEnded):
                print_verdict(event.result, self._terminal)
            return
        if isinstance(event, e.StepStarted):
            self._begin(event.name)
        elif isinstance(event, e.StepEnded):
            self._end()
        elif isinstance(event, e.BoardFound):
            self._found(event)
        elif isinstance(event, e.FilesCounted):
            self._samples = event.samples
        elif isinstance(event, e.FileStarted):
            self._describe(event.name)
        elif isinstance(event, e.SamplesSent):
            self._advance(event.count)
        elif isinstance(event, e.Traced):
            self._show_traced(event)
        elif isinstance(event, e.FileAgain):
            self._terminal.print(
                f"{event.name}: once more, because {event.cause}", style="yellow", soft_wrap=True
            )
        elif isinstance(event, e.FileLeftOut):
            self._terminal.print(
                f"{event.name}: left out, because {event.cause}", style="yellow", soft_wrap=True
            )
        elif isinstance(event, e.BoardLost):
            back = f"; another board is given {event.file}" if event.file else ""
            self._terminal.print(
                f"Board {event.name} is lost: {event.cause}{back}", style="red", soft_wrap=True
            )
        elif isinstance(event, e.DeviceLog):
            self._log(event)
        elif isinstance(event, e.RunEnded):
            self._terminal.print()
            print_traces(event.result, self._terminal, self._ops)
            print_tables(event.result, self._terminal, self._claims)

    def _found(self, event: e.BoardFound) -> None:
        if event.name:  # one of several
            self._line(f"Board {event.name}: {describe(event.info)}; {event.reached}")
            return
        self._line(f"Board: {describe(event.info)}")
        self._line(f"Reached through: {event.reached}")
        if event.tools:
            self._line(f"Built with: {event.tools}")

    def _line(self, text: str) -> None:
        self._terminal.print(text, soft_wrap=True)

    def _log(self, event: e.DeviceLog) -> None:
        levels = {level.value for level in LogLevel}
        level = LogLevel(event.level) if event.level in levels else LogLevel.INFO
        self._terminal.print(
            f"device {level.name.lower()}: {event.text}",
            style=LOG_STYLES.get(level, "dim"),
            soft_wrap=True,
        )

    def _advance(self, count: int) -> None:
        self._sent += count
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task, count)
        elif not self._moves and self._samples and time.monotonic() - self._told_s >= LINE_EVERY_S:
            self._told_s = time.monotonic()
            self._line(f"Streaming: {100 * self._sent / self._samples:.0f} %")

    def _show_traced(self, event: e.Traced) -> None:
        text = f"{event.what[-NAME_SHOWN:]} {event.done:,} of {event.of:,}"
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=f"Tracing: {text}")
        elif not self._moves and time.monotonic() - self._told_s >= LINE_EVERY_S:
            self._told_s = time.monotonic()
            self._line(f"Tracing: {text}")

    def _begin(self, step: str) -> None:
        if not self._moves:
            self._told_s = time.monotonic()
            if step in WAITING:
                self._line(WAITING[step])
            return
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
        )
        if step == "stream":
            self._progress = Progress(*columns, console=self._terminal, transient=True)
            self._task = self._progress.add_task("", total=self._samples)
        elif step in WAITING:
            self._progress = Progress(
                TextColumn("{task.description}", markup=False), console=self._terminal, transient=True
            )
            self._task = self._progress.add_task(WAITING[step], total=None)
        else:
            return
        self._progress.start()

    def _describe(self, name: str) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=name[-NAME_SHOWN:])

    def _end(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = self._task = None

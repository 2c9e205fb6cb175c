"""What a person sees while a long step runs: a bar with an estimate, or plain lines where there is no terminal."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .manner import LINE_EVERY_S, is_quiet, moves
from .printable import out, printable
from .terminal import Terminal


def say(text: str) -> None:
    """One line about what happens now."""
    if not is_quiet():
        out(f"· {text}")


class Report(Protocol):
    """Takes the number of items done, and their total where that is known only now."""

    def __call__(self, done: int, total: int | None = None) -> None:
        """Show `done` of `total` items."""


@contextlib.contextmanager
def bar(text: str, total: int | None) -> Iterator[Report]:
    """A progress bar; the value given is a function that takes the number done (and the total, when it was None)."""
    if not moves(sys.stdout):
        yield _lines(text, total)
        return
    columns = (
        TextColumn("· {task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Terminal()) as progress:
        task = progress.add_task(printable(text), total=total)

        def report(done: int, total: int | None = None) -> None:
            if total is None:
                progress.update(task, completed=done)
            else:
                progress.update(task, completed=done, total=total)

        yield report


def _lines(text: str, total: int | None) -> Report:
    """Without a terminal: a line at the start and then at most one every few seconds."""
    started = last = time.monotonic()
    say(text if total is None else f"{text}: {total}")
    known = total

    def report(done: int, total: int | None = None) -> None:
        nonlocal last
        now = time.monotonic()
        of = total or known
        if now - last >= LINE_EVERY_S and done and of:
            last = now
            left = (now - started) * (of - done) / done
            say(f"{text}: {done} of {of}, about {left:.0f} s left")

    return report

"""What a person sees while a long step runs: a bar with an estimate, or plain lines where there is no terminal."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from host.training.fit import Row


def say(text: str) -> None:
    """One line about what happens now."""
    print(f"· {text}", flush=True)


@contextlib.contextmanager
def bar(text: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar over `total` items; the value given is a function that takes the number done."""
    if not sys.stdout.isatty():
        yield _lines(text, total)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("· {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task(text, total=total)
        yield lambda done: progress.update(task, completed=done)


def _lines(text: str, total: int) -> Callable[[int], None]:
    """Without a terminal: a line at the start and then at most one every ten seconds."""
    started = time.monotonic()
    last = started
    say(f"{text}: {total}")

    def report(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= 10.0 and done:
            last = now
            left = (now - started) * (total - done) / done
            say(f"{text}: {done} of {total}, about {left:.0f} s left")

    return report


def epoch_reporter(text: str, epochs: int) -> Callable[[Row], None]:
    """A function that prints a line an epoch with the time left at most."""
    started = time.monotonic()

    def report(row: Row) -> None:
        done = int(row["epoch"])
        left = (time.monotonic() - started) / done * (epochs - done)
        say(
            f"{text} epoch {done}/{epochs}: loss {row['loss']:.4f}, validation loss {row['val_loss']:.4f}, "
            f"AUC {row['val_auc']:.4f}, AP {row['val_ap']:.4f}, at most {left:.0f} s left"
        )

    return report

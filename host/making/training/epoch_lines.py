"""A line an epoch."""

from __future__ import annotations

import time
from collections.abc import Callable

from ...progress import say
from .fit import Row


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

"""What a listener sees: a bar of the score, and a line whenever a detection starts or ends."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..comparison.expected import Expected
from ..model.interpreter import Interpreter
from ..printable import counted, out, printable_line

_WIDTH = 30


def bar(score: float, active: bool) -> str:
    """A score from 0 to 1 as text."""
    filled = round(_WIDTH * min(max(score, 0.0), 1.0))
    return "█" * filled + "·" * (_WIDTH - filled) + f" {score:4.2f}" + (" ◄" if active else "  ")


def listen(bundle: Bundle, interpreter: Interpreter, blocks: Iterable[NDArray[np.int16]], live: bool) -> int:
    """Run front end, model and detector over `blocks` and show what they say.

    Args:
        live: redraw the bar in place; otherwise only changes are printed.

    Returns:
        How many detections started.
    """
    reference = Expected(bundle, interpreter)
    output = bundle.model.scores
    samples, started, active = 0, 0, [False] * len(bundle.labels)
    window = 0
    for block in blocks:
        samples += len(block)
        heard = reference.push(block)
        if heard.outputs is None:
            continue
        for change in heard.changes:
            started += change.active
            active[change.label] = change.active
            at = (
                (change.window * bundle.stride + bundle.frames)
                * bundle.settings.hop
                / bundle.settings.sample_rate
            )
            word = "begins" if change.active else "ends  "
            score = output.real(change.score)
            _line(f"{at:8.2f} s  {bundle.labels[change.label]} {word}  (score {score:.2f})", live)
        window += len(heard.outputs.scores)
        if live:
            last = heard.outputs.scores[-1]
            bars = "  ".join(
                f"{printable_line(label)} {bar(output.real(int(q)), on)}"
                for label, q, on in zip(bundle.labels, last, active, strict=True)
            )
            sys.stdout.write(f"\r{samples / bundle.settings.sample_rate:8.2f} s  {bars}")
            sys.stdout.flush()
    _line(f"{counted(window, 'window')}, {counted(started, 'detection')}", live)
    return started


def _line(text: str, live: bool) -> None:
    if live:  # over the bar that stands there
        sys.stdout.write("\r")
    out(f"{text:100}" if live else text)

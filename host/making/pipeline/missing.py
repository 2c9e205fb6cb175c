"""The files that a configuration names are looked for before the first step; all that are missing are told at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .config import Config, PipelineError


def check_inputs(config: Config, mixes: bool = True) -> None:
    """Look whether all that the steps read is there.

    Args:
        mixes: whether the step `mix` is to be done.

    Raises:
        PipelineError: something is missing.
    """
    # As the user would write them: `a/../b` of a configuration in a folder is hard to find by eye.
    named = dict.fromkeys(os.path.normpath(path) for path in _inputs(config, mixes))
    missing = [path for path in named if not Path(path).exists()]
    if missing:
        raise PipelineError(
            f"The configuration names what is not there: {', '.join(missing)}.",
            "Put it there or correct the paths; `docs/training.md` tells what the default bundle was made of.",
        )


def _inputs(config: Config, mixes: bool) -> Iterator[Path]:
    for each in config.collects:
        for name in (each.folder, each.esc50, each.manifest, each.window_scores):
            if name:
                yield config.folder / name
    if config.mix and mixes:
        yield config.folder / config.mix.listener
        if config.mix.heard:
            yield config.folder / config.mix.heard

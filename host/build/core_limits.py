"""The firmware's compile-time limits, read from where they are defined. Standard library only."""

import re
from functools import cache

from ..bundle.errors import BundleError
from ..bundle.load import Bundle
from ..checkout import CORE

LIMITS_HEADER = CORE / "core_limits.h"


@cache
def core_limits() -> dict[str, int]:
    """Return the limits by name, e.g. `CORE_MAX_CELLS`."""
    text = LIMITS_HEADER.read_text(encoding="utf-8")
    return {
        name: int(value)
        for name, value in re.findall(r"^#define (CORE_(?:MAX|MOST)_\w+) (\d+)", text, re.MULTILINE)
    }


def check_limits(bundle: Bundle) -> None:
    """Check that the firmware can hold the bundle.

    Raises:
        BundleError: names the limit that is exceeded.
    """
    sizes = {
        bundle.kind.fft_limit: ("its FFT has", bundle.settings.fft, "points"),
        "CORE_MAX_BANDS": ("its front end has", bundle.settings.model_bands, "bands"),
        "CORE_MOST_CELLS": (
            "its window has",
            bundle.frames * bundle.settings.bands,
            "cells (frames × bands)",
        ),
        "CORE_MAX_CLASSES": ("its model has", len(bundle.labels), "classes"),
    }
    if bundle.model.values > 2 * core_limits()["CORE_MAX_CLASSES"]:  # an int16 takes two of the places
        sizes["CORE_MAX_CLASSES"] = (
            "its outputs are int16 and take the room of",
            -(-bundle.model.values // 2),
            "classes",
        )
    for name, (what, size, unit) in sizes.items():
        limit = core_limits()[name]
        if size > limit:
            raise BundleError(
                f"the firmware cannot hold bundle {bundle.name!r}: {what} {size} {unit}, {name} is {limit}",
                f"use a smaller model, or raise {name} in firmware/core/core_limits.h",
            )

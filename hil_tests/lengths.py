"""How long a test may stream: as long as on a virtual board, or as its time allows, which is measured."""

import time
import warnings

import numpy as np

from .toolkit import Bundle, Device
from .toolkit import messages as m

PROBE_WINDOWS = 4
EMULATED_SHARE = (
    0.2  # of the time: an emulator is as fast as its computer, and most of its tests take minutes as it is
)


class ShortenedWarning(UserWarning):
    """A board is too slow for a test's whole length. pytest lists it at the end of the run."""


def affordable_s(device: Device, bundle: Bundle, wanted_s: float, budget_s: float, inference: bool) -> float:
    """Seconds of audio that the board can do in `budget_s`, at most `wanted_s`; says so when that is less.

    Args:
        device: connected.
        bundle: what it runs.
        wanted_s: the length that is wished for.
        budget_s: how long streaming may take by the host's clock; on an emulator a fifth of that.
        inference: whether the model runs.
    """
    rate = bundle.settings.sample_rate
    samples = np.zeros(bundle.window_samples + PROBE_WINDOWS * bundle.stride * bundle.settings.hop, np.int16)
    began = time.monotonic()
    for _ in device.stream([samples], inference=inference):
        pass
    speed = len(samples) / rate / (time.monotonic() - began)
    emulated = bool(device.info().capabilities & m.Capability.EMULATED)
    allowed = speed * budget_s * (EMULATED_SHARE if emulated else 1)
    if allowed >= wanted_s:
        return wanted_s
    warnings.warn(
        ShortenedWarning(
            f"{allowed:.0f} of {wanted_s:.0f} s of audio: this {'emulator' if emulated else 'board'} does {speed:.2f} "
            f"times real time, and {budget_s * (EMULATED_SHARE if emulated else 1):.0f} s are spent on it"
        ),
        stacklevel=2,
    )
    return allowed

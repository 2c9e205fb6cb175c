"""What a board hears through its microphone, into a view."""

import contextlib
import time
from collections.abc import Iterator

from ..board.client import RequestRefusedError
from ..board.device import Device
from ..errors import HilError
from ..link.messages import Capability
from .live import LiveView


def heard(
    device: Device, view: LiveView, seconds: float | None, features: bool, no_microphone_cure: str
) -> Iterator[None]:
    """Let the view take what the board sends, one result at a time.

    Args:
        device: connected, and checked to run the view's bundle.
        view: takes the results.
        seconds: for how long; None is for ever.
        features: whether feature columns are sent too.
        no_microphone_cure: what to do when the board has no microphone.

    Raises:
        HilError: it has none, or is lost.
    """
    with_microphone = bool(device.info().capabilities & Capability.MICROPHONE)
    deadline = time.monotonic() + seconds if seconds is not None else None
    try:
        with contextlib.closing(device.live(features)) as results:  # type: ignore[type-var]
            for result in results:
                view.take(result)
                yield
                if deadline is not None and time.monotonic() > deadline:
                    return
    except RequestRefusedError as error:
        if with_microphone:
            raise HilError(
                f"the board cannot listen: {error.error.text.decode('utf-8', 'replace')}",
                "check the microphone's wiring (firmware/README.md) and that nothing else uses the board",
            ) from error
        raise HilError("this board has no microphone", no_microphone_cure) from error

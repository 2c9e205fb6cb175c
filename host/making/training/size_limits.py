"""What the devices have room for; an architecture beyond it is refused before anybody flashes it."""

from __future__ import annotations

from ...build.core_limits import core_limits
from .errors import TrainingError

MOST_ARENA = core_limits()["CORE_MOST_ARENA"]
"""Bytes the ESP32 firmware gives TensorFlow Lite Micro at most."""
MOST_MODEL = 512 * 1024
"""Bytes of a model that fits the firmware's image and a deploy slot."""


def check_device_limits(name: str, model_bytes: int, arena_bytes: int | None) -> None:
    """Refuse what no device of this project can hold.

    Raises:
        TrainingError: names the limit and by how much it is exceeded.
    """
    for what, size, most in (("model", model_bytes, MOST_MODEL), ("arena", arena_bytes or 0, MOST_ARENA)):
        if size > most:
            raise TrainingError(
                f"The architecture {name} is too large for the device: its {what} takes {size} bytes, "
                f"{size - most} more than the {most} available.",
                "Use fewer channels, stride earlier, or average instead of flattening.",
            )

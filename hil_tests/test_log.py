"""What the firmware says besides its answers."""

import numpy as np

from .toolkit import Bundle, Device
from .toolkit import messages as m

WINDOWS = 3


def test_a_stream_that_is_right_is_nothing_to_warn_of(device: Device, bundle: Bundle) -> None:
    """The firmware warns of a bundle that was set aside when a host connects, and of nothing in a stream."""
    samples = bundle.settings.samples_for(bundle.frames + (WINDOWS - 1) * bundle.stride)
    sound = np.random.default_rng(6).integers(-9000, 9000, samples).astype(np.int16)
    inference = bool(device.info().capabilities & m.Capability.INFERENCE)
    device.echo(b"")  # what was logged while the host connected has come
    before = device.log_levels
    (done,) = (each for each in device.stream([sound], inference=inference) if isinstance(each, m.StreamDone))
    device.echo(b"")
    assert done.samples == samples
    grave = [level for level, count in device.log_levels.items() if count > before.get(level, 0)]
    assert not [level for level in grave if level <= m.LogLevel.WARNING], device.log[-3:]

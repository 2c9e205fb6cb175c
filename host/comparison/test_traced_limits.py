"""What is traced of sounds that are too short, and which input was the one of the window before."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ..bundle.load import Bundle
from ..trace.window import WindowTrace
from .fake_part import sound_of
from .traced_run import Tracing, _before, beginning


def test_of_a_sound_shorter_than_a_window_nothing_is_traced(bundle: Bundle) -> None:
    device: Any = SimpleNamespace(info=lambda: SimpleNamespace(capabilities=0))
    tracing = Tracing(device, bundle, cast(Any, None), None)
    tracing.every("short", sound_of("short.wav", np.zeros(10, np.int16)), 1)
    assert (tracing.windows, tracing.departed, tracing.cut) == (0, [], [])


def test_a_sound_without_samples_has_no_beginning() -> None:
    samples, more = beginning(cast(Any, SimpleNamespace(blocks=lambda: iter(()))), 5)
    assert len(samples) == 0 and samples.dtype == np.int16 and not more


@pytest.mark.parametrize("strides", [0, 1, 2])
def test_the_input_of_the_window_before_begins_a_stride_earlier(bundle: Bundle, strides: int) -> None:
    frames, stride, bands = bundle.frames, bundle.stride, bundle.settings.bands
    assert bundle.model.input.type == "int8"
    count = frames + strides * stride
    columns = np.random.default_rng(1).integers(-128, 128, (count, bands), np.int8)
    for missing, known in ((0, strides > 0), (1, strides > 1)):
        traced = cast(WindowTrace, SimpleNamespace(columns=columns[missing:]))
        before = _before(bundle, traced)
        assert (before is not None) == known
        if before is not None and not missing:
            assert np.array_equal(before.ravel(), columns[-frames - stride : -stride].ravel())

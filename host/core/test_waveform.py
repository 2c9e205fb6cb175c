"""Samples as cells: the model's own quantisation of each, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..frontend.settings import SettingsError
from ..frontend.signals import all_signals
from ..frontend.waveform.settings import WaveformSettings
from .c_frontend import FrontEnd

EVERY_SAMPLE = np.arange(-32768, 32768).astype(np.int16)


@given(
    st.floats(1e-3, 1e3),
    st.floats(-10, 10),
    st.floats(2.0**-12, 8.0, width=32),
    st.integers(-128, 127),
)
def test_every_sample_becomes_the_nearest_cell(scale: float, offset: float, step: float, zero: int) -> None:
    cells = FrontEnd(WaveformSettings(16000, 128, scale, offset), step, zero).features(EVERY_SAMPLE)
    exact = (scale * EVERY_SAMPLE / 32768 + offset) / step + zero
    found = cells.reshape(-1).astype(float)
    inside = (exact > -128) & (exact < 127)
    assert np.abs(found - exact)[inside].max(initial=0) <= 0.5 + 1e-4
    np.testing.assert_array_equal(found[~inside], np.clip(np.round(exact), -128, 127)[~inside])


def test_columns_follow_each_other_without_a_gap() -> None:
    samples = all_signals(16000, 1000)["noise 0 dBFS"]
    front_end = FrontEnd(WaveformSettings(16000, 100), 1 / 128, 0)
    whole = front_end.features(samples)
    assert whole.shape == (10, 100)
    np.testing.assert_array_equal(
        np.concatenate([front_end.push(x) for x in np.array_split(samples, 7)]), whole
    )
    np.testing.assert_array_equal(front_end.values(samples).reshape(-1), samples)
    np.testing.assert_array_equal(whole.reshape(-1), np.clip(np.floor(samples / 256 + 0.5), -128, 127))


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"hop": 0}, "hop"),
        ({"hop": 129}, "hop"),
        ({"scale": 0.0}, "scale"),
        ({"offset": float("inf")}, "offset"),
    ],
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        WaveformSettings.from_dict({"sample_rate": 16000, "hop": 100, **values})


@pytest.mark.parametrize(
    ("scale", "step", "zero"), [(1.0, 0.0, 0), (1.0, 1e-9, 0), (1e-6, 1e9, 0), (1.0, 0.5, 128)]
)
def test_quantisers_that_make_no_sense_are_refused(scale: float, step: float, zero: int) -> None:
    with pytest.raises(SettingsError):
        FrontEnd(WaveformSettings(16000, 100, scale), step, zero)


def test_the_one_stage_is_the_cells() -> None:
    settings = WaveformSettings(16000, 10)
    samples = np.arange(-200, 200, dtype=np.int16) * 100
    front_end = FrontEnd(settings, 1 / 128, 0)
    (told,) = front_end.capture(samples, 7).items()
    assert told == ("cells", front_end.features(samples)[7].tobytes())

"""What the stages of each kind give for a column: it is captured without a change of any cell."""

import numpy as np
import pytest

from ..bundle.load import load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..frontend.presets import presets
from ..frontend.settings import FrontEndSettings
from .c_frontend import FrontEnd
from .c_stages import Stages

pytestmark = pytest.mark.native
SAMPLES = np.random.default_rng(5).integers(-9000, 9000, 40_000).astype(np.int16)


def test_log_mel_stages_are_those_of_the_single_functions() -> None:
    settings = load_bundle(DEFAULT_BUNDLE).settings
    front_end, stages = FrontEnd(settings), Stages(settings)  # type: ignore[arg-type]
    column = 7
    found = front_end.capture(SAMPLES, column)
    window = stages.window(SAMPLES[column * settings.hop :][: settings.fft])
    spectrum = stages.rfft(window)
    log = stages.log(stages.mel(spectrum))
    assert list(found) == front_end.stages() == ["window", "spectrum", "mel", "log", "cells"]
    assert found["window"] == window.tobytes()
    assert found["spectrum"] == spectrum.tobytes()
    assert found["log"] == log.tobytes()
    mel = np.frombuffer(found["mel"], np.uint32).reshape(-1, 3)
    assert np.array_equal(mel[:, 0], stages.mel(spectrum).up)
    assert found["cells"] == stages.quantise(log).tobytes()


@pytest.mark.parametrize("name", sorted(name for name, preset in presets().items() if not preset.open))
def test_a_column_is_captured_as_it_is_computed(name: str) -> None:
    settings: FrontEndSettings = presets()[name].settings()
    front_end = FrontEnd(settings)
    plain = front_end.features(SAMPLES)
    for column in (0, 1, len(plain) - 1):
        found = front_end.capture(SAMPLES, column)
        assert list(found) == front_end.stages()
        cells = np.frombuffer(found["cells"], np.int8)
        if settings.bands == len(cells):
            assert np.array_equal(cells, plain[column])
        again = front_end.capture(SAMPLES, column)
        assert again == found
    assert front_end.capture(SAMPLES, len(plain)) == {}


@pytest.mark.parametrize("name", sorted(name for name, preset in presets().items() if not preset.open))
def test_a_stage_of_all_columns_is_that_of_each(name: str) -> None:
    front_end = FrontEnd(presets()[name].settings())
    samples = SAMPLES[: front_end.settings.samples_for(5)]
    for stage in front_end.stages():
        found = front_end.of_stage(samples, stage)
        assert found == [front_end.capture(samples, column)[stage] for column in range(5)]
    assert front_end.of_stage(samples[:10], stage) == []

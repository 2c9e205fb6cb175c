"""The BioDCASE 2026 challenge's models on its front end, from sound to outputs; skipped where they are absent."""

import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import load_bundle
from ..bundle.model_info import ModelInfo
from ..checkout import ROOT
from ..cli import main
from ..core.c_frontend import FrontEnd
from ..frontend.presets import preset
from ..model import micro
from ..model.inspect import inspect_model
from ..model.interpreter import Int8, LocalInterpreter
from ..model.micro import MicroInterpreter
from ..model.reference import ReferenceInterpreter

MODELS = ROOT.parent / "shared" / "models"
GOLDEN = MODELS / "golden" / "biodcase2026.npz"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not GOLDEN.is_file(), reason=f"the published models are not at {MODELS}"),
    pytest.mark.skipif(not micro.available(), reason="no TFLite Micro"),
]
NAMES = ("chirp", "bursts", "tones", "noise", "quiet", "speechish", "fullscale_square", "silence")
LABELS = ",".join(f"bird {i}" for i in range(11))


@pytest.fixture(scope="module")
def golden() -> dict[str, NDArray[Any]]:
    with np.load(GOLDEN) as data:
        return dict(data)


def windows(golden: dict[str, NDArray[Any]], shape: tuple[int, ...], scale: float, zero: int) -> Int8:
    """Each signal's window as the model takes it, bands first."""
    front_end = FrontEnd(preset("biodcase-2026").settings(), scale, zero)
    found = []
    for name in NAMES:
        columns = front_end.features(golden[f"{name}_pcm"].astype(np.int16))
        found.append(front_end.window(columns).T.reshape(shape))
    return np.array(found)


@pytest.mark.parametrize(
    ("model", "engine"),
    [("model", ReferenceInterpreter), ("model", MicroInterpreter), ("baseline", MicroInterpreter)],
)
def test_outputs_from_sound_are_golden(
    golden: dict[str, NDArray[Any]], model: str, engine: Callable[[bytes, ModelInfo], LocalInterpreter]
) -> None:
    data = (MODELS / "biodcase2026" / f"{model}.tflite").read_bytes()
    info = inspect_model(data)
    cells = windows(golden, info.input.shape[1:], info.input.scale, info.input.zero_point)
    scores = engine(data, info).run(cells).scores
    expected = np.concatenate([golden[f"{name}_output_{model}"] for name in NAMES])
    np.testing.assert_array_equal(scores.reshape(expected.shape), expected)


@pytest.mark.timeout(600)
def test_the_virtual_board_gives_the_golden_outputs(golden: dict[str, NDArray[Any]], tmp_path: Path) -> None:
    model, bundle, sound = MODELS / "biodcase2026" / "model.tflite", tmp_path / "birds", tmp_path / "wav"
    given = ["--preset", "biodcase-2026", "--labels", LABELS]
    assert main(["import", str(model), "--out", str(bundle), *given]) == 0
    assert (load_bundle(bundle).frames, load_bundle(bundle).stride) == (133, 133)
    sound.mkdir()
    for name in NAMES:
        with wave.open(str(sound / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, 24000, 0, "NONE", ""))
            file.writeframes(golden[f"{name}_pcm"].astype("<i2").tobytes())
    report = tmp_path / "report"
    assert main(["hil", "--bundle", str(bundle), "--report", str(report), str(sound)]) == 0
    totals = json.loads((report / "report.json").read_text(encoding="utf-8"))["totals"]
    found = [totals[name] for name in ("windows", "outputs", "output_mismatches", "feature_mismatches")]
    assert found == [8, 88, 0, 0]

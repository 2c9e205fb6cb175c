"""Outputs of 16 bits: what is wrong with their low bytes is named."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...bundle.write import write_bundle
from ...making.corpus.endless import stream
from ...model.interpreter import Outputs
from ...model.samples import sample_values
from .diagnose import diagnose
from .fakes_device import FaultyDevice, compare_all
from .words import output_name

Int8 = NDArray[np.int8]
pytestmark = pytest.mark.native
BYTES = [
    ("low bytes are 0", lambda high, low: (high, np.full_like(low, -128))),
    ("low bytes as they are", lambda high, low: (high, low ^ np.int8(-128))),
    ("bytes of outputs exchanged", lambda high, low: (low ^ np.int8(-128), high ^ np.int8(-128))),
    ("upper bytes twice", lambda high, _: (high, high)),
    ("upper bytes rounded", lambda high, low: (high + (low >= 0), low)),
]


@pytest.fixture(scope="module")
def wide_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return write_bundle(tmp_path_factory.mktemp("wide") / "int16", sample_values("int16"))


class WideInterpreter:
    """Stands for a 16x8 model: sums of the window's cells, of 16 bits."""

    name = "fake of 16 bits"

    def __init__(self, bundle: Bundle) -> None:
        rng = np.random.default_rng(3)
        self._weights = rng.integers(-9, 10, (bundle.model.cells, 2 * bundle.model.classes))
        self._classes = bundle.model.classes

    def reset(self) -> None:
        """It remembers nothing."""

    def run(self, windows: Int8) -> Outputs:
        sums = windows.reshape(len(windows), -1).astype(np.int64) @ self._weights
        values = np.clip(sums, -32000, 31000).astype(np.int16)
        high, low = (values >> 8).astype(np.int8), ((values & 255) ^ 128).astype(np.uint8).view(np.int8)
        return Outputs(high[:, : self._classes], high[:, self._classes :], low)


@pytest.mark.parametrize(("name", "change"), BYTES, ids=[name for name, _ in BYTES])
def test_bytes_taken_apart_otherwise_are_named(wide_bundle: Bundle, name: str, change: object) -> None:
    half = wide_bundle.model.values // 2

    def outputs(values: Int8, _held: object) -> Int8:
        changed = change(values[:, :half], values[:, half:])  # type: ignore[operator]
        return np.concatenate(changed, axis=1).astype(np.int8)

    device = FaultyDevice(wide_bundle, lambda: WideInterpreter(wide_bundle), outputs=outputs)
    rate = wide_bundle.settings.sample_rate
    files = [np.concatenate(list(stream(seed, 5.0, rate))) for seed in (1, 2)]
    findings = [finding for finding in diagnose(compare_all(device, files)) if finding.stage == "outputs"]
    assert [finding.cause for finding in findings] == [name]
    assert findings[0].share > 0.98


def test_a_value_is_called_by_its_output_and_byte(wide_bundle: Bundle) -> None:
    names = [output_name(wide_bundle, value) for value in range(wide_bundle.model.values)]
    assert len(set(names)) == 12
    assert names[0] == "score of 'one'" and names[3] == "logit of 'one'"
    assert names[6] == "low byte of the score of 'one'" and names[11] == "low byte of the logit of 'three'"

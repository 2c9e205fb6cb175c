"""Bundles and streams for the tests of comparison and report."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..bundle.write import write_bundle
from ..model.samples import sample_values


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle with five labels, scores and logits, at 16 kHz."""
    folder: Path = tmp_path_factory.mktemp("bundle")
    return write_bundle(folder / "softmax", sample_values("softmax"))


@pytest.fixture(scope="session")
def samples(bundle: Bundle) -> NDArray[Any]:
    """Eight seconds of tones that come and go in noise, int16 at the bundle's rate."""
    rate = bundle.settings.sample_rate
    time_s = np.arange(8 * rate) / rate
    tone = np.sin(2 * np.pi * (800 + 700 * time_s) * time_s) * (np.sin(2 * np.pi * 0.4 * time_s) > 0.2)
    noise = np.random.default_rng(5).normal(0, 1, len(time_s))
    mixed: NDArray[Any] = 9000 * tone + 60 * noise
    return mixed.astype(np.int16)

"""Bundles and streams for the tests of comparison and report."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..bundle.write import write_bundle
from ..link import messages as m
from ..model.samples import sample_values
from .questions import Questions


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


@pytest.fixture
def short(bundle: Bundle, samples: NDArray[Any]) -> NDArray[Any]:
    """The beginning of them: three windows."""
    return samples[: bundle.settings.samples_for(bundle.frames + 2 * bundle.stride)]


@pytest.fixture
def retaken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, bool]]:
    """How boards are taken over anew from now on: patience in seconds, and whether they had restarted."""
    calls: list[tuple[float, bool]] = []
    original = Questions.reconnect

    def reconnect(questions: Questions, timeout_s: float, restarted: bool) -> m.Info:
        calls.append((timeout_s, restarted))
        return original(questions, timeout_s, restarted)

    monkeypatch.setattr(Questions, "reconnect", reconnect)
    return calls

"""Models that others trained and published: imported as a user would, deployed, equal to the publishers' own figures.

They are no part of this repository; where they are absent these tests are skipped.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("scipy", reason="the published models are searched with scipy, of the group [check]")

from .comparing import assert_agreed, compare_blocks
from .deploying import deploy
from .toolkit import (
    ROOT,
    Bundle,
    Device,
    FrontEnd,
    Heights,
    Surface,
    climb,
    load_bundle,
    load_interpreters,
    main,
    make_trial,
    quantised,
    stream,
)
from .toolkit import messages as m

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]

MODELS = ROOT.parent / "shared" / "models"
GOLDEN = MODELS / "golden"
FEATURE_UNIT = 0.0390625
IMPORTS = {
    "okay_nabu": ["microwakeword/okay_nabu.json"],
    "hey_jarvis": ["microwakeword/hey_jarvis.json"],
    "micro_speech": [
        "micro_speech/micro_speech_quantized.tflite",
        "--preset",
        "micro-speech",
        "--labels",
        "silence,unknown,yes,no",
    ],
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not GOLDEN.is_dir(), reason=f"the published models are not at {MODELS}"),
]


@pytest.fixture(scope="module", params=list(IMPORTS))
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """An imported model; its folder has its name."""
    folder: Path = tmp_path_factory.mktemp("published") / request.param
    model, *options = IMPORTS[request.param]
    assert main(["import", str(MODELS / model), "--out", str(folder), *options]) == 0
    return load_bundle(folder)


@pytest.fixture
def running(emptied: Device, needs: Callable[[m.Capability], None], published: Bundle) -> Device:
    """A board that runs it."""
    needs(m.Capability.SLOT)
    needs(m.Capability.INFERENCE)
    deploy(emptied, published)
    return emptied


def golden(bundle: Bundle) -> Iterator[tuple[str, Int16, Int8, Int8]]:
    """Signals with name, samples, cells [columns, bands] and outputs [windows, classes] as published."""
    name, source = bundle.path.name, bundle.model.input
    wake_word = bundle.model.stateful
    with np.load(GOLDEN / ("microfrontend.npz" if wake_word else "micro_speech.npz")) as data:
        for signal in [key.removesuffix("_pcm") for key in data if key.endswith("_pcm")]:
            cells, outputs = data[f"{signal}_features"], data[f"{signal}_{name if wake_word else 'output'}"]
            if wake_word:
                cells = quantised(cells * FEATURE_UNIT, source.scale, source.zero_point)
                outputs = (outputs ^ 0x80).view(np.int8)
            yield (
                signal,
                data[f"{signal}_pcm"].astype(np.int16),
                cells,
                outputs.reshape(-1, bundle.model.classes),
            )


def test_golden_signals(running: Device, published: Bundle) -> None:
    windows = 0
    for signal, samples, cells, outputs in golden(published):
        results = list(running.stream([samples]))
        columns = b"".join(part.cells for part in results if isinstance(part, m.Features))
        came = b"".join(part.outputs for part in results if isinstance(part, m.WindowResult))
        assert columns == cells.tobytes(), signal
        assert np.frombuffer(came, np.int8).tolist() == outputs.ravel().tolist(), signal
        windows += len(outputs)
    assert windows == (8 * 332 if published.model.stateful else 4)


def test_synthetic_sound(running: Device, published: Bundle) -> None:
    """Birds and noise in a stream, and then the same once more: nothing of the first is left in the second."""
    expected, _ = load_interpreters(published)
    rate = published.settings.sample_rate
    for seed in (8, 9, 8):
        comparison = compare_blocks(running, published, stream(seed, 15.0, rate), expected)
        assert_agreed(comparison)
        assert comparison.windows > 30


def test_sound_that_is_found_to_cross_the_cutoff(running: Device, published: Bundle) -> None:
    """Where the publishers' signals hardly move the outputs: a search's sounds, the last of which is detected."""
    if not published.model.stateful:
        pytest.skip("its own signals move it")
    settings, source = published.settings, published.model.input
    front_end = FrontEnd(settings, source.scale, source.zero_point)
    columns = 210
    time_s = np.arange(settings.samples_for(columns)) / settings.sample_rate
    centres = np.array(settings.band_centres())
    tones = np.sin(2 * np.pi * centres * time_s[:, np.newaxis] + 2.4 * np.arange(len(centres)))

    def sound(surface: Surface) -> Int16:
        """A tone in each band, of as many dB as the surface says, from column to column."""
        level = 32768 * 10 ** (np.clip(surface * 18 - 45, -90, -12) / 20)
        steps = np.minimum(np.arange(len(time_s)) // settings.hop, columns - 1)
        return np.clip(np.rint((level[steps] * tones).sum(axis=1)), -32768, 32767).astype(np.int16)

    def cells(surface: Surface) -> Int8:
        return front_end.features(sound(surface))

    manifest = json.loads((MODELS / IMPORTS[published.path.name][0]).read_text(encoding="utf-8"))
    cutoff = manifest["micro"]["probability_cutoff"]
    heights = Heights(published.model_bytes, published.model, cutoff)
    found = climb(heights, (columns, settings.bands), cells)
    expected, _ = load_interpreters(published)
    scores: set[int] = set()
    for surface in found:
        comparison = compare_blocks(running, published, [sound(surface)], expected)
        assert_agreed(comparison)
        scores |= set(comparison.traces.device_scores.ravel().tolist())
    assert published.model.scores.real(max(scores)) >= cutoff and len(scores) > 20


def test_it_agrees_on_trial(
    emptied: Device, needs: Callable[[m.Capability], None], published: Bundle
) -> None:
    needs(m.Capability.TRIAL)
    needs(m.Capability.INFERENCE)
    deploy(emptied, published, make_trial(published))
    assert emptied.info().bundle_name == published.name.encode()

"""The front end: every cell of every column equals the host's."""

import numpy as np
import pytest
from numpy.typing import NDArray

from .comparing import assert_agreed, compare_blocks
from .toolkit import AudioSource, Bundle, Device, HilError, find_audio
from .toolkit import messages as m

Int16 = NDArray[np.int16]


def _sweep(rate: int, level: float) -> Int16:
    time = np.arange(2 * rate) / rate
    phase = 2 * np.pi * (50 * time + (rate / 2 - 100) / 4 * time**2)
    return np.rint(32767 * level * np.sin(phase)).astype(np.int16)


def _signals(rate: int) -> dict[str, Int16]:
    rng = np.random.default_rng(7)
    n = 2 * rate
    impulses = np.zeros(n, np.int16)
    impulses[:: rate // 7] = 32767
    impulses[rate // 3 :: rate // 5] = -32768
    return {
        "silence": np.zeros(n, np.int16),
        "lowest bit": rng.integers(-1, 2, n).astype(np.int16),
        "DC": np.full(n, 12345, np.int16),
        "most negative": np.full(n, -32768, np.int16),
        "full-scale square": np.where(np.arange(n) // 9 % 2, 32767, -32768).astype(np.int16),
        "Nyquist": np.where(np.arange(n) % 2, 32767, -32768).astype(np.int16),
        "impulses": impulses,
        "full-scale noise": rng.integers(-32768, 32768, n).astype(np.int16),
        "quiet noise": rng.integers(-30, 31, n).astype(np.int16),
        "sweep": _sweep(rate, 1.0),
        "quiet sweep": _sweep(rate, 0.001),
        "clipped": np.clip(rng.normal(0, 60_000, n), -32768, 32767).astype(np.int16),
    }


@pytest.mark.parametrize("name", list(_signals(100)))
def test_features_of_synthetic_signals_are_equal(device: Device, bundle: Bundle, name: str) -> None:
    samples = _signals(bundle.settings.sample_rate)[name]
    assert_agreed(compare_blocks(device, bundle, [samples], None, name))


def test_features_of_the_bundles_recordings_are_equal(device: Device, bundle: Bundle) -> None:
    try:
        paths = find_audio([bundle.path / "wav"])
    except HilError as error:
        pytest.skip(f"this bundle has no recordings of its own: {error.cause}")
    for path in paths:
        source = AudioSource(path, bundle.settings.sample_rate, to_peak=bundle.to_peak)
        assert_agreed(compare_blocks(device, bundle, source.blocks(), None, path.name))


def test_pieces_of_any_length_give_the_same_columns(device: Device, bundle: Bundle, songs: Int16) -> None:
    rng = np.random.default_rng(3)
    cuts = np.cumsum(rng.integers(1, 700, 100))
    pieces = np.split(songs[: 4 * bundle.settings.sample_rate], cuts[cuts < 4 * bundle.settings.sample_rate])
    assert_agreed(compare_blocks(device, bundle, pieces, None))


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_a_stream_of_about_one_fft_frame(device: Device, bundle: Bundle, songs: Int16, extra: int) -> None:
    samples = songs[: bundle.settings.fft + extra]
    comparison = compare_blocks(device, bundle, [samples], None)
    assert comparison.agreed
    assert comparison.features.compared == (bundle.settings.bands if extra >= 0 else 0)


def test_an_empty_stream_ends_properly(device: Device) -> None:
    (done,) = device.stream([])
    assert isinstance(done, m.StreamDone)
    assert done == m.StreamDone(stream=done.stream)


def test_streams_do_not_remember_each_other(device: Device, bundle: Bundle, songs: Int16) -> None:
    piece = songs[: 2 * bundle.settings.sample_rate]
    cells = []
    for _ in range(2):
        results = device.stream([piece], inference=False)
        cells.append(b"".join(result.cells for result in results if isinstance(result, m.Features)))
        list(device.stream([songs[5000:17_777]], inference=False))
    assert cells[0] == cells[1] != b""

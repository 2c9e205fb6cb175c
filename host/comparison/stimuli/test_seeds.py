"""What searches start from: recordings in pieces, and sounds made for bundles without any."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ...bundle.load import Bundle
from .seeds import seed_sounds, window_of

pytestmark = pytest.mark.native
MADE = 24


def _seeds(bundle: Bundle) -> list[NDArray[np.int16]]:
    return seed_sounds(bundle, np.random.default_rng(4))


def _with_recordings(bundle: Bundle, folder: Path, *lengths: int) -> Bundle:
    """Recordings that count up, so that each sample tells where it was."""
    (folder / "wav").mkdir()
    for number, length in enumerate(lengths):
        sound = (np.arange(length) % 30_000).astype(np.int16)
        soundfile.write(folder / "wav" / f"{number}.wav", sound, bundle.settings.sample_rate)
    return replace(bundle, path=folder)


def test_without_recordings_sounds_are_made(tiny: Bundle) -> None:
    sounds = _seeds(tiny)
    assert len(sounds) == MADE
    assert {(len(sound), sound.dtype) for sound in sounds} == {(tiny.window_samples, np.dtype(np.int16))}
    assert window_of(tiny, sounds[0]).shape == (tiny.frames, tiny.settings.bands)
    assert all(np.array_equal(one, other) for one, other in zip(sounds, _seeds(tiny), strict=True))


def test_made_sounds_are_of_any_level(tiny: Bundle) -> None:
    """From what is hardly heard to full scale, and each with silence in it or without."""
    rng = np.random.default_rng(5)
    peaks = np.array([np.abs(sound.astype(int)).max() for _ in range(20) for sound in seed_sounds(tiny, rng)])
    assert peaks.min() < 100 and peaks.max() > 20_000 and len(np.unique(peaks // 1000)) > 10


def test_recordings_are_cut_into_windows_that_overlap_by_half(tiny: Bundle, tmp_path: Path) -> None:
    length = tiny.window_samples
    bundle = _with_recordings(tiny, tmp_path, 2 * length, length, length - 1)
    pieces = _seeds(bundle)[:-MADE]
    assert [piece[0] for piece in pieces] == [0, length // 2, 2 * (length // 2), 0]
    assert {len(piece) for piece in pieces} == {length}
    assert all((np.diff(piece) == 1).all() for piece in pieces)


def test_recordings_are_taken_up_to_two_minutes(tiny: Bundle, tmp_path: Path) -> None:
    """A shorter one may still fit behind one that does not."""
    rate, length = tiny.settings.sample_rate, tiny.window_samples
    bundle = _with_recordings(tiny, tmp_path, 119 * rate, 2 * rate, 1 * rate, length)
    whole = sum(len(range(0, seconds * rate - length + 1, length // 2)) for seconds in (119, 1))
    assert len(_seeds(bundle)) == whole + MADE


def test_what_cannot_be_read_is_no_seed(tiny: Bundle, tmp_path: Path) -> None:
    bundle = _with_recordings(tiny, tmp_path, tiny.window_samples)
    assert len(_seeds(bundle)) == 1 + MADE
    (tmp_path / "wav" / "1.wav").write_bytes(b"no sound")
    assert len(_seeds(bundle)) == 1 + MADE
    (tmp_path / "wav" / "0.wav").unlink()
    (tmp_path / "wav" / "1.wav").unlink()
    assert len(_seeds(bundle)) == MADE, "an empty folder"


def test_recordings_are_scaled_as_the_bundle_says(tiny: Bundle, tmp_path: Path) -> None:
    bundle = replace(_with_recordings(tiny, tmp_path, tiny.window_samples), samples="clip-peak")
    assert _seeds(bundle)[0].max() > 32_000

"""What searches start from: recordings in pieces, and sounds made for bundles without any."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

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


class Ends:
    """Chance that gives a place of each range: 0 its lower end, 1 the upper; of two values both. Noise is as told."""

    def __init__(self, end: float, noise: float = 0.0) -> None:
        self._end, self._noise = end, noise
        self.levels: list[float] = []

    def uniform(self, low: float, high: float, size: int = 1) -> Any:
        """See `numpy.random.Generator`."""
        return np.array([low, high]) if size == 2 else low + self._end * (high - low)

    def normal(self, loc: float, scale: float, size: int) -> NDArray[np.float64]:
        """See `numpy.random.Generator`."""
        self.levels.append(scale)
        return np.full(size, loc + self._noise)


def _extreme(bundle: Any, chance: Ends) -> NDArray[np.float64]:
    return seed_sounds(bundle, cast(np.random.Generator, chance))[0].astype(float)


def _hz(sound: NDArray[np.float64], rate: int) -> float:
    """By how often it passes through 0."""
    return float(np.count_nonzero(np.diff(np.signbit(sound)))) / 2 / len(sound) * rate


def test_the_softest_sound_is_a_whole_tone_through_all_bands(tiny: Bundle) -> None:
    chance, rate = Ends(0), tiny.settings.sample_rate
    sound = _extreme(replace(tiny, frames=170), chance)
    assert sound.max() == 30 == -sound.min()
    assert chance.levels == pytest.approx([0.3] * MADE)
    centres, parts = tiny.settings.band_centres(), np.array_split(sound, 20)
    step = (centres[-1] - centres[0]) / 40
    assert _hz(parts[0], rate) == pytest.approx(centres[0] + step, rel=0.03)
    assert _hz(parts[-1], rate) == pytest.approx(centres[-1] - step, rel=0.03)
    assert all(np.abs(part).max() == 30 for part in parts), "without gaps"


def test_the_loudest_sound_has_gaps(tiny: Bundle) -> None:
    chance, rate = Ends(1), tiny.settings.sample_rate
    sound = _extreme(replace(tiny, frames=170), chance)
    assert sound.max() == pytest.approx(25_000, rel=1e-3)
    assert chance.levels == pytest.approx([1000.0] * MADE)
    period = rate // 20
    heard = np.abs(sound[: 20 * period]).reshape(-1, period) > 0
    assert heard[:, period // 10 : 2 * period // 5].mean() > 0.95, "a third of the time"
    assert not heard[:, : period // 13].any() and not heard[:, period // 2 :].any()


def test_a_sound_of_the_middle_is_heard_two_thirds_of_the_time(tiny: Bundle) -> None:
    sound = _extreme(replace(tiny, frames=170), Ends(0.5))
    period = round(tiny.settings.sample_rate / 10.25)
    heard = np.abs(sound[: len(sound) // period * period]).reshape(-1, period) > 0
    assert heard.mean() == pytest.approx(2 / 3, abs=0.04)


def test_the_slowest_gaps_come_once_in_two_seconds(tiny: Bundle) -> None:
    class Slow(Ends):
        def uniform(self, low: float, high: float, size: int = 1) -> Any:
            return low if high == 20.0 else super().uniform(low, high, size)

    heard = np.flatnonzero(_extreme(replace(tiny, frames=170), Slow(1)))
    assert heard[0] / tiny.settings.sample_rate == pytest.approx(1 / 6, abs=0.01)


@pytest.mark.parametrize(("noise", "rail"), [(30_000.0, 32_767), (-30_000.0, -32_768)])
def test_what_is_too_loud_is_held_at_the_rail(tiny: Bundle, noise: float, rail: int) -> None:
    sound = _extreme(tiny, Ends(1, noise))
    assert rail in (sound.max(), sound.min()) and np.sign(sound[np.abs(sound) > 30_000]).std() == 0


def test_a_front_end_without_bands_gets_tones_of_any_pitch() -> None:
    settings = SimpleNamespace(sample_rate=16_000, band_centres=list)
    bundle = SimpleNamespace(settings=settings, window_samples=16_000, path=Path("nowhere"))
    parts = np.array_split(_extreme(bundle, Ends(0)), 20)
    assert _hz(parts[0], 16_000) == pytest.approx(200, rel=0.1)
    assert _hz(parts[-1], 16_000) == pytest.approx(7800, rel=0.03)


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

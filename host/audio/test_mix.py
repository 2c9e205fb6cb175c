"""From several channels to one: nothing is lost without a word."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from .errors import AudioError
from .source import AudioSource

RATE = 8000


def _noise(seed: int, level: int = 6000) -> NDArray[np.int16]:
    return np.random.default_rng(seed).integers(-level, level, 40_000).astype(np.int16)


def _read(
    path: Path, *columns: NDArray[np.int16], channel: int | None = None
) -> tuple[NDArray[np.int16], AudioSource]:
    soundfile.write(path, np.column_stack(columns), RATE)
    source = AudioSource(path, RATE, channel)
    return np.concatenate(list(source.blocks())), source


def test_channels_that_cancel_each_other(tmp_path: Path) -> None:
    sound = _noise(1)
    found, source = _read(tmp_path / "a.wav", sound, -sound)
    np.testing.assert_array_equal(found, sound)
    assert source.warnings == [
        "the average of its 2 channels loses all of the sound: channel 1 alone was taken"
    ]


@pytest.mark.parametrize("live", [1, 2])
def test_a_dead_channel(tmp_path: Path, live: int) -> None:
    sound, dead = _noise(1), np.full(40_000, 20_000, np.int16)  # an offset is no sound
    found, source = _read(tmp_path / "a.wav", *((sound, dead) if live == 1 else (dead, sound)))
    np.testing.assert_array_equal(found, sound)
    assert source.warnings == [f"the average of its 2 channels loses 6.0 dB: channel {live} alone was taken"]


def test_what_is_averaged(tmp_path: Path) -> None:
    sound = _noise(1)
    for other in (sound, _noise(2), (sound * 0.1).astype(np.int16)):
        found, source = _read(tmp_path / "a.wav", sound, other)
        np.testing.assert_array_equal(found, np.rint((sound.astype(float) + other) / 2))
        assert (source.warnings, source.notes) == ([], ["2 channels averaged to one"])


def test_channels_that_cancel_in_part(tmp_path: Path) -> None:
    sound = _noise(1)
    other = sound.copy()
    other[33_000:] *= -1
    _, source = _read(tmp_path / "a.wav", sound, other)
    assert source.warnings == [
        "its 2 channels cancel each other in parts: their average is more than 6 dB down there"
    ]


def test_six_channels(tmp_path: Path) -> None:
    columns = [_noise(seed, 100 * seed) for seed in range(1, 7)]
    found, source = _read(tmp_path / "a.wav", *columns)
    np.testing.assert_array_equal(found, columns[5])
    assert "channel 6 alone" in source.warnings[0]


def test_silence_is_averaged(tmp_path: Path) -> None:
    found, source = _read(tmp_path / "a.wav", np.zeros(9, np.int16), np.zeros(9, np.int16))
    assert not found.any() and source.warnings == []


def test_a_channel_that_was_asked_for(tmp_path: Path) -> None:
    columns = [_noise(1), _noise(2), _noise(3)]
    found, source = _read(tmp_path / "a.wav", *columns, channel=2)
    np.testing.assert_array_equal(found, columns[1])
    assert (source.warnings, source.notes) == ([], ["channel 2 of 3 taken"])
    for channel in (0, 4, -1):
        with pytest.raises(AudioError, match="has 3 channels, not a channel"):
            AudioSource(tmp_path / "a.wav", RATE, channel)


@pytest.mark.parametrize("rate", [RATE, 44_100, 12_000, 384_000])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
@pytest.mark.parametrize("channels", [1, 2])
def test_values_beyond_all_measure_do_not_silence_their_neighbours(
    tmp_path: Path, rate: int, subtype: str, channels: int
) -> None:
    sound = 0.25 * np.sin(2 * np.pi * 440 * np.arange(2 * rate) / rate)
    sound[rate] = 3e38 if subtype == "FLOAT" else 1.7e308
    path = tmp_path / "a.wav"
    soundfile.write(path, np.column_stack([sound] * channels), rate, subtype)
    source = AudioSource(path, RATE)
    found = np.concatenate(list(source.blocks()))
    expected = 8192 * np.sin(2 * np.pi * 440 * np.arange(len(found)) / RATE)
    far = np.abs(np.arange(len(found)) - RATE) > 400
    far[:200] = far[-200:] = False
    assert np.abs(found - expected)[far].max() < 120
    assert any("beyond full scale clipped" in note for note in source.notes)


def test_codecs_that_cannot_seek(tmp_path: Path) -> None:
    sound = _noise(1)
    for kind, subtype in (("WAV", "GSM610"), ("AU", "G721_32"), ("WAV", "IMA_ADPCM"), ("AIFF", "DWVW_16")):
        soundfile.write(tmp_path / "a", sound, RATE, subtype, format=kind)
        source = AudioSource(tmp_path / "a", RATE)
        assert len(sound) <= sum(map(len, source.blocks())) < len(sound) + 600
        assert source.warnings == []

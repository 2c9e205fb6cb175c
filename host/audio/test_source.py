"""Audio in every form that a user may bring."""

import os
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from .errors import AudioError
from .source import AudioSource

RATE = 8000
Int16 = NDArray[np.int16]


def _noise(count: int, seed: int = 1) -> Int16:
    return np.random.default_rng(seed).integers(-32768, 32768, count).astype(np.int16)


def _write(path: Path, samples: NDArray[Any], rate: int = RATE, subtype: str = "PCM_16", **more: str) -> Path:
    soundfile.write(path, samples, rate, subtype, **more)
    return path


def _read(path: Path, rate: int = RATE) -> tuple[Int16, list[str]]:
    source = AudioSource(path, rate)
    blocks = list(source.blocks())
    assert all(block.dtype == np.int16 and block.ndim == 1 and len(block) for block in blocks)
    return np.concatenate(blocks), source.notes


@pytest.mark.parametrize("count", [1, 2, 16_384, 16_385, 50_000])
def test_plain_files_pass_bit_by_bit(tmp_path: Path, count: int) -> None:
    samples = _noise(count)
    path = _write(tmp_path / "a.wav", samples)
    found, notes = _read(path)
    np.testing.assert_array_equal(found, samples)
    assert notes == []
    assert AudioSource(path, RATE).duration_s == count / RATE


def test_a_source_can_be_read_again(tmp_path: Path) -> None:
    source = AudioSource(_write(tmp_path / "a.wav", np.full(9, 1.5), subtype="FLOAT"), RATE)
    first, second = (np.concatenate(list(source.blocks())) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert len(source.notes) == len(set(source.notes)) == 2


def test_clips_divided_by_their_own_peak(tmp_path: Path) -> None:
    samples = np.zeros(40_000, np.int16)  # of several blocks
    samples[[100, 39_000, 39_999]] = 1000, -2000, 3
    source = AudioSource(_write(tmp_path / "a.wav", samples), RATE, to_peak=True)
    for _ in range(2):
        found = np.concatenate(list(source.blocks()))
        assert found[[100, 39_000, 39_999]].tolist() == [16384, -32768, 49]
        assert np.count_nonzero(found) == 3
    assert source.notes == ["divided by its own peak: samples times 16.38"]
    loud = AudioSource(_write(tmp_path / "b.wav", np.array([20_000, -7], np.int16)), RATE, to_peak=True)
    assert np.concatenate(list(loud.blocks())).tolist() == [32767, -11]
    silent = AudioSource(_write(tmp_path / "c.wav", np.zeros(9, np.int16)), RATE, to_peak=True)
    assert np.concatenate(list(silent.blocks())).tolist() == [0] * 9
    assert silent.notes == []


def test_24_bits_are_rounded_once(tmp_path: Path) -> None:
    values = np.array([0, 127, 128, 129, 383, 384, 385, -127, -128, -129, 0x7FFFFF, -0x800000], np.int32)
    found, notes = _read(_write(tmp_path / "a.wav", values << 8, subtype="PCM_24"))
    # halves go to the even neighbour; full scale plus a half has no int16 above it
    assert found.tolist() == [0, 0, 0, 1, 1, 2, 2, 0, 0, -1, 32767, -32768]
    assert notes == ["24-bit samples rounded to 16 bits"]


def test_32_bits_are_rounded_once(tmp_path: Path) -> None:
    values = np.array([0x7FFF, 0x8000, 0x8001, 0x18000 - 1, 0x18000], np.int32)
    found, _ = _read(_write(tmp_path / "a.wav", values, subtype="PCM_32"))
    assert found.tolist() == [0, 0, 1, 1, 2]


def test_8_bits_are_widened(tmp_path: Path) -> None:
    samples = (np.arange(-128, 128) * 256).astype(np.int16)
    found, notes = _read(_write(tmp_path / "a.wav", samples, subtype="PCM_U8"))
    np.testing.assert_array_equal(found, samples)
    assert notes == ["8-bit samples widened to 16 bits"]


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_floats_are_rounded_and_clipped(tmp_path: Path, subtype: str) -> None:
    values = np.array([0.0, 0.5, -1.0, 1.0, 1.5, -2.0, 3.4e38])
    found, notes = _read(_write(tmp_path / "a.wav", values, subtype=subtype))
    assert found.tolist() == [0, 16384, -32768, 32767, 32767, -32768, 32767]
    assert notes == ["floating-point samples rounded to 16 bits", "3 samples beyond full scale clipped"]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    values = np.zeros(40_000)
    values[30_000] = value
    source = AudioSource(_write(tmp_path / "a.wav", values, subtype="FLOAT"), RATE)
    with pytest.raises(AudioError, match="no numbers"):
        list(source.blocks())


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = _noise(20_000, 1), _noise(20_000, 2)
    found, notes = _read(_write(tmp_path / "a.wav", np.stack([left, right], axis=1)))
    np.testing.assert_array_equal(found, np.rint((left.astype(float) + right) / 2))
    assert notes == ["2 channels averaged to one"]


@pytest.mark.parametrize("rate", [44_100, 48_000, 22_050, 16_000, 6_000])
def test_other_rates_are_resampled_in_pieces_as_in_one(tmp_path: Path, rate: int) -> None:
    time_s = np.arange(int(rate * 6.3)) / rate
    wave = 0.5 * np.sin(2 * np.pi * 440 * time_s)
    found, notes = _read(_write(tmp_path / "a.wav", wave, rate))
    assert notes == [f"resampled from {rate:,} to 8,000 Hz"]
    assert abs(len(found) - RATE * 6.3) <= 1
    expected = 16384 * np.sin(2 * np.pi * 440 * np.arange(len(found)) / RATE)
    middle = slice(200, -200)
    assert np.abs(found[middle] - expected[middle]).max() < 4


def test_a_44100_hz_stereo_24_bit_file_says_all_three(tmp_path: Path) -> None:
    found, notes = _read(_write(tmp_path / "a.wav", np.zeros((44_100, 2)), 44_100, "PCM_24"))
    assert not found.any()
    assert len(found) == RATE
    assert [note.split()[0] for note in notes] == ["24-bit", "2", "resampled"]


def test_other_formats_than_wav_are_read_too(tmp_path: Path) -> None:
    samples = _noise(3000)
    found, notes = _read(_write(tmp_path / "a.flac", samples))
    np.testing.assert_array_equal(found, samples)
    assert notes == []


def test_wav_with_an_extensible_header_and_other_chunks(tmp_path: Path) -> None:
    samples = _noise(100)
    path = _write(tmp_path / "a.wav", samples, format="WAVEX")
    body = path.read_bytes()
    odd = b"junk" + struct.pack("<I", 3) + b"abc\0"
    path.write_bytes(body[:12] + odd + body[12:])
    found, notes = _read(path)
    np.testing.assert_array_equal(found, samples)
    assert notes == []


@pytest.mark.parametrize("lost", [1, 2, 900, 1999])
def test_cut_off_files_are_used_as_far_as_they_go_and_said_so(tmp_path: Path, lost: int) -> None:
    samples = _noise(1000)
    path = _write(tmp_path / "a.wav", samples)
    path.write_bytes(path.read_bytes()[:-lost])
    whole = (2000 - lost) // 2
    if whole == 0:
        with pytest.raises(AudioError, match=r"a\.wav holds no samples"):
            AudioSource(path, RATE)
        return
    found, notes = _read(path)
    np.testing.assert_array_equal(found, samples[:whole])
    assert notes == [f"cut off: {lost:,} bytes fewer than its header announces; what is there was used"]


def test_headers_of_programs_that_stream_are_no_damage(tmp_path: Path) -> None:
    samples = _noise(1000)
    path = _write(tmp_path / "a.wav", samples)
    body = bytearray(path.read_bytes())
    place = body.index(b"data") + 4
    body[place : place + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(body)
    found, notes = _read(path)
    np.testing.assert_array_equal(found, samples)
    assert notes == []


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "is empty"),
        (b"hello, this is not audio at all, only text\n" * 20, "is not an audio file"),
        (b"RIFF", "is damaged"),
        (b"RIFF\x24\0\0\0WAVE", "is damaged"),
        (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" + b"\xff" * 60, "is damaged"),
    ],
)
def test_what_is_no_audio_is_refused(tmp_path: Path, content: bytes, cause: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=cause) as error:
        AudioSource(path, RATE)
    assert str(path) in error.value.cause
    assert error.value.cure and not error.value.cause.endswith(".")


def test_headers_cut_off_anywhere_are_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.wav", _noise(1000))
    body = path.read_bytes()
    for length in range(body.index(b"data") + 8 + 1):
        path.write_bytes(body[:length])
        with pytest.raises(AudioError):
            AudioSource(path, RATE)


def test_a_wav_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="holds no samples"):
        AudioSource(_write(tmp_path / "a.wav", _noise(0)), RATE)


@pytest.mark.parametrize("rate", [1, 2_000_000_000])
def test_absurd_rates_end_in_samples_or_a_clear_error(tmp_path: Path, rate: int) -> None:
    path = _write(tmp_path / "a.wav", _noise(50))
    body = bytearray(path.read_bytes())
    body[24:28] = struct.pack("<I", rate)
    path.write_bytes(body)
    try:
        source = AudioSource(path, RATE)
        total = sum(len(block) for block in source.blocks())
        assert abs(total - 50 * RATE / rate) <= 1
    except AudioError as error:
        assert str(path) in error.cause


def test_a_file_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.wav", tmp_path):
        with pytest.raises(AudioError, match="cannot be read"):
            AudioSource(path, RATE)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.wav", _noise(10))
    path.chmod(0)
    with pytest.raises(AudioError, match="permission"):
        AudioSource(path, RATE)


def test_a_file_that_vanishes_after_it_was_looked_at(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.wav", _noise(10))
    source = AudioSource(path, RATE)
    path.unlink()
    with pytest.raises(AudioError, match="cannot be read"):
        list(source.blocks())


@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, rate: int) -> None:
    def peak(minutes: int) -> int:
        path = tmp_path / f"{minutes}.wav"
        with soundfile.SoundFile(path, "w", rate, 1, "PCM_16") as file:
            for _ in range(minutes):
                file.write(np.zeros(60 * rate, np.int16))
        source = AudioSource(path, RATE)
        tracemalloc.start()
        try:
            for _ in source.blocks():
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)  # imports
    assert peak(10) < peak(1) + 200_000

"""FLAC and Ogg files: of unknown or wrong length, joined, cut, damaged."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from .crafted import encoded
from .errors import AudioError
from .source import AudioSource

RATE = 48_000
APE = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0x80000000) + bytes(8)
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _noise(count: int, seed: int = 1) -> NDArray[np.int16]:
    return (np.random.default_rng(seed).normal(size=count) * 4000).clip(-32768, 32767).astype(np.int16)


def _read(path: Path, body: bytes) -> tuple[NDArray[np.int16], AudioSource]:
    path.write_bytes(body)
    source = AudioSource(path, RATE)
    samples = np.concatenate(list(source.blocks()))
    assert source.frames == len(samples)
    return samples, source


def _saying(flac: bytes, samples: int) -> bytes:
    body = bytearray(flac)
    body[21] = body[21] & 0xF0 | samples >> 32
    body[22:26] = (samples & 0xFFFFFFFF).to_bytes(4, "big")
    return bytes(body)


@given(st.integers(1, 30_000), st.sampled_from([0, 1, 100, 10**6, 2**36 - 1]))
@SLOW
def test_flac_of_unknown_or_wrong_length(tmp_path: Path, count: int, said: int) -> None:
    samples = _noise(count)
    found, source = _read(tmp_path / "a", _saying(encoded(samples, RATE, "FLAC"), said))
    np.testing.assert_array_equal(found, samples)
    wrong = said not in (0, count)
    assert len(source.warnings) == wrong
    if wrong:
        assert f"{abs(count - said):,} samples {'fewer' if said > count else 'more'}" in source.warnings[0]


@given(st.integers(20_000, 40_000), st.integers(1, 1 << 20))
@SLOW
def test_flac_that_was_cut_ends_with_its_last_whole_frame(tmp_path: Path, count: int, lost: int) -> None:
    samples = _noise(count)
    body = encoded(samples, RATE, "FLAC")
    found, source = _read(tmp_path / "a", body[: -1 - lost % (len(body) // 2)])
    assert 4096 <= len(found) < count and len(found) % 4096 == 0  # libsndfile's frames are of 4096
    np.testing.assert_array_equal(found, samples[: len(found)])
    assert source.warnings == ["cut off: its end is missing; what is there was used"]


@pytest.mark.parametrize(("kind", "subtype"), [("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS")])
def test_joined_files_are_read_to_the_last(tmp_path: Path, kind: str, subtype: str) -> None:
    parts = [encoded(_noise(count, count), RATE, kind, subtype) for count in (30_000, 7000, 50_001)]
    found, source = _read(tmp_path / "a", b"".join(parts))
    assert len(found) == 87_001
    assert source.warnings == []
    assert "3 joined files read one after the other" in source.notes


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_ogg_that_was_cut_ends_with_its_last_whole_page(tmp_path: Path, subtype: str) -> None:
    body = encoded(_noise(RATE * 12), RATE, "OGG", subtype)
    full, source = _read(tmp_path / "a", body)
    assert (len(full), source.warnings) == (RATE * 12, [])
    last = 0
    for lost in (1, 5000, len(body) // 3):
        found, source = _read(tmp_path / "a", body[:-lost])
        assert 0 < len(found) < len(full)
        assert last == 0 or len(found) <= last
        last = len(found)
        difference = np.abs(found[:-4000].astype(int) - full[: len(found) - 4000]).max()
        assert difference <= 1
        assert source.warnings == ["cut off: its end is missing; what is there was used"]


def test_damage_in_the_middle_is_refused(tmp_path: Path) -> None:
    for kind, subtype in (("FLAC", "PCM_16"), ("OGG", "VORBIS")):
        body = bytearray(encoded(_noise(RATE * 12), RATE, kind, subtype))
        body[len(body) // 2] ^= 0x55
        with pytest.raises(AudioError, match="damaged"):
            _read(tmp_path / "a", bytes(body))


def test_tags_around_flac(tmp_path: Path) -> None:
    samples = _noise(9000)
    body = b"ID3\x04\0\0\0\0\0\x10" + bytes(16) + encoded(samples, RATE, "FLAC") + b"TAG" + bytes(125)
    found, source = _read(tmp_path / "a", body)
    np.testing.assert_array_equal(found, samples)
    assert source.warnings == []


@pytest.mark.parametrize("count", [9000, 4096, 50_001])
@pytest.mark.parametrize(
    ("tail", "warned"),
    [
        (bytes(4000), 4000),
        (np.random.default_rng(5).bytes(3000), 3000),
        (APE + np.random.default_rng(6).bytes(500), 0),
        (APE + b"TAG" + bytes(125), 0),
        (b"Lavf" * 9, 36),
    ],
)
def test_what_stands_behind_flac_takes_none_of_its_sound(
    tmp_path: Path, count: int, tail: bytes, warned: int
) -> None:
    samples = _noise(count)
    found, source = _read(tmp_path / "a", encoded(samples, RATE, "FLAC") + tail)
    np.testing.assert_array_equal(found, samples)
    told = f"{warned:,} bytes behind the sound are none, left out"
    assert source.warnings == ([told] if warned else [])


def test_zeros_behind_flac_of_unknown_length(tmp_path: Path) -> None:
    samples = _noise(9000)
    found, _ = _read(tmp_path / "a", _saying(encoded(samples, RATE, "FLAC"), 0) + bytes(70_000))
    np.testing.assert_array_equal(found, samples)


def test_silence_that_takes_almost_no_bytes_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for _ in range(300):
            file.write(np.zeros(RATE, np.int16))
    with pytest.raises(AudioError, match=r"longer than 0\.05 h"):
        list(AudioSource(path, RATE, longest_s=180.0).blocks())
    assert sum(map(len, AudioSource(path, RATE, longest_s=301.0).blocks())) == 300 * RATE

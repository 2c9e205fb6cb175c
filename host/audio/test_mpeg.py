"""MP3 files as they are found: without their length, with a wrong one, joined, cut, damaged. Frames are counted."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from .crafted import S16, encoded, riff
from .errors import AudioError
from .mpeg import frame_size
from .source import AudioSource

RATE = 44_100
FRAME = 1152
DECODER = 529
VARIABLE: dict[str, Any] = {"bitrate_mode": "VARIABLE", "compression_level": 0.3}
ID3 = b"ID3\x04\0\0\0\0\x02\x00" + bytes(256)
TAG = b"TAG" + bytes(125)
APE = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0) + bytes(8)


def _sound(count: int, seed: int = 1, channels: int = 1) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    loud = np.where(np.arange(count) < count // 2, 0.001, 0.2)  # so that bit rates vary
    sound: NDArray[np.float64] = loud * rng.normal(size=count).clip(-4, 4)
    return sound if channels == 1 else np.column_stack([sound] * channels)


def _mp3(count: int, rate: int = RATE, seed: int = 1, channels: int = 1, variable: bool = True) -> bytes:
    return encoded(_sound(count, seed, channels), rate, "MP3", **(VARIABLE if variable else {}))


def _frames(body: bytes) -> list[int]:
    """Where frames begin, by the layer III formula of ISO 11172-3 alone; for files that begin with one."""
    rates = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    places, at = [], 0
    while at + 4 <= len(body):
        places.append(at)
        at += 144_000 * rates[body[at + 2] >> 4] // (44_100, 48_000, 32_000)[body[at + 2] >> 2 & 3]
        at += body[places[-1] + 2] >> 1 & 1
    return places


def _read(path: Path, body: bytes, rate: int = RATE) -> tuple[int, AudioSource]:
    path.write_bytes(body)
    source = AudioSource(path, rate)
    count = sum(len(block) for block in source.blocks())
    assert source.frames == count
    return count, source


@pytest.mark.parametrize("rate", [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("variable", [False, True])
def test_whole_files_hold_what_was_encoded(tmp_path: Path, rate: int, channels: int, variable: bool) -> None:
    body = _mp3(rate // 2 + 77, rate, channels=channels, variable=variable)
    count, source = _read(tmp_path / "a.mp3", body, rate)
    assert count == rate // 2 + 77 == soundfile.info(tmp_path / "a.mp3").frames
    assert source.warnings == []
    assert any(note.startswith("encoder delay of 1,105 samples") for note in source.notes)


@given(st.integers(2000, 60_000), st.booleans(), st.integers(0, 99))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_without_a_xing_frame_every_frame_counts(
    tmp_path: Path, count: int, variable: bool, seed: int
) -> None:
    body = _mp3(count, seed=seed, variable=variable)
    places = _frames(body)
    found, source = _read(tmp_path / "a.mp3", body[places[1] :])
    assert found == (len(places) - 1) * FRAME - DECODER
    assert source.warnings == []
    assert any("delay not told" in note for note in source.notes)


@given(
    st.lists(st.integers(3000, 20_000), min_size=2, max_size=4),
    st.booleans(),
    st.sampled_from([b"", ID3, TAG, APE]),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_joined_files_are_read_to_the_last(
    tmp_path: Path, counts: list[int], variable: bool, between: bytes
) -> None:
    parts = [_mp3(count, seed=index, variable=variable) for index, count in enumerate(counts)]
    found, source = _read(tmp_path / "a.mp3", between.join(parts))
    assert found == sum(counts)
    assert source.warnings == []
    assert f"{len(counts)} joined files read one after the other" in source.notes


@given(st.integers(20_000, 60_000), st.integers(1, 1 << 20))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cut_files_end_with_their_last_whole_frame(tmp_path: Path, count: int, lost: int) -> None:
    body = _mp3(count)
    places = [*_frames(body), len(body)]
    lost = 1 + lost % (len(body) - places[4])
    whole = sum(place <= len(body) - lost for place in places[1:]) - 1  # without the Xing frame
    found, source = _read(tmp_path / "a.mp3", body[:-lost])
    # the encoder's delay of 576 and the decoder's of 529 are known; no padding is left to take away
    assert found == min(whole * FRAME - 576 - DECODER, whole * FRAME)
    missing = (len(places) - 2 - whole) * FRAME
    assert source.warnings == [
        f"cut off: {missing:,} samples fewer than its header announces; what is there was used"
    ]


@pytest.mark.parametrize("said", [0, 1, 3, 1_000_000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_xing_frame_that_lies(tmp_path: Path, said: int) -> None:
    body = bytearray(_mp3(30_000))
    frames = len(_frames(bytes(body))) - 1
    place = max(body.find(b"Info"), body.find(b"Xing"))
    body[place + 8 : place + 12] = struct.pack(">I", said)
    found, source = _read(tmp_path / "a.mp3", bytes(body))
    assert found == frames * FRAME - 576 - DECODER
    (warning,) = source.warnings
    assert ("fewer" if said > frames else "more") in warning


def test_damage_in_the_middle_is_left_out_and_said(tmp_path: Path) -> None:
    body = bytearray(_mp3(50_000))
    places = _frames(bytes(body))
    body[places[10] : places[12]] = bytes(places[12] - places[10])
    found, source = _read(tmp_path / "a.mp3", bytes(body))
    assert found == (len(places) - 3) * FRAME - 576 - DECODER
    assert any("bytes that are no MPEG frames" in warning for warning in source.warnings)


def test_a_beginning_that_is_lost(tmp_path: Path) -> None:
    body = _mp3(50_000)
    places = _frames(body)
    found, _ = _read(tmp_path / "a.mp3", body[places[7] + 11 :])
    assert found == (len(places) - 8) * FRAME - DECODER


def test_tags_around_are_no_sound(tmp_path: Path) -> None:
    found, source = _read(tmp_path / "a", ID3 + _mp3(9000) + APE + TAG)
    assert (found, source.warnings) == (9000, [])


def test_a_tag_that_claims_more_than_the_file_has_hides_no_sound(tmp_path: Path) -> None:
    found, source = _read(tmp_path / "a", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + _mp3(9000))
    assert (found, source.warnings) == (9000, [])
    (tmp_path / "a").write_bytes(b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + b"nothing at all" * 9)
    with pytest.raises(AudioError, match="damaged"):
        AudioSource(tmp_path / "a", RATE)


def test_what_was_joined_must_be_of_one_kind(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="changes from 44,100 Hz, mono to 48,000 Hz, mono after"):
        _read(tmp_path / "a.mp3", _mp3(9000) + _mp3(9000, 48_000))
    with pytest.raises(AudioError, match="mono to 44,100 Hz, stereo"):
        _read(tmp_path / "a.mp3", _mp3(9000) + _mp3(9000, channels=2))


def test_a_small_damaged_file_cannot_make_much_sound(tmp_path: Path) -> None:
    body = bytearray(_mp3(30_000)[:1700])
    place = max(body.find(b"Info"), body.find(b"Xing"))
    body[place + 8 : place + 12] = b"\x7f\xff\xff\xff"
    assert _read(tmp_path / "a.mp3", bytes(body))[0] < 20_000


def test_too_long_is_known_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(_mp3(RATE * 3))
    with pytest.raises(AudioError, match=r"longer than .* h"):
        AudioSource(tmp_path / "a.mp3", RATE, longest_s=2.0)


def test_mpeg_in_a_wav(tmp_path: Path) -> None:
    samples = _mp3(20_000)
    wav = bytearray(riff(np.zeros(1, np.int16), RATE, S16, len(samples)).head)
    wav[20:22] = b"\x55\0"
    found, source = _read(tmp_path / "a.wav", bytes(wav) + samples)
    assert (found, source.warnings) == (20_000, [])


def test_decoders_do_not_chatter(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    body = bytearray(_mp3(60_000, variable=False))
    rng = np.random.default_rng(2)
    for place in _frames(bytes(body))[3::2]:
        body[place + 6 : place + 60] = rng.bytes(54)
    path = tmp_path / "a.mp3"
    path.write_bytes(body)
    with soundfile.SoundFile(path) as file:  # libmpg123 says what it finds, unless kept from it
        file.read()
    assert capfd.readouterr().err
    _read(path, bytes(body))
    assert capfd.readouterr().err == ""


def test_a_name_alone_makes_no_chatter(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.mp3"
    # libsndfile goes by the name when the content is nothing that it knows
    path.write_bytes(b"caff\0\1\0\0none" + np.random.default_rng(0).bytes(40_000))
    with pytest.raises(RuntimeError):
        soundfile.SoundFile(path)
    assert "MPEG" in capfd.readouterr().err
    with pytest.raises(AudioError, match="damaged"):
        AudioSource(path, RATE)
    assert capfd.readouterr().err == ""


def test_frame_sizes() -> None:
    # version, layer, bit rate, sample rate, padding as in the standards' tables; bytes worked out by hand
    assert frame_size(0xFFFB9000) == 417  # MPEG-1 III, 128 kbit/s, 44.1 kHz
    assert frame_size(0xFFFB9200) == 418  # padded
    assert frame_size(0xFFFDA400) == 576  # MPEG-1 II, 192 kbit/s, 48 kHz
    assert frame_size(0xFFFF5000) == 4 * (12 * 160_000 // 44_100)  # MPEG-1 I
    assert frame_size(0xFFF38000) == 72 * 64_000 // 22_050  # MPEG-2 III
    assert frame_size(0xFFE31800) == 72  # MPEG-2.5 III, 8 kbit/s, 8 kHz
    for header in (0xFFFBF000, 0xFFFB0000, 0xFFFB9C00, 0xFFEB9000, 0xFFF99000, 0x7FFB9000, 0xFFFB9002):
        assert frame_size(header) == 0

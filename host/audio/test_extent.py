"""Files whose sizes lie, in every container that has them: what is there is read, and the difference is said."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from .crafted import BIG_CHUNK, LIST, S16, WRITERS, Coding, Crafted, rf64, riff, w64
from .errors import AudioError
from .extent import extent, mended
from .sizes import announced
from .source import AudioSource
from .view import View

RATE = 8000
STREAMED = {
    "WAV": (0, 0x7FFFFFFF, 0x7FFFF000, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFF - 44),
    "RIFX": (0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF),
    "RF64": (0, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF),
    "W64": (0, 0x7FFFFFFFFFFFFFFF - 24),
    "AIFF": (0, 0x7FFFFFFF, 0xFFFFFFFF - 8),
    "CAF": (-1,),
    "AU": (0, 0x7FFFFFFF, 0xFFFFFFFF),
}
BEHIND = {"WAV": LIST, "RIFX": BIG_CHUNK, "RF64": LIST, "AIFF": BIG_CHUNK}
KINDS = [(name, coding) for name, (_, codings) in WRITERS.items() for coding in codings]
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _noise(count: int, channels: int = 1, seed: int = 1) -> NDArray[np.int16]:
    shape = count if channels == 1 else (count, channels)
    # upper bytes of all values, none of them letters, and 8 bits kept by every format
    return (np.random.default_rng(seed).integers(-120, 120, shape) * 256).astype(np.int16)


def _read(path: Path, body: bytes, channel: int | None = None) -> tuple[NDArray[np.int16], list[str]]:
    path.write_bytes(body)
    source = AudioSource(path, RATE, channel)
    samples = np.concatenate(list(source.blocks()))
    assert source.frames == len(samples)
    assert source.duration_s == len(samples) / RATE
    return samples, source.warnings


def _craft(name: str, coding: Coding, samples: NDArray[np.int16], size: int | None = None) -> Crafted:
    return WRITERS[name][0](samples, RATE, coding, size)


def _ids(value: object) -> str:
    return value.subtype if isinstance(value, Coding) else str(value)


@pytest.mark.parametrize(("name", "coding"), KINDS, ids=_ids)
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_true_headers_say_nothing(tmp_path: Path, name: str, coding: Coding, channels: int) -> None:
    samples = _noise(3001, channels)
    crafted = _craft(name, coding, samples)
    channel = None if channels == 1 else channels
    found, warnings = _read(tmp_path / "a", crafted.whole, channel)
    np.testing.assert_array_equal(found, samples if channels == 1 else samples[:, -1])
    assert warnings == []
    assert (
        len(found) == soundfile.info(tmp_path / "a").frames
    )  # libsndfile's own count, where it can be believed
    if name in BEHIND:
        padded = crafted.whole + bytes(len(crafted.sound) % 2) + BEHIND[name]
        found, warnings = _read(tmp_path / "a", padded, channel)
        assert (len(found), warnings) == (3001, [])


@given(
    st.sampled_from(KINDS),
    st.integers(1, 3),
    st.integers(1, 4000),
    st.integers(1, 100_000),
    st.integers(0, 9),
)
@SLOW
def test_cut_anywhere(
    tmp_path: Path, kind: tuple[str, Coding], channels: int, count: int, lost: int, seed: int
) -> None:
    samples = _noise(count, channels, seed)
    crafted = _craft(*kind, samples)
    lost = 1 + lost % len(crafted.sound)
    whole = (len(crafted.sound) - lost) // crafted.width
    body = crafted.whole[:-lost]
    if whole == 0:
        with pytest.raises(AudioError):
            _read(tmp_path / "a", body)
        return
    found, warnings = _read(tmp_path / "a", body, 1)
    np.testing.assert_array_equal(found, samples.reshape(count, -1)[:whole, 0])
    assert warnings == [f"cut off: {lost:,} bytes fewer than its header announces; what is there was used"]


@given(st.sampled_from(KINDS), st.integers(1, 3), st.integers(2, 4000), st.integers(1, 100_000))
@SLOW
def test_more_than_announced(
    tmp_path: Path, kind: tuple[str, Coding], channels: int, count: int, part: int
) -> None:
    samples = _noise(count, channels)
    width = _craft(*kind, samples[:1]).width
    said = (1 + part % (count - 1)) * width
    found, warnings = _read(tmp_path / "a", _craft(*kind, samples, said).whole, channels)
    left = count * width - said
    if left < 2:
        return
    np.testing.assert_array_equal(found, samples.reshape(count, -1)[:, -1])
    assert warnings == [f"{left:,} bytes of sound more than its header announces; what is there was used"]


@pytest.mark.parametrize("behind", [False, True], ids=["alone", "chunk behind"])
@pytest.mark.parametrize(("name", "size"), [(name, size) for name in STREAMED for size in STREAMED[name]])
def test_recorders_that_did_not_return_to_the_header(
    tmp_path: Path, name: str, size: int, behind: bool
) -> None:
    for coding in WRITERS[name][1]:
        samples = _noise(2000, 2)
        body = _craft(name, coding, samples, size).whole + (BEHIND.get(name, b"") if behind else b"")
        found, warnings = _read(tmp_path / "a", body, 1)
        np.testing.assert_array_equal(found, samples[:, 0])
        assert (warnings == []) == (size != 0)


def test_a_header_without_sound_before_other_chunks_is_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="holds no samples"):
        _read(tmp_path / "a", riff(_noise(0), RATE, S16, None).whole + LIST)
    with pytest.raises(AudioError, match="holds no samples"):
        _read(tmp_path / "a", riff(_noise(0), RATE, S16, 0xFFFFFFFF).whole + LIST)


@pytest.mark.parametrize(
    ("tail", "warning"),
    [
        (b"TAG" + bytes(125), ""),
        (LIST[:20], ""),  # a chunk that is cut off itself
        (b"wxyz" + struct.pack("<I", 8) + bytes(8), ""),  # of nobody's, but it ends with the file
        (bytes(1000), "1,000 bytes behind the sound are a filler of zeros, left out"),
        (
            riff(_noise(50), RATE, S16, None).whole,
            "144 bytes behind the sound are another sound file, left out",
        ),
        (b"data" + struct.pack("<I", 90) + bytes(90), "90 bytes in a second chunk of sound were left out"),
        (
            LIST + b"data" + struct.pack("<I", 60) + bytes(60),
            "60 bytes in a second chunk of sound were left out",
        ),
    ],
)
def test_what_stands_behind_the_sound_is_no_sound(tmp_path: Path, tail: bytes, warning: str) -> None:
    samples = _noise(700)
    found, warnings = _read(tmp_path / "a", riff(samples, RATE, S16, None).whole + tail)
    np.testing.assert_array_equal(found, samples)
    assert warnings == ([warning] if warning else [])


def test_joined_w64_files(tmp_path: Path) -> None:
    samples = _noise(700)
    whole = w64(samples, RATE, S16, None).whole
    found, warnings = _read(tmp_path / "a", whole + whole)
    np.testing.assert_array_equal(found, samples)
    assert warnings == [f"{len(whole):,} bytes behind the sound are another sound file, left out"]


@pytest.mark.parametrize("size", [None, 0, 0x7FFFFFFFFFFFFFFF])
def test_bw64_is_rf64_under_another_name(tmp_path: Path, size: int | None) -> None:
    samples = _noise(700)
    found, _ = _read(tmp_path / "a", b"BW64" + rf64(samples, RATE, S16, size).whole[4:])
    np.testing.assert_array_equal(found, samples)


@pytest.mark.parametrize("size", [None, 0, 100, 0xFFFFFFFF])
def test_chunks_of_an_odd_size_without_a_zero_behind(tmp_path: Path, size: int | None) -> None:
    samples = _noise(700)
    crafted = riff(samples, RATE, S16, size)
    odd = b"note" + struct.pack("<I", 5) + b"abcde"
    head = crafted.head[:12] + odd + crafted.head[12:36] + odd + odd + b"\0" + crafted.head[36:]
    found, _ = _read(tmp_path / "a", head + crafted.sound)
    np.testing.assert_array_equal(found, samples)


def test_several_chunks_at_the_end_are_found_from_behind(tmp_path: Path) -> None:
    samples = _noise(700)
    tail = LIST + b"cue " + struct.pack("<I", 4) + bytes(4) + LIST
    found, _ = _read(tmp_path / "a", riff(samples, RATE, S16, 0xFFFFFFFF).whole + tail)
    np.testing.assert_array_equal(found, samples)


def test_a_size_that_counts_the_chunks_behind(tmp_path: Path) -> None:
    samples = _noise(700)
    found, warnings = _read(tmp_path / "a", riff(samples, RATE, S16, 1400 + len(LIST) + 2).whole + LIST)
    np.testing.assert_array_equal(found, samples)
    assert warnings == [
        f"cut off: {len(LIST) + 2} bytes fewer than its header announces; what is there was used"
    ]


def test_a_wav_past_4_gib_becomes_one_with_64_bit_sizes(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    count = (1 << 31) + 5000  # samples: the size in the header is what is left of it past 4 GiB
    head = riff(_noise(1), RATE, S16, 10_000).head
    with path.open("wb") as file:  # sparse
        file.write(head)
        file.write(b"\x11\x22" * 6000)
        file.seek(len(head) + 2 * count - 2)
        file.write(b"\x11\x22")
    with path.open("rb") as file:
        start = file.read(4096)
    header = announced(start)
    assert header is not None
    piece = mended(start, header, len(head) + 2 * count)
    assert piece is not None
    with View(path, piece) as view, soundfile.SoundFile(view) as sound:
        assert sound.frames == count
        sound.seek(count - 1)
        assert sound.read(1, "int16")[0] == 0x2211
    with pytest.raises(AudioError, match="longer than 24 h"):
        AudioSource(path, RATE)


def test_headers_that_contain_their_own_sound_are_refused_or_read(tmp_path: Path) -> None:
    body = bytearray(WRITERS["AU"][0](_noise(100), RATE, S16, None).whole)
    for start in (0, 1, 4, 8, 11, 1 << 31):
        body[4:8] = struct.pack(">I", start)
        try:
            _read(tmp_path / "a", bytes(body))
        except AudioError as error:
            assert str(tmp_path / "a") in error.cause


def test_a_w64_with_chunks_behind() -> None:
    crafted = w64(_noise(100), RATE, S16, None)
    tail = b"list" + crafted.head[44:56] + struct.pack("<Q", 32) + bytes(8)
    header = announced(crafted.whole + tail)
    assert header is not None
    found = extent(crafted.whole + tail, header)
    assert (found.end, found.exact, found.warnings) == (len(crafted.whole), True, ())

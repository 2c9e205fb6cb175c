"""The corpus: equal from equal seeds, of the right length and level, labelled by what can be heard."""

from __future__ import annotations

import argparse
import csv
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ...checkout import DEFAULT_BUNDLE
from ...commands import corpus as command
from ...errors import HilError
from . import backgrounds, decoys, songs, testset
from .audibility import BIRD, NO_BIRD, UNSURE, audibility, window_label
from .endless import stream
from .scene import generator, make_scene
from .signal import oscillator

RATE = 8000


@pytest.mark.parametrize("kind", songs.KINDS)
def test_every_song_is_finite_and_within_the_band(kind: str) -> None:
    sound = songs.song(generator(5, 1), kind, 3.0, RATE, 0.6)
    assert len(sound) == 3 * RATE
    assert np.isfinite(sound).all() and np.max(np.abs(sound)) == pytest.approx(1.0)
    assert np.count_nonzero(sound) > RATE // 20


@pytest.mark.parametrize("kind", backgrounds.KINDS)
@pytest.mark.parametrize("rate", [8000, 16000])
def test_every_background_has_unit_rms(kind: str, rate: int) -> None:
    sound = backgrounds.KINDS[kind][1](generator(6, 1), 2 * rate, rate)
    assert len(sound) == 2 * rate
    assert np.sqrt(np.mean(sound**2)) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", decoys.KINDS)
def test_every_decoy_sounds(kind: str) -> None:
    sound = decoys.decoy(generator(7, 3), kind, 4.0, RATE)
    assert len(sound) == 4 * RATE and np.isfinite(sound).all()
    assert np.max(np.abs(sound)) == pytest.approx(1.0)


def test_oscillator_mutes_partials_that_would_alias() -> None:
    tone = oscillator(np.full(RATE, 1500.0), RATE, (1.0, 1.0, 1.0))
    spectrum = np.abs(np.fft.rfft(tone))
    assert spectrum[3000] > 1000
    assert spectrum[3500] < 1.0  # 4500 Hz folded back


def test_equal_seeds_give_equal_scenes_and_others_do_not() -> None:
    one, again, other = (make_scene(generator(seed, 1), 2.0, RATE, True) for seed in (3, 3, 4))
    assert np.array_equal(one.samples, again.samples) and one.parts == again.parts
    assert not np.array_equal(one.samples, other.samples)


def test_a_longer_stream_begins_with_the_shorter() -> None:
    short = np.concatenate(list(stream(9, 11.5)))
    long = np.concatenate(list(stream(9, 21.0)))
    assert len(short) == 92_000 and len(long) == 168_000
    assert np.array_equal(short, long[:92_000])


def test_labels_follow_what_can_be_heard() -> None:
    rng = generator(8, 1)
    noise = 0.01 * rng.standard_normal(RATE)
    song = songs.song(rng, "trill", 1.0, RATE, 0.9)
    levels = [
        window_label(audibility(level * song, noise, RATE), RATE, 0, 7936) for level in (0.0, 1e-5, 0.5)
    ]
    assert levels == [NO_BIRD, NO_BIRD, BIRD]
    loud, soft = audibility(0.1 * song, noise, RATE), audibility(0.05 * song, noise, RATE)
    sung = soft > -99.0
    assert np.allclose((loud - soft)[sung], 20.0 * np.log10(2.0))  # half the amplitude


def test_a_bird_between_heard_and_hidden_is_left_open() -> None:
    levels = np.full(61, -20.0)
    levels[10:20] = 0.0
    assert window_label(levels, RATE, 0, 7936) == UNSURE


def test_scenes_without_birds_have_none() -> None:
    scene = make_scene(generator(1, 2), 2.0, RATE, False)
    assert np.all(scene.audible_db <= -99.0)
    assert not any(part.startswith("bird") for part in scene.parts)


def test_test_set_is_small_and_complete(tmp_path: Path) -> None:
    rows = testset.write_test_set(tmp_path, 1)
    files = sorted(tmp_path.glob("*.wav"))
    assert len(files) == len(rows) == len(testset.CASES)
    assert sum(path.stat().st_size for path in files) < 2_000_000
    with wave.open(str(tmp_path / "short-chirp.wav")) as file:
        assert (file.getnframes(), file.getframerate(), file.getsampwidth()) == (9600, RATE, 2)
    clipped = np.frombuffer((tmp_path / "clipped-thrush.wav").read_bytes()[44:], "<i2")
    assert np.count_nonzero(np.abs(clipped.astype(int)) >= 32767) > 100
    assert not np.any(np.frombuffer((tmp_path / "silence.wav").read_bytes()[44:], "<i2"))


def test_the_committed_test_set_is_what_the_generator_makes(tmp_path: Path) -> None:
    committed = DEFAULT_BUNDLE / "wav"
    testset.write_test_set(tmp_path, 20)
    assert (tmp_path / "labels.csv").read_bytes() == (committed / "labels.csv").read_bytes()
    for path in sorted(tmp_path.glob("*.wav")):
        made, kept = (
            np.frombuffer(each.read_bytes()[44:], "<i2").astype(int) for each in (path, committed / path.name)
        )
        # Another mathematics library may round a sine the other way.
        assert np.max(np.abs(made - kept), initial=0) <= 1, path.name


def _arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(words)


def test_command_writes_files_and_table(tmp_path: Path) -> None:
    assert (
        command.run(
            _arguments("--out", str(tmp_path), "--seconds", "5", "--file-seconds", "2", "--seed", "4")
        )
        == 0
    )
    with (tmp_path / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["seconds"] for row in rows] == ["2.0", "2.0", "1.0"]
    assert all((tmp_path / row["file"]).is_file() for row in rows)


def test_command_refuses_nonsense(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        _arguments("--out", str(tmp_path), "--seconds", "-1")


def test_command_names_a_folder_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HilError, match="cannot be written"):
        command.run(_arguments("--out", str(tmp_path / "file" / "x"), "--seconds", "1"))


def _longest_silence(samples: NDArray[np.int16]) -> int:
    ends = np.flatnonzero(np.concatenate([[True], samples != 0, [True]]))
    return int(np.diff(ends).max()) - 1


def test_long_files_of_the_command_are_not_silent_for_long(tmp_path: Path) -> None:
    """With seed 6 a file of five minutes had 101 s of digital silence."""
    args = ["--out", str(tmp_path), "--seconds", "60", "--file-seconds", "60", "--seed", "6"]
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(parser.parse_args(args)) == 0
    for path in tmp_path.glob("*.wav"):
        with wave.open(str(path)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        assert _longest_silence(samples) <= 3 * RATE + 1
    bounded, free = (
        make_scene(generator(6, 2, 0), 60.0, RATE, False, silence_s=bound) for bound in (3.0, None)
    )
    assert len(bounded.samples) == len(free.samples)


def test_the_bound_changes_scenes_with_silence_alone() -> None:
    """Scenes for training keep their bytes, as no bound is given for them."""
    seen = set()
    for seed in range(40):
        bounded, free = (
            make_scene(generator(seed, 9), 6.0, 4000, True, silence_s=bound) for bound in (0.5, None)
        )
        longest = [_longest_silence(scene.samples) / 4000 for scene in (bounded, free)]
        changed = not np.array_equal(bounded.samples, free.samples)
        seen.add(changed)
        assert longest[0] <= longest[1] and (not changed or longest[1] > 0.25)
    assert seen == {True, False}

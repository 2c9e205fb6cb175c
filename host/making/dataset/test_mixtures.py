"""Mixtures of recordings, and a listener that says what is heard in them."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ...commands import mix_command as command
from ..corpus.wav_files import wav_bytes
from ..recordings.catalogue import Catalogue, Recording
from . import mixtures
from .errors import DatasetError
from .heard import Ears, Heard, Hearing, load_heard, load_listener
from .mixture import LEVEL_DB, MixturePlan, mixture, resampled, sounds_of, widened
from .mixtures import LISTENER_LABEL, TABLE, is_mixed, material_of, mix
from .split import Options, make_dataset
from .store import TRAIN, UNSURE, Dataset, load_dataset
from .test_split import FEATURES

pytestmark = pytest.mark.slow

RATE = 8000
PLAN = MixturePlan(150, seed=3)
BACKGROUND = Options.background
MODEL = Path(__file__).parents[2] / "model" / "testdata" / "hearing.tflite"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tones at a quarter of the rate, which the listener hears, and noise; split, and the listener's description."""
    folder = tmp_path_factory.mktemp("mixtures")
    catalogue = Catalogue(folder / "base")
    for index in range(12):
        rng = np.random.default_rng(index)
        sound = rng.normal(0.0, 60.0, 20_000)
        bird = index % 2 == 0
        if bird:
            sound += 6000.0 * np.sin(np.pi / 2.0 * np.arange(20_000))
        label, by = "bird" if bird else "nonbird", f"by {index}"
        recording = Recording(label, f"r{index}", "open", f"g{index}", by, licence="CC0")
        catalogue.add(recording, wav_bytes(np.rint(sound).astype(np.int16), RATE))
    options = Options(shares=(0.5, 0.25, 0.25))
    make_dataset([folder / "base"], FEATURES, options, folder / "set", folder / "cache", 1)
    listener_in(folder)
    return folder


def listener_in(folder: Path) -> None:
    """Put a listener and its description into a folder."""
    shutil.copy(MODEL, folder / "hearing.tflite")
    describe(folder / "listener.json")


def describe(path: Path, **changes: object) -> Path:
    values = {
        "model": "hearing.tflite",
        "sha256": hashlib.sha256(MODEL.read_bytes()).hexdigest(),
        "rate": RATE,
        "classes": [1],
        "title": "Hearing",
        "by": "Somebody",
        "licence": "Apache-2.0",
        "url": "https://example.org/hearing",
    }
    path.write_text(json.dumps(values | changes))
    return path


@pytest.fixture(scope="module")
def source(folder: Path) -> Dataset:
    return load_dataset(folder / "set")


@pytest.fixture(scope="module")
def mixed(folder: Path, source: Dataset) -> Dataset:
    about = load_listener(folder / "listener.json")
    return mix(source, [folder / "base"], PLAN, about, folder, folder / "mixed", workers=1)


def test_the_listener_labels_every_mixture(mixed: Dataset, source: Dataset) -> None:
    windows = mixed.windows(TRAIN)
    assert len(windows) == PLAN.windows and is_mixed(mixed) and not is_mixed(source)
    assert windows.take(np.arange(len(windows))).shape == (150, 61, 40)
    names = np.array(windows.names)[windows.recordings]
    bird = np.array([name.startswith("bird/") for name in names])
    assert 0.5 < bird.mean() < 0.7
    heard = windows.labels[:, 0]
    assert (heard[~bird] < 0.2).all()
    # Played at its own speed a tone is where the listener hears it, and often it is not drowned.
    assert 0.2 < (heard[bird] > 0.5).mean() < 0.9
    classes = np.load(mixed.path / "windows.npz")["classes"]
    assert set(classes[heard >= 0.5].tolist()) == {0} and set(classes[heard < 0.2].tolist()) == {-1}
    assert set(classes[(heard >= 0.2) & (heard < 0.5)].tolist()) <= {UNSURE}


def test_where_no_bird_was_put_in_the_listener_is_believed_less(
    folder: Path, source: Dataset, tmp_path: Path
) -> None:
    about = dataclasses.replace(
        load_listener(folder / "listener.json"), classes=(2,), odds=50.0
    )  # hears it always
    plan = MixturePlan(40, seed=1)
    windows = mix(source, [folder / "base"], plan, about, folder, tmp_path / "out", workers=1).windows(TRAIN)
    sure = round(255 * 50.0 * np.exp(-2.0) / (1.0 + 50.0 * np.exp(-2.0))) / 255
    bird = np.array([windows.names[number].startswith("bird/") for number in windows.recordings])
    assert bird.any() and not bird.all()
    np.testing.assert_allclose(windows.labels[bird], sure, atol=0.005)
    np.testing.assert_allclose(windows.labels[~bird], sure / 4.0, atol=0.005)


def test_the_listener_hears_what_lies_above_the_front_end(tmp_path: Path) -> None:
    """A tone at 4000 Hz: a quarter of 16 kHz, where this listener hears, and beyond what 8 kHz can hold."""
    catalogue, time = Catalogue(tmp_path / "base"), np.arange(40_000) / 16_000
    for index in range(12):
        sound = np.random.default_rng(index).normal(0.0, 60.0, 40_000)
        bird = index % 2 == 0
        if bird:
            sound += 6000.0 * np.sin(2.0 * np.pi * 4000.0 * time + 0.3)
        recording = Recording("bird" if bird else "nonbird", f"r{index}", "open", f"g{index}", f"by {index}")
        catalogue.add(recording, wav_bytes(np.rint(sound).astype(np.int16), 16_000))
    options = Options(shares=(0.5, 0.25, 0.25))
    make_dataset([tmp_path / "base"], FEATURES, options, tmp_path / "set", tmp_path / "cache", 1)
    listener_in(tmp_path)
    about = load_listener(describe(tmp_path / "listener.json", rate=16_000))
    source = load_dataset(tmp_path / "set")
    plan = MixturePlan(60, class_share=1.0, seed=3)
    made = mix(source, [tmp_path / "base"], plan, about, tmp_path, tmp_path / "out", workers=1)
    windows = made.windows(TRAIN)
    assert 0.2 < (windows.labels[:, 0] > 0.5).mean() < 0.9
    deaf = dataclasses.replace(about, rate=RATE)
    heard = mix(source, [tmp_path / "base"], plan, deaf, tmp_path, tmp_path / "deaf", workers=1)
    assert (heard.windows(TRAIN).labels[:, 0] < 0.2).mean() > 0.8
    # The network gets what its own front end makes of the very sound: no tone is left in it.
    material = material_of(source, [tmp_path / "base"], plan, BACKGROUND, 16_000)
    of_class, background = mixtures._sounds(material)
    long = 2 * FEATURES.window_samples
    drawn, _ = mixture(plan, 7, of_class, background, long, 16_000)
    half = resampled(drawn.astype(float), 16_000, RATE, long // 2)
    narrow = np.rint(half).astype(np.int16)
    expected = FEATURES.front_end().features(narrow)[: FEATURES.frames]
    cells = windows.take(np.arange(len(windows)))
    assert any(np.array_equal(each, expected) for each in cells)


def test_recordings_of_a_lower_rate_than_the_listeners(folder: Path, source: Dataset) -> None:
    """They are brought to its rate, and stay in place and as loud."""
    material = material_of(source, [folder / "base"], PLAN, BACKGROUND, 16_000)
    assert material.rate == 16_000
    low = mixtures._sounds(dataclasses.replace(material, rate=RATE))[0]
    high = mixtures._sounds(material)[0]
    for short, long in zip(low.samples, high.samples, strict=True):
        assert len(long) == 2 * len(short)
        # Cubic interpolation mirrors a tone at 2 kHz to 6 kHz, faintly; what came in is still there, and in place.
        narrow = resampled(long / 1.0, 16_000, RATE, len(short))
        inner = slice(200, -200)
        gain = float(np.dot(narrow[inner], short[inner]) / np.dot(short[inner] / 1.0, short[inner] / 1.0))
        assert 0.8 < gain < 1.05
        assert np.corrcoef(narrow[inner], short[inner])[0, 1] > 0.98
    slower = material_of(source, [folder / "base"], PLAN, BACKGROUND, 4000)
    assert slower.rate == RATE  # a listener that hears less than the front end narrows nothing


def test_a_band_is_widened_without_a_wall_and_narrowed_with_one() -> None:
    """3 kHz at 8 kHz is mirrored to 5 kHz at 16 kHz, fainter; 5 kHz at 16 kHz is mirrored to nothing at 8 kHz."""
    time = np.arange(8000)
    wide = np.abs(np.fft.rfft(widened(np.sin(2.0 * np.pi * 3000.0 / 8000.0 * time), 8000, 16_000, 16_000)))
    assert 0.02 < wide[5000] / wide[3000] < 0.8
    time = np.arange(16_000)
    narrow = widened(np.sin(2.0 * np.pi * 5000.0 / 16_000.0 * time), 16_000, 8000, 8000)
    assert np.abs(narrow[200:-200]).max() < 0.01


def test_noise_falls_up_to_half_the_rate() -> None:
    """Of silence nothing is left but noise, which has less at 7 kHz than at 5 kHz."""
    silent = sounds_of([np.zeros(16_000, np.int16)], [0], ["a"])
    made = [mixture(MixturePlan(80, seed=1), index, silent, silent, 16_000, 16_000)[0] for index in range(80)]
    powers = [np.abs(np.fft.rfft(each.astype(float))) ** 2 for each in made if each.any()]
    falls = [10.0 * np.log10(each[6500:7500].mean() / each[4500:5500].mean()) for each in powers]
    assert len(falls) > 20 and -4.0 < float(np.mean(falls)) < -0.9


def test_only_training_recordings_are_mixed_and_all_are_told(mixed: Dataset, source: Dataset) -> None:
    kept = {f"{e.label}/{e.name}" for e in source.entries if e.split == TRAIN}
    assert {f"{e.label}/{e.name}" for e in mixed.entries[:-1]} == kept and len(kept) < 12
    assert {e.split for e in mixed.entries} == {TRAIN}
    told = mixed.entries[-1]
    assert (told.label, told.name, told.licence, told.columns) == (LISTENER_LABEL, "Hearing", "Apache-2.0", 0)
    text = (mixed.path / "ATTRIBUTION.md").read_text()
    assert "Hearing" in text and "Somebody" in text and "| by " in text


def test_the_same_again_from_the_table_and_with_more_workers(
    folder: Path, source: Dataset, mixed: Dataset
) -> None:
    about = load_listener(folder / "listener.json")
    again = mix(source, [folder / "base"], PLAN, about, mixed.path / TABLE, folder / "again", workers=2)
    for name in ("columns.npy", "windows.npz", "dataset.json", TABLE, "ATTRIBUTION.md"):
        assert (again.path / name).read_bytes() == (mixed.path / name).read_bytes(), name


def test_a_table_of_other_mixtures_is_refused(
    folder: Path, source: Dataset, mixed: Dataset, tmp_path: Path
) -> None:
    about = load_listener(folder / "listener.json")
    other = dataclasses.replace(PLAN, seed=4)
    with pytest.raises(DatasetError, match="of 150 sound otherwise"):
        mix(source, [folder / "base"], other, about, mixed.path / TABLE, tmp_path / "out", workers=1)
    with pytest.raises(DatasetError, match="does not tell of 151 windows"):
        load_heard(mixed.path / TABLE, about, 151)
    with pytest.raises(DatasetError, match="another classifier"):
        load_heard(mixed.path / TABLE, dataclasses.replace(about, sha256="0" * 64), 150)
    (tmp_path / "broken.npz").write_bytes((mixed.path / TABLE).read_bytes()[:200])
    with pytest.raises(DatasetError, match="cannot be read"):
        load_heard(tmp_path / "broken.npz", about, 150)
    # A mean cell that is two off on another computer is still the same sound.
    table = load_heard(mixed.path / TABLE, about, 150)
    near = Heard(table.listener, table.scores, table.means + np.int8(2))
    near.save(tmp_path / "near.npz")
    mix(source, [folder / "base"], PLAN, about, tmp_path / "near.npz", tmp_path / "near", workers=1)


def test_what_cannot_be_mixed_is_refused(folder: Path, source: Dataset, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="in none of the base folders"):
        material_of(source, [tmp_path], PLAN, BACKGROUND, RATE)
    with pytest.raises(DatasetError, match="no recordings of background"):
        material_of(source, [folder / "base"], PLAN, ("noise",), RATE)
    shutil.copytree(folder / "base", tmp_path / "base")
    first = next(e for e in source.entries if e.split == TRAIN)
    (tmp_path / "base" / first.label / f"{first.name}.wav").write_bytes(b"RIFF")
    with pytest.raises(DatasetError, match="has changed"):
        material_of(source, [tmp_path / "base"], PLAN, BACKGROUND, RATE)
    several = dataclasses.replace(source, about=dataclasses.replace(source.about, labels=("a", "b")))
    with pytest.raises(DatasetError, match="2 classes"):
        material_of(several, [folder / "base"], PLAN, BACKGROUND, RATE)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"sha256": "0" * 64}, "another SHA-256"),
        ({"model": "gone.tflite"}, "cannot be read"),
        ({"classes": [3]}, "has 3 classes"),
        ({"classes": []}, "classes"),
        ({"odds": 0}, "odds"),
        ({"hearings": []}, "hearings"),
        ({"hearings": [{"faster": 0}]}, "faster"),
        ({"hearings": [{"level_db": 1}]}, "level_db"),
        ({"sha256": "x"}, "SHA-256 in hex"),
    ],
)
def test_a_listener_that_is_not_there_or_not_described(
    folder: Path, changes: dict[str, object], why: str, tmp_path: Path
) -> None:
    path = describe(tmp_path / "listener.json", **changes)
    with pytest.raises(DatasetError, match=why):
        Ears(load_listener(path), folder)


def test_levels_and_odds(folder: Path) -> None:
    about = load_listener(folder / "listener.json")
    tone = np.sin(np.pi / 2.0 * np.arange(FEATURES.window_samples))
    sound = np.stack([np.rint(gain * tone).astype(np.int16) for gain in (60.0, 20_000.0)])
    found = []
    for odds in (1.0, 3.0):
        ears = Ears(dataclasses.replace(about, classes=(2,), odds=odds), folder)
        found.append(ears.targets(sound, RATE))
        ears.close()
    one, three = np.exp(-2.0), 3.0 * np.exp(-2.0)
    assert found[0].tolist() == [round(255 * one / (1 + one))] * 2
    assert found[1].tolist() == [round(255 * three / (1 + three))] * 2
    ears = Ears(about, folder)
    faint, loud = ears.targets(sound, RATE).tolist()
    ears.close()
    assert loud > 200 and abs(faint - loud) < 20  # the level is taken away before it listens


def test_the_mean_of_several_hearings_counts(folder: Path) -> None:
    about = load_listener(folder / "listener.json")
    tone = np.sin(np.pi / 2.0 / 1.25 * np.arange(FEATURES.window_samples))
    sound = np.rint(9000.0 * tone).astype(np.int16)[np.newaxis]

    def heard(*hearings: Hearing) -> float:
        ears = Ears(dataclasses.replace(about, hearings=hearings), folder)
        told = float(ears.targets(sound, RATE)[0]) / 255.0
        ears.close()
        return told

    assert heard(Hearing(faster=1.25)) > 0.8 > 0.3 > heard(Hearing())  # faster, the tone is where it is heard
    louder, softer = Hearing(-25.0, 1.25), Hearing(-27.0, 1.25)
    logits = [np.log(each / (1.0 - each)) for each in (heard(louder), heard(softer))]
    assert logits[0] > 2.0 and logits[1] < -1.0
    assert heard(louder, softer) == pytest.approx(1.0 / (1.0 + np.exp(-np.mean(logits))), abs=0.02)


def test_a_mixture_follows_from_its_number() -> None:
    rng = np.random.default_rng(1)
    of_class = sounds_of([rng.normal(0, 900, 30_000).astype(np.int16)], [4], ["a"])
    other = sounds_of([rng.normal(0, 9, 3000).astype(np.int16), np.zeros(9000, np.int16)], [5, 6], ["b", "c"])
    plan = MixturePlan(40, seed=9)
    made = [mixture(plan, index, of_class, other, 7936, RATE) for index in range(40)]
    sound, numbers = np.stack([each for each, _ in made]), [number for _, number in made]
    assert set(numbers) == {4, 5, 6} and sound.dtype == np.int16
    again = mixture(plan, 7, of_class, other, 7936, RATE)
    assert np.array_equal(again[0], sound[7]) and again[1] == numbers[7]
    assert not np.array_equal(
        mixture(dataclasses.replace(plan, seed=8), 7, of_class, other, 7936, RATE)[0], sound[7]
    )
    level = 20.0 * np.log10(np.sqrt(np.mean((sound / 32768.0) ** 2, axis=1)) + 1e-9)
    assert (level < LEVEL_DB[1] + 0.1).all() and ((level > LEVEL_DB[0] - 0.1) | (level < -100.0)).all()


def test_clips_of_one_original_share_its_chance() -> None:
    silence = np.zeros(1000, np.int16)
    sounds = sounds_of([silence] * 4 + [silence], [0, 1, 2, 3, 4], ["a"] * 4 + ["b"])
    np.testing.assert_allclose(sounds.chances, [1 / 6] * 4 + [1 / 3])


def test_resampled_keeps_place_and_length() -> None:
    tone = np.sin(2.0 * np.pi * 500.0 * np.arange(8000) / 8000.0)
    up = resampled(tone, 8000, 16_000, 15_600)
    expected = np.sin(2.0 * np.pi * 500.0 * np.arange(15_600) / 16_000.0)
    assert len(up) == 15_600 and np.abs(up - expected)[200:-200].max() < 1e-3
    assert np.array_equal(resampled(tone, 8000, 8000, 9000)[:8000], tone)


def test_the_command(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    words = [str(folder / "set"), "--base", str(folder / "base"), "--listener", str(folder / "listener.json")]
    words += ["--out", str(tmp_path / "out"), "--windows", "20", "--seed", "5", "--workers", "1"]
    assert command.run(parser.parse_args(words)) == 0
    assert "heard.npz" in "".join(capsys.readouterr())
    assert len(load_dataset(tmp_path / "out").windows(TRAIN)) == 20

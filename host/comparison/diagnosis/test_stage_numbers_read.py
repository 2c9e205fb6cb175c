"""What is wrong in a stage is read from its numbers: of window, spectrum and mel sums, and of any other stage."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle, load_bundle
from ...checkout import DEFAULT_BUNDLE
from ...frontend.log_mel.tables import LogMelTables
from ...trace.stages import ColumnTrace, Stage
from ...trace.window import front_end
from .evidence import TracedFile
from .fakes_views import best, view_of
from .figures import Cause
from .mel_stage import MelRule, mel_cause, sums_of
from .mel_stage import _rules as mel_rules
from .spectrum_stage import spectrum_cause
from .stage_cause import stage_cause, traced_samples
from .window_stage import window_cause

pytestmark = pytest.mark.native
BUNDLE: Bundle = load_bundle(DEFAULT_BUNDLE)
TABLES: LogMelTables = BUNDLE.tables
COUNT = TABLES.settings.fft
SOUND = (6000 * np.sin(np.arange(COUNT) / 5) + np.random.default_rng(3).normal(0, 900, COUNT)).astype(
    np.int16
)
RIGHT = front_end(BUNDLE).capture(SOUND, 0)
SEGMENT = np.dtype([("up", "<u4"), ("down", "<u4"), ("shift", "<i4")])
Words = NDArray[Any]
Change = Callable[[Words], Words]


def words_of(name: str) -> Words:
    return np.frombuffer(RIGHT[name], "<i4").copy()


def stage(name: str, device: Words) -> Stage:
    return Stage(name, RIGHT[name], device.astype("<i4").tobytes(), "there", 1, len(device))


def window_of(samples: Words) -> Stage:
    """The stage as the core computes it from other samples."""
    data = front_end(BUNDLE).capture(samples.astype(np.int16), 0)["window"]
    return stage("window", np.frombuffer(data, "<i4"))


def told(cause: Cause | None) -> str:
    return "" if cause is None else cause.told


# ---- samples


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: np.concatenate([[0], x[:-1]]), "the samples are 1 sample late"),
        (lambda x: np.concatenate([x[3:], x[:3]]), "the samples are 3 samples ahead"),
        (lambda x: x.reshape(-1, 2)[:, ::-1].ravel(), "samples come in exchanged pairs"),
        (lambda x: x.reshape(-1, 64)[:, ::-1].ravel(), "each 64 samples come backwards"),
        (lambda x: np.clip(x, -4000, 4000), "samples are limited to ±4,000"),
        (lambda x: np.minimum(x, 3000), "samples are limited to at most 3,000"),
        (lambda x: x + 37, "+37 is added to each sample"),
        (lambda x: np.where(np.abs(x) < 900, 0, x), "samples of at most about 8"),
        (lambda x: np.sign(x) * np.minimum(np.abs(x), (np.abs(x) + 5000) // 2), "above 5,000 counts 0.5 times"),
        (lambda x: np.floor(x * 0.3), "samples are multiplied by 0.3 (such as 3/10; rounded down)"),
        (lambda x: np.rint(x + 0.4 * np.append(0, x[:-1])), "with the one before it, times 0.4 (such as 2/5; rounded)"),
        (lambda x: x * np.arange(COUNT) // COUNT, "begin and 1.00 times at its end (faded in)"),
        (lambda x: np.where(np.arange(COUNT) // 64 == 1, np.append(0, x[:-1]), x), "64 to 127 are those 1 before them"),
        (lambda x: np.where(np.arange(COUNT) % 3 == 2, 0, x), "the last of each 3 of the stream's samples come as 0"),
        (lambda x: np.where((np.arange(COUNT) >= 70) & (np.arange(COUNT) < 90), 0, x), "numbers 70 to 89 come as 0"),
        (lambda x: np.where(np.arange(COUNT) == 77, x ^ 1024, x), "1 is another than sent: number 77 is"),
    ],
)  # fmt: skip
def test_what_was_done_to_the_samples_is_read_from_their_products(change: Change, words: str) -> None:
    heard = np.asarray(change(SOUND.astype(np.int64))).clip(-32768, 32767)
    assert words in told(window_cause(window_of(heard), TABLES, SOUND))


def test_without_the_samples_they_are_read_from_the_host() -> None:
    heard = np.clip(SOUND, -4000, 4000)
    assert "limited to ±4,000" in told(window_cause(window_of(heard), TABLES))


def test_a_change_that_can_be_applied_to_any_samples_comes_with_it() -> None:
    found = window_cause(window_of(np.clip(SOUND, -4000, 4000)), TABLES, SOUND)
    assert found is not None and found.change is not None and found.computed
    assert found.change(np.array([9000, -9000, 5], np.int16)).tolist() == [4000, -4000, 5]


def test_samples_that_many_ways_give_have_no_way_told() -> None:
    """Nearly nothing is left of a sound of single bits, whatever is done to it."""
    quiet = np.random.default_rng(1).integers(0, 2, COUNT).astype(np.int16)
    host = front_end(BUNDLE).capture(quiet, 0)["window"]
    silent = front_end(BUNDLE).capture(np.zeros_like(quiet), 0)["window"]
    found = window_cause(Stage("window", host, silent, "there", 1, COUNT), TABLES, quiet)
    assert "come as 0" in told(found) and "attenuated" not in told(found)


# ---- the taper


@pytest.mark.parametrize(
    ("part", "change", "words"),
    [
        (1, lambda groups: -groups[:, 1], "of each four values the second is the negative of itself"),
        (3, lambda groups: groups[:, 0], "of each four values the fourth is the first"),
    ],
)
def test_values_of_a_group_that_are_other_ones(part: int, change: Change, words: str) -> None:
    groups = words_of("window").reshape(-1, 4)
    groups[:, part] = change(groups)
    assert words in told(window_cause(stage("window", groups.ravel()), TABLES, SOUND))


@pytest.mark.parametrize(
    ("group", "words"),
    [(COUNT // 4 - 1, "the last one: the loop ends too early"), (0, "the loop begins too late")],
)
def test_a_group_that_is_not_written(group: int, words: str) -> None:
    groups = words_of("window").reshape(-1, 4)
    groups[group] = [123_456_789, -77_000_001, 5_000_003, 61]
    assert words in told(window_cause(stage("window", groups.ravel()), TABLES, SOUND))


@pytest.mark.parametrize(
    ("products", "words"),
    [
        (lambda x, w: x * np.roll(w, -1) >> 16, "multiplied by the weight of the next sample"),
        (lambda x, w: x * w.max() >> 16, "multiplied by no weight: the window is rectangular"),
        (lambda x, w: (x * w + 32768) >> 16, "rounded to the nearest instead of down"),
    ],
)
def test_other_weights_and_roundings(products: Callable[[Words, Words], Words], words: str) -> None:
    quarter = COUNT // 4
    order = np.array(
        [int(format(group, f"0{quarter.bit_length() - 1}b")[::-1], 2) for group in range(quarter)]
    )
    places = (order[:, None] + np.array([0, 2 * quarter, quarter, 3 * quarter])).ravel()
    weights = np.empty(COUNT, np.int64)
    weights[places] = TABLES.weights
    a, b, c, d = products(SOUND.astype(np.int64), weights)[places].reshape(-1, 4).T
    values = np.stack([a + b + c + d, a - b, a + b - c - d, d - c], axis=1).ravel()
    assert words in told(window_cause(stage("window", values), TABLES, SOUND))


# ---- the spectrum


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x, k: (x[k], -x[COUNT - k]), "all imaginary parts have the other sign"),
        (lambda x, k: (x[COUNT - k], x[k]), "real and imaginary parts are exchanged in all bins"),
        (lambda x, k: (np.roll(x[k], 1), np.roll(x[COUNT - k], 1)), "all bins lie 1 too high"),
        (lambda x, k: (x[k] // 2, x[COUNT - k] // 2), "all bins are half what they must be"),
        (lambda x, k: (x[k] * (k < 100), x[COUNT - k] * (k < 100)), "bins 100 to 127: both parts are 0"),
        (lambda x, k: (x[k], x[COUNT - k] // (1 + (k >= 64))), "bins 64 to 127: imaginary parts are half what"),
        (lambda x, k: (x[k] + x[k] // 500, x[COUNT - k] + x[COUNT - k] // 300), "loudest: a factor is a little off"),
        (lambda x, k: (np.where(k == 40, -x[k], x[k]), x[COUNT - k]), "bin 40: real parts have the other sign"),
        (lambda x, k: (x[k] + 1, x[COUNT - k]), "off by at most 1 either way"),
    ],
)  # fmt: skip
def test_bins(change: Callable[[Words, Words], tuple[Words, Words]], words: str) -> None:
    x, k = words_of("spectrum"), np.arange(1, COUNT // 2)
    device = x.copy()
    device[k], device[COUNT - k] = change(x.astype(np.int64), k)
    assert words in told(spectrum_cause(stage("spectrum", device), TABLES))


# ---- the mel sums


def mel_of(up: Words, down: Words, shift: Words) -> Stage:
    data = np.empty(len(up), SEGMENT)
    data["up"], data["down"], data["shift"] = up, down, shift
    return Stage("mel", RIGHT["mel"], data.tobytes(), "mel band 0", 1, len(up) - 1, segments=True)


SPECTRUM = Stage("spectrum", RIGHT["spectrum"], RIGHT["spectrum"])
MEL_RULES = {text: (rule, cure) for text, cure, rule in mel_rules()}


def test_the_right_rule_gives_the_cores_sums() -> None:
    compute = sums_of(words_of("spectrum").astype(np.int64), TABLES)
    assert compute is not None
    assert mel_of(*compute(MelRule())).device == RIGHT["mel"]


@pytest.mark.parametrize("text", MEL_RULES)
def test_a_mel_rule_is_named(text: str) -> None:
    rule, cure = MEL_RULES[text]
    compute = sums_of(words_of("spectrum").astype(np.int64), TABLES)
    assert compute is not None
    found = mel_cause(mel_of(*compute(rule)), SPECTRUM, TABLES)
    assert found is not None
    if found.told != text:  # of this spectrum both give the same in all segments but one
        other, cure = MEL_RULES[found.told]
        assert "headroom" in text and "headroom" in found.told
        apart = np.any([a != b for a, b in zip(compute(other), compute(rule), strict=True)], axis=0)
        assert apart.sum() <= 1
    assert found == Cause(found.told, cure, True)


def test_sums_off_by_a_factor() -> None:
    up, down, shift = (
        np.frombuffer(RIGHT["mel"], SEGMENT)[name].astype(np.int64) for name in SEGMENT.names or ()
    )
    found = mel_cause(mel_of(up, down - (down >> 7), shift), SPECTRUM, TABLES)
    assert told(found) == "falling sums (to the band below) are 0.78 % below what they must be"
    up[3] = 12345
    assert "rising sums (to the band above) are 12,345 instead of" in told(
        mel_cause(mel_of(up, down, shift), SPECTRUM, TABLES)
    )


# ---- all of them


def test_a_trace_is_read_stage_by_stage() -> None:
    log = words_of("log")
    other = stage("log", np.where(np.arange(len(log)) > 30, log + 32768, log))
    trace = ColumnTrace(0, (SPECTRUM, other), samples=SOUND)
    assert told(stage_cause(trace, BUNDLE)).endswith("of the stage: +0.5 dB off")
    assert stage_cause(ColumnTrace(0, (SPECTRUM,)), BUNDLE) is None
    cells = np.frombuffer(RIGHT["cells"], np.int8)
    device = np.where(cells == cells.max(), 50, cells).astype(np.int8).tobytes()
    found = stage_cause(
        ColumnTrace(0, (Stage("cells", RIGHT["cells"], device, "there", 1, len(cells)),)), BUNDLE
    )
    assert "50 instead of" in told(found)


def test_the_samples_of_a_limited_column_are_found_in_all() -> None:
    """What one column showed is tried on every sample."""
    sound = (8000 * np.sin(np.arange(20_000) / 7 + np.arange(20_000) ** 2 / 4e6)).astype(np.int16)
    core = front_end(BUNDLE)
    limited = np.clip(sound, -6000, 6000).astype(np.int16)
    own = sound[:COUNT]
    host, device = (core.capture(samples[:COUNT], 0)["window"] for samples in (sound, limited))
    trace = ColumnTrace(0, (Stage("window", host, device, "there", 1, COUNT),), samples=own)
    (hypothesis,) = traced_samples([TracedFile("a.wav", column=trace)], core, BUNDLE)
    view = view_of(core.features(sound), core.features(limited), samples=sound)
    found = best(hypothesis, [view])
    assert found is not None and found.explanation == "samples are limited to ±6,000"
    assert traced_samples([TracedFile("a.wav", column=replace(trace, stages=()))], core, BUNDLE) == []

"""The column's mean, moved parts and noise in samples: what is said of each, and up to which figures."""

import numpy as np
import pytest

from . import seen_samples
from .figures import Cause
from .sample_ways import Way
from .seen_samples import _by_ways, _exactly, _with_column_mean, others_told, samples_cause
from .test_seen_samples import all_known, noise

HALF_PLAIN = np.array([32_767, 32_000, -3, -32_768, -32_000, -32_768], np.int16)  # its mean is -5,462


@pytest.mark.parametrize(
    ("mean", "off", "how"),
    [(-700.7, -700, ""), (-700.7, -701, ", rounded down,"), (700.7, 701, ", rounded,")],
)
def test_the_mean_that_is_taken_off_is_that_of_any_column(mean: float, off: int, how: str) -> None:
    """Beside another cause that gives the same of this column."""
    x = noise(200)
    x[0] += round(mean * 200) - int(x.sum())
    x[0], x[1:] = x[0] - 199 * ((x[0] - 3000) // 200), x[1:] + (x[0] - 3000) // 200
    assert x.mean() == pytest.approx(mean)
    found = samples_cause(x, x - off, all_known(x))
    alone = f"the mean of each column's samples{how} is taken off them"
    assert found.told.startswith(f"{alone}; or, which gives the same here: ") and found.computed
    assert found.change is not None and np.array_equal(found.change(x.astype(np.int16)), x - off)
    saturating, wrapping = found.of_column
    assert np.array_equal(saturating(x.astype(np.int16)), x - off)
    assert np.array_equal(wrapping(x.astype(np.int16)), x - off)
    assert saturating(HALF_PLAIN).tolist() == [32_767, 32_767, 5_459, -27_306, -26_538, -27_306]
    assert wrapping(HALF_PLAIN).tolist() == [-27_307, -28_074, 5_459, -27_306, -26_538, -27_306]
    assert saturating(~HALF_PLAIN).tolist() == [-32_768, -32_768, -5_459, 27_306, 26_538, 27_306]
    by_itself = _with_column_mean(x, x - off, all_known(x), None)
    assert isinstance(by_itself, Cause) and by_itself.told == alone and by_itself.change is None
    assert by_itself.computed


@pytest.mark.parametrize("by", [4, 64, 128, 256, 512, -64])
def test_a_part_that_is_read_too_early_or_too_late(by: int) -> None:
    stream, wrong = noise(2000), np.arange(300, 306)
    sent = stream[800:1600]
    seen = sent.copy()
    seen[wrong] = stream[800 + wrong - by]
    side, way = ("before", "early") if by > 0 else ("behind", "late")
    words = f"come as the one {abs(by)} {side} it: that part is read {abs(by)} too {way}"
    assert _exactly(stream[:1600], sent, seen, wrong).endswith(words)


@pytest.mark.parametrize(("places", "told"), [((4, 64), True), ((4, 64, 16), False)])
def test_two_moves_that_give_the_same_are_both_told(places: tuple[int, ...], told: bool) -> None:
    stream, wrong = noise(800), np.arange(300, 308)
    for by in places[1:]:
        stream[wrong - by] = stream[wrong - 4]
    seen = stream.copy()
    seen[wrong] = stream[wrong - 4]
    words = (
        "come as the one 4 before it: that part is read 4 too early; or, which gives the same here: the one 64 before "
        "it: that part is read 64 too early"
    )
    assert _exactly(stream, stream, seen, wrong).endswith(words) == told
    assert bool(_exactly(stream, stream, seen, wrong)) == told


@pytest.mark.parametrize(
    ("count", "size", "low", "told"),
    [
        (24, 16, -16, True),
        (23, 16, -16, False),
        (24, 17, -16, False),
        (24, 16, 1, False),
        (24, 16, -17, False),
    ],
)
def test_noise_is_small_and_goes_either_way(count: int, size: int, low: int, told: bool) -> None:
    x, off = noise(200), np.where(np.arange(count) % 2 == 0, size, low)
    seen = x.copy()
    seen[3 : 3 + 2 * count : 2] += off
    words = f"{count} of 200 are off by at most {size} either way, as by noise that is added (dither)"
    assert (others_told(x, seen, np.flatnonzero(seen != x)) == words) == told


@pytest.mark.parametrize(("largest", "count", "alike"), [(32, 24, 1), (32, 23, 0), (33, 24, 0), (33, 25, 1)])
def test_24_small_values_tell_whether_two_are_alike(largest: int, count: int, alike: int) -> None:
    one = np.arange(count)
    one[0] = -largest
    assert seen_samples._alike(one, one) == pytest.approx(alike)
    assert seen_samples._alike(one, one * 0) == seen_samples._alike(one * 0, one) == 0


@pytest.mark.parametrize(
    ("before", "which"), [(None, "the first of each 7 of"), (6, "the last of each 7 of")]
)
def test_places_are_counted_from_the_streams_beginning(before: int | None, which: str) -> None:
    x = noise(256)
    seen = np.where(np.arange(256) % 7 == 0, 0, x)
    found = samples_cause(x, seen, all_known(x), None if before is None else noise(before, seed=2))
    assert found.told.startswith(which)


@pytest.mark.parametrize(("low", "high"), [(-32_768, 31_000), (-31_000, 32_767)])
def test_samples_less_the_mean_stay_within_their_bounds(low: int, high: int) -> None:
    x = noise(200) + (700 if low == -32_768 else -700)
    x[:4] = low, high, low, high
    off = int(x.mean())
    seen = np.minimum(np.maximum(x - off, -32_768), 32_767)
    assert {-32_768, 32_767} & set(seen.tolist()) and _with_column_mean(
        x, seen, all_known(x), None
    ) is not None


@pytest.mark.parametrize(("samples", "told"), [(8, False), (9, True)])
def test_one_piece_alone_tells_no_length(monkeypatch: pytest.MonkeyPatch, samples: int, told: bool) -> None:
    way = Way("a", "told a", "cure", lambda x: x + np.int16(1), pieces=8)
    monkeypatch.setattr(seen_samples, "PLAIN", [])
    monkeypatch.setattr(seen_samples, "BY_PIECES", [way])
    x = noise(samples)
    assert (_by_ways(x, x, x + 1, all_known(x)) is not None) == told


def test_what_is_made_of_some_samples_is_told_of_them() -> None:
    x = noise(600, 3000) * 10
    seen = np.where(x < 0, x // 10 * 7, x)
    seen[np.abs(x) < 100] = x[np.abs(x) < 100]
    found = samples_cause(x, seen, all_known(x))
    assert found.told.startswith("of negative samples, and of no others: each sample is about 0.7 times")

"""What was done to samples is read from those sent and those seen: each way to read it, up to its limits."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from . import seen_samples
from .fitted_samples import _sum_told, faded, filtered
from .sample_ways import Way
from .seen_samples import (
    _by_ways,
    _exactly,
    _moved,
    others_told,
    samples_cause,
)

Int64 = NDArray[np.int64]


def noise(count: int, size: int = 9000, seed: int = 1) -> Int64:
    return np.random.default_rng(seed).integers(-size, size, count)


def all_known(values: Int64) -> NDArray[np.bool_]:
    return np.ones(len(values), np.bool_)


def told(cause: Any) -> str:
    return "" if cause is None else cause.told


# ---- known ways


def way(name: str, add: int) -> Way:
    return Way(name, f"told {name}", f"cure {name}", lambda x: x + np.int16(add))


@pytest.mark.parametrize(
    ("plain", "by_pieces", "words", "cure"),
    [
        ([way("a", 1)], [], "told a", "cure a"),
        ([way("a", 2), way("b", 1)], [], "told b", "cure b"),
        ([way("a", 1), way("b", 1)], [], "told a; or, which gives the same here: told b", "cure a"),
        ([way("a", 1), way("b", 1), way("c", 1)], [way("d", 1)], "", ""),
        ([way("a", 2)], [way("d", 1)], "told d", "cure d"),
        ([way("a", 2)], [way("d", 2)], "", ""),
    ],
)
def test_ways_are_told_where_one_or_two_give_the_samples(
    monkeypatch: pytest.MonkeyPatch, plain: list[Way], by_pieces: list[Way], words: str, cure: str
) -> None:
    monkeypatch.setattr(seen_samples, "PLAIN", plain)
    monkeypatch.setattr(seen_samples, "BY_PIECES", by_pieces)
    sent = noise(8)
    seen, known = sent + 1, all_known(sent)
    seen[3], known[3] = 7, False
    found = _by_ways(sent, sent, seen, known)
    assert told(found) == words
    assert found is None or (found.cure, found.computed, found.change) == (cure, True, None)


def test_pieces_are_counted_from_the_streams_beginning() -> None:
    """The first of each 512 is within the column, which begins at 384; so are those of each 128 and 256."""
    x = noise(640)
    sent, seen = x[384:], x[384:].copy()
    seen[[0, 128]] = 0
    found = samples_cause(sent, seen, all_known(sent), x[:384])
    assert found.told == "the first of each 128 samples is 0" and found.computed
    one = x[384:].copy()
    one[128] = 0
    found = samples_cause(sent, one, all_known(sent), x[:384])
    assert found.told.startswith(
        "the first of each 512 samples is 0; or, which gives the same here: the first of"
    )


def test_a_long_stream_is_looked_at_from_a_pieces_beginning() -> None:
    x = noise(5200)
    sent, seen = x[4944:], x[4944:].copy()
    seen[-4944 % 512] = 0
    assert "each 512 samples is 0" in samples_cause(sent, seen, all_known(sent), x[:4944]).told
    y = x.copy()
    y[1:] -= x[:-1]
    found = samples_cause(sent, y[4944:], all_known(sent), x[:4944])
    assert found.told == "each sample comes less the one before it" and found.computed


@pytest.mark.parametrize(("place", "words"), [(255, True), (252, True), (251, False), (3, True), (4, False)])
def test_a_way_need_not_give_what_depends_on_samples_beyond_the_column(place: int, words: bool) -> None:
    x = noise(256)
    seen = -x
    seen[place] = 5
    found = samples_cause(x, seen, all_known(x))
    assert (found.told == "samples have their sign flipped") == words
    assert not found.computed and found.change is None


def test_a_way_that_changes_nothing_within_the_column_is_none() -> None:
    x = noise(256)
    seen = x.copy()
    seen[255] += 9
    assert "1 is another than sent" in samples_cause(x, seen, all_known(x)).told


def test_the_plainest_reading_is_told() -> None:
    x = noise(256)
    known = all_known(x)
    assert told(samples_cause(x, -x, known)) == "samples have their sign flipped"
    assert told(samples_cause(x, x + 5, known)) == "+5 is added to each sample"
    assert told(samples_cause(x, np.roll(x, 5), known)) == "the samples are 5 samples late"
    assert (
        told(samples_cause(x, x * 7 // 10, known))
        == "samples are multiplied by 0.7 (such as 7/10; rounded down)"
    )
    assert "(faded in)" in told(samples_cause(x, x * np.arange(256) // 256, known))
    one = x.copy()
    one[9] += 1
    known[20] = False
    one[20] += 1
    found = samples_cause(x, one, known)
    words = f"1 is another than sent: number 9 is {x[9] + 1:,} instead of {x[9]:,}"
    assert found.told == f"of the column's samples {words}"
    assert not found.computed


def test_few_samples_are_told_by_their_places() -> None:
    x = np.array([500, -300, 200, 900])
    assert told(samples_cause(x, np.array([500, -301, 200, 903]), all_known(x))) == (
        "of the column's samples 2 are others than those sent: number 1 is -301 instead of -300, "
        "number 3 is 903 instead of 900"
    )


# ---- moved


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (1, "the samples are 1 sample ahead"),
        (-1, "the samples are 1 sample late"),
        (2, "the samples are 2 samples ahead"),
        (-2, "the samples are 2 samples late"),
        (128, "the samples are 128 samples ahead"),
        (-128, "the samples are 128 samples late"),
        (129, ""),
        (-129, ""),
    ],
)
def test_samples_moved(by: int, words: str) -> None:
    stream = noise(700)
    found = _moved(stream[200:500], stream[200 + by : 500 + by], np.ones(300, np.bool_))
    assert told(found) == words
    assert found is None or found.computed


@pytest.mark.parametrize("by", [1, -1])
@pytest.mark.parametrize(("count", "found"), [(25, True), (24, False)])
def test_24_samples_tell_a_move(by: int, count: int, found: bool) -> None:
    stream = noise(50)
    assert (
        bool(_moved(stream[5 : 5 + count], stream[5 + by : 5 + by + count], np.ones(count, np.bool_)))
        == found
    )


@pytest.mark.parametrize(("count", "found"), [(24, True), (23, False)])
def test_24_known_samples_tell_a_move(count: int, found: bool) -> None:
    stream = noise(200)
    known = np.arange(100) < count
    assert bool(_moved(stream[50:150], stream[51:151], known)) == found


def test_equal_samples_tell_no_move() -> None:
    x = np.full(100, 7)
    assert _moved(x, x, all_known(x)) is None


# ---- filtered


def test_filters_that_are_tried_the_plainest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = noise(200), noise(200, seed=2)
    solve: Any = np.linalg.lstsq
    tried: list[Any] = []

    def recorded(a: Any, b: Any, **more: Any) -> Any:
        tried.append(a)
        return solve(a, b, **more)

    monkeypatch.setattr(np.linalg, "lstsq", recorded)
    assert filtered(x, y, all_known(x)) is None

    def at(*places: int, out: tuple[int, ...] = ()) -> Any:
        columns = [x[4 + place : 196 + place] for place in places]
        return np.stack([*columns, *(y[4 + place : 196 + place] for place in out)], axis=1)

    expected = [
        at(0),
        at(0, -1),
        at(0, -1, -2),
        at(0, -1, out=(-1,)),
        at(0, -1, -2, -3),
        at(0, -1, 1),
        at(0, -1, -2, out=(-1, -2)),
        at(0, -1, -2, -3, 1, 2, 3),
    ]
    assert [a.tolist() for a in tried if len(a) == 192] == [a.tolist() for a in expected]
    assert [a.shape for a in tried[1::2]] == [(189, a.shape[1]) for a in expected]  # without three


@pytest.mark.parametrize(("count", "found"), [(32, True), (31, False), (8, False), (0, False)])
def test_24_samples_with_their_neighbours_tell_a_filter(count: int, found: bool) -> None:
    x = noise(count, 3000) * 10
    words = "each sample is about 0.7 times what it must be" if found else ""
    assert told(filtered(x, x // 10 * 7, all_known(x))) == words


@pytest.mark.parametrize(("count", "found"), [(41, True), (40, False)])
def test_a_sample_not_known_takes_its_neighbours_out(count: int, found: bool) -> None:
    x = noise(count, 3000) * 10
    known = all_known(x)
    known[16] = False
    assert bool(filtered(x, x // 10 * 7, known)) == found


@pytest.mark.parametrize(("spread", "found"), [(64, True), (63, False)])
def test_a_spread_of_64_tells_a_filter(spread: int, found: bool) -> None:
    seen = np.arange(100) % 2 * spread
    assert bool(filtered(seen * 3, seen, all_known(seen))) == found


@pytest.mark.parametrize("sign", [1, -1])
def test_samples_at_the_end_of_the_range_tell_no_filter(sign: int) -> None:
    x = noise(300, 30000)
    seen = (sign * (x * 3 // 2)).clip(-32768, 32767)
    assert told(filtered(x, seen, all_known(x))) == f"each sample is about {sign * 1.5} times what it must be"


@pytest.mark.parametrize(("by", "found"), [(1, True), (2, False)])
def test_a_filter_may_miss_by_a_step(by: int, found: bool) -> None:
    x = noise(1000) * 2
    seen = x // 2
    seen[::50] += by
    seen[25::50] -= by
    assert bool(filtered(x, seen, all_known(x))) == found


def test_a_filter_that_samples_do_not_tell_apart_is_not_told() -> None:
    """Of two values in turn the sample before is the one behind, so that no factors are sure."""
    x = np.tile([3000, -1000, 500], 40)
    y = np.rint(0.5 * x + 0.25 * np.roll(x, 1) + 0.125 * np.roll(x, 2)).astype(np.int64)
    assert told(filtered(x, y, all_known(x))).startswith("each sample is about 0.5 times its own, 0.25 times")
    x = np.tile([3000, -3000], 60)
    y = np.tile([2000, -1500], 60)
    assert filtered(x, y, all_known(x)) is None


def test_a_filter_of_every_other_sample_is_told() -> None:
    x = noise(256)
    seen = x.copy()
    seen[1::2] = (x[1::2] + x[::2]) // 2
    found = filtered(x, seen, all_known(x), some=True)
    assert told(found) == (
        "of every 2nd of the samples from 5 to 251: each sample is about 0.5 times its own, and "
        "0.5 times the one before it"
    )


@pytest.mark.parametrize(("sign", "word"), [(-1, "negative"), (1, "positive")])
def test_samples_of_one_sign_are_told_so(sign: int, word: str) -> None:
    x = noise(256) * 4
    x[[30, 40]] = sign, 0  # one step is 0 when it is halved
    seen = np.where(x * sign > 1, x // 2, x)
    begin = f"of {word} samples, and of no others: each sample is about 0.5 times"
    assert told(filtered(x, seen, all_known(x), some=True)).startswith(begin)
    seen[50], x[50] = 8 * sign, 8 * sign
    assert told(filtered(x, seen, all_known(x), some=True)).startswith("of samples ")


@pytest.mark.parametrize(("wrong", "some"), [(150, True), (151, False)])
def test_three_in_four_samples_are_some(wrong: int, some: bool) -> None:
    x = noise(208, 3000) * 10
    seen = np.where((np.arange(208) >= 4) & (np.arange(208) < 4 + wrong), x // 2, x)
    assert told(filtered(x, seen, all_known(x), some=True)).startswith("of samples 4 to ") == some


@pytest.mark.parametrize(("off", "found"), [(3, True), (4, False)])
def test_three_samples_may_be_something_else(off: int, found: bool) -> None:
    x = noise(256)
    seen = x // 2
    seen[[50, 71, 93, 120][:off]] += 4000
    assert bool(filtered(x, seen, all_known(x))) == found


def test_a_step_in_what_came_out_is_no_filter() -> None:
    """Each sample would be half of its own, less half of the one before it, and the one that came out before it."""
    x = noise(256)
    seen = x // 2
    seen[50:60] += 4000
    assert filtered(x, seen, all_known(x)) is None


@pytest.mark.parametrize("far", [4, 8, 100, 128])
def test_an_echo_is_told(far: int) -> None:
    x = noise(700)
    sent, seen = x[400:], x[400:] + x[400 - far : 700 - far] // 2
    found = samples_cause(sent, seen, all_known(sent), x[:400])
    assert (
        found.told == f"each sample is about 1 times its own, and 0.5 times the one {far} before it (an echo)"
    )
    y = sent.copy()
    for at in range(far, 300):
        y[at] += y[at - far] // 2
    found = samples_cause(sent, y, all_known(sent))
    words = f"0.5 times the one {far} before it as it came out (an echo)" if far < 128 else "are others"
    assert found.told.endswith(words) or far >= 100


def test_no_echo_is_told_of_noise_and_from_too_far() -> None:
    x = noise(700)
    sent = x[400:]
    assert "echo" not in samples_cause(sent, noise(300, seed=3), all_known(sent), x[:400]).told
    far = sent + x[400 - 129 : 700 - 129] // 2
    assert "echo" not in samples_cause(sent, far, all_known(sent), x[:400]).told


def test_a_sum_is_told() -> None:
    x, y = noise(4), noise(4)
    names = [(x, 0), (x, -1), (x, -2), (x, 1), (x, 3), (y, -1), (y, -2)]
    assert _sum_told(np.array([2.0, -0.5, 0.25, 0.125, 3.0, 0.75, 1.0]), names, x) == (
        "2 times its own, -0.5 times the one before it, 0.25 times that 2 before it, 0.125 times the one after it, "
        "3 times that 3 after it, 0.75 times the one before it as it came out, and "
        "1 times that 2 before it as it came out"
    )
    assert _sum_told(np.array([2.0, 0.5]), names[:2], x) == "2 times its own, and 0.5 times the one before it"
    assert _sum_told(np.array([1.0, 0.0049]), names[:2], x) == "1 times its own"
    assert _sum_told(np.array([9.0, 0.0049]), names[:2], x) == "9 times its own"
    assert _sum_told(np.array([9.0, 0.005]), names[:2], x).endswith(", and 0.005 times the one before it")


def test_a_sum_of_small_factors_is_told() -> None:
    words = "0.004 times its own, and 0.003 times the one before it"
    x = noise(4)
    assert _sum_told(np.array([0.004, 0.003]), [(x, 0), (x, -1)], x) == words


def test_what_a_filter_of_what_came_out_is_told_as() -> None:
    x = noise(256)
    y = np.zeros(256)
    for n in range(256):
        y[n] = np.rint(0.5 * x[n] + 0.25 * x[n - 1] + 0.5 * y[n - 1])
    found = filtered(x, y.astype(np.int64), all_known(x))
    assert told(found) == (
        "each sample is about 0.5 times its own, 0.25 times the one before it, and "
        "0.5 times the one before it as it came out"
    )
    assert found is not None
    assert "filters samples" in found.cure


def test_steps_of_one_are_no_filter() -> None:
    x = noise(100)
    seen = x + np.arange(100) % 3 - 1
    assert filtered(x, seen, all_known(x)) is None


# ---- faded


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (100 + np.arange(25), "about 1.00 times what they must be at the column's begin and 1.25 times at its end"),
        (100 + np.arange(24), ""),
        (100 + 2 * np.arange(24), "begin and 1.48 times at its end (faded in)"),
        (100 + 2 * np.arange(23), ""),
        (100 - np.arange(100), "column's begin and 0.00 times at its end (faded out)"),
        (np.arange(100), "about 0.00 times what they must be at the column's begin and 1.00 times at its end"),
    ],
)  # fmt: skip
def test_a_factor_that_changes(seen: Int64, words: str) -> None:
    found = told(faded(np.full(len(seen), 100), seen, all_known(seen)))
    assert words in found
    assert bool(words) == bool(found)


@pytest.mark.parametrize(("begin", "end"), [(-0.004, 1.0), (1.0, -0.004)])
def test_zero_has_no_sign(begin: float, end: float) -> None:
    x = np.full(100, 20000)
    seen = np.rint(x * (begin + (end - begin) * np.arange(100) / 100)).astype(np.int64)
    found = told(faded(x, seen, all_known(x)))
    assert " 0.00 times" in found
    assert "-0.00" not in found


@pytest.mark.parametrize(("steep", "found"), [(0.03, True), (-0.03, True), (0.01, False), (-0.01, False)])
def test_how_steep_a_fade_is(steep: float, found: bool) -> None:
    x = np.full(200, 10000)
    seen = np.rint(x * (1 + steep * np.arange(200) / 200)).astype(np.int64)
    assert bool(faded(x, seen, all_known(x))) == found


@pytest.mark.parametrize(("by", "found"), [(1, True), (2, False)])
def test_a_fade_may_miss_by_a_step(by: int, found: bool) -> None:
    x = np.full(200, 1000)
    seen = 1000 + np.arange(200)
    seen[50::40] += by
    seen[70::40] -= by
    assert bool(faded(x, seen, all_known(x))) == found


def test_what_is_cut_or_not_known_tells_no_fade() -> None:
    x = np.full(200, 30000)
    seen = np.minimum(30000 + 20 * np.arange(200), 32767)
    known = all_known(x)
    known[3], seen[3] = False, 5
    assert "(faded in)" in told(faded(x, seen, known))


# ---- places


def which(wrong: Any, values: Any, sent: Int64) -> str:
    places, seen = np.array(wrong), sent.copy()
    seen[places] = values
    return _exactly(sent, sent, seen, places) or others_told(sent, seen, places)


def test_one_value() -> None:
    x = noise(200)
    assert which([7, 8], 1234, x) == "numbers 7 to 8 come as 1,234"
    assert which([7], 1234, x) == f"1 is another than sent: number 7 is 1,234 instead of {x[7]:,}"


def test_the_one_before() -> None:
    x = noise(200)
    assert which([7, 12], [x[6], x[11]], x) == "numbers 7, 12 come as the one before them"
    assert which([7], [x[6]], x).startswith("1 is another than sent: number 7 is ")
    assert which([0, 5], [x[-1], x[4]], x).startswith("2 are others than those sent: number 0 is ")


@pytest.mark.parametrize("by", [1, -1, 2, -2, 3, -3, 4, -4, 8, -8, 16, -16, 32, -32, 64, -64])
def test_a_part_that_is_read_elsewhere(by: int) -> None:
    x = noise(200)
    places = np.arange(90, 96)
    count = "" if abs(by) == 1 else f"{abs(by)} "
    where, way = ("before it", "early") if by > 0 else ("behind it", "late")
    words = f"numbers 90 to 95 come as the one {count}{where}: that part is read {abs(by)} too {way}"
    assert which(places, x[places - by], x) == words
    assert "too" not in which(places[:5], x[places[:5] - by], x)


@pytest.mark.parametrize("by", [128, 256, 512])
def test_a_part_that_is_old_is_told_from_what_was_streamed(by: int) -> None:
    x = noise(900)
    seen = x[644:].copy()
    seen[64:128] = x[644 + 64 - by : 644 + 128 - by]
    told = samples_cause(x[644:], seen, np.ones(256, np.bool_), x[:644]).told
    assert told == f"of a column samples 64 to 127 are those {by} before them"


def test_what_is_the_same_again_and_again_comes_from_nowhere() -> None:
    again = np.tile(noise(8), 32)
    assert "are others" in which(np.arange(90, 96), again[82:88], np.where(np.arange(256) == 90, 7, again))


@pytest.mark.parametrize("by", [5, -5, 7, 9, 15, 17, 31, 33, 63, 65, -65])
def test_other_distances_are_not_told(by: int) -> None:
    x = noise(200)
    places = np.arange(90, 96)
    assert "are others than those sent, e.g. number 90 is" in which(places, x[places - by], x)


@pytest.mark.parametrize(
    ("first", "by", "found"), [(8, 8, True), (7, 8, False), (186, -8, True), (187, -8, False)]
)
def test_a_part_comes_from_inside_the_column(first: int, by: int, found: bool) -> None:
    x = noise(200)
    places = np.arange(first, first + 6)
    assert ("too" in which(places, x[(places - by) % 200], x)) == found


def test_some_are_told_as_examples() -> None:
    x = np.arange(100) * 10
    three = "number 4 is 41 instead of 40, number 6 is 62 instead of 60, number 9 is 93 instead of 90"
    assert which([4, 6, 9], [41, 62, 93], x) == f"3 are others than those sent: {three}"
    assert which([4, 6, 9, 50], [41, 62, 93, 504], x) == (
        f"numbers 4, 6, 9, 50 are others than those sent, e.g. {three}"
    )

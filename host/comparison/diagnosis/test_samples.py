"""Which other samples give the device's columns is found on a short sound, by the real front end."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from . import sample_ways, samples
from .evidence import Before, Int16
from .fakes_device import sound
from .fakes_front_end import SCALE, SETTINGS, ZERO
from .fakes_views import best, piece_of, replay_of, view_of
from .search import Candidate, View

pytestmark = pytest.mark.native
HOP = 128
N = 5001  # a sample amid the sound, no multiple of anything


@pytest.fixture(scope="module")
def right() -> Int16:
    """A second and a half in which it is never silent."""
    return sound(8000, 1, 6)[20_000:32_000]


def view_on(front_end: FrontEnd, right: Int16, heard: Int16, first: int = 0, name: str = "a.wav") -> View:
    count = SETTINGS.columns(min(len(right), len(heard)))
    expected, device = (front_end.features(x)[:count] for x in (right, heard))
    return view_of(expected, device, samples=right, first=first, name=name)


def from_sample(place: int, change: Callable[[Int16], Int16]) -> Callable[[Int16], Int16]:
    return lambda x: np.concatenate([x[:place], change(x)[place:]])


def found(of: Any, views: list[View]) -> tuple[Candidate, str]:
    candidate = best(of, views)
    assert candidate is not None
    return candidate, candidate.detail(views)


def floor(factor: float) -> Callable[[Int16], Int16]:
    return lambda x: np.clip(np.floor(x.astype(np.float64) * factor), -32768, 32767).astype(np.int16)


def by_number(change: Callable[[Any], Any]) -> Callable[[Int16], Int16]:
    """What a change gives, wrapped around as int16 is."""
    return lambda x: ((change(x.astype(np.int64)) + 32768) % 65536 - 32768).astype(np.int16)


CHANGES: dict[str, tuple[Callable[[Int16], Int16], str]] = {
    "bytes exchanged": (by_number(lambda x: x // 256 % 256 + x % 256 * 256), "two bytes exchanged"),
    "unsigned": (by_number(lambda x: x + 32768), "top bit inverted"),
    "pairs exchanged": (lambda x: np.stack([x[1::2], x[::2]], axis=1).ravel(), "exchanged pairs"),
    "silence": (lambda x: 0 * x, "all 0"),
    **{
        f"gain ×{k:g}": (floor(k), f"amplified by {k:g} (saturated)")
        for k in (2, 4, 8, 16, 1.5, 3, 10)
    },
    **{
        f"gain ×{2**k}, wrapped": (by_number(lambda x, k=2**k: x * k), f"left by {k} and wrap")  # type: ignore[misc]
        for k in (1, 2, 3, 4)
    },
    **{f"gain ×{k:g}": (floor(k), f"attenuated to {k:g}") for k in (0.5, 0.25, 0.125, 0.0625, 0.75, 0.1)},
    **{
        f"{k} low bits lost": (by_number(lambda x, k=2**k: x // k * k), f"{k} low bit")  # type: ignore[misc]
        for k in (8, 2, 3, 4, 5, 6, 7)
    },
}  # fmt: skip


LEVELS: dict[str, list[int]] = {  # what [5, -32768, 7, 32767, 32767] becomes
    "doubled": [5, 5, 7, 7, 32767],
    "32767 lost": [5, -32768, 7, 7, 7],
    "-32768 lost": [5, 5, 7, 32767, 32767],
    "32767 as 0": [5, -32768, 7, 0, 0],
    "-32768 as 0": [5, 0, 7, 32767, 32767],
    "32767 as -32768": [5, -32768, 7, -32768, -32768],
    "-32768 as 32767": [5, 32767, 7, 32767, 32767],
}


@pytest.mark.parametrize("name", LEVELS)
def test_samples_of_one_level_are_replaced(name: str) -> None:
    table = {each: change for each, _, _, change in samples._CHANGES}
    np.testing.assert_array_equal(table[name](np.array([5, -32768, 7, 32767, 32767], np.int16)), LEVELS[name])


NEWER: dict[str, list[int]] = {  # what [5, -6, 7, 260, -1] becomes
    "complemented": [-6, 5, -8, -261, 0],
    "sign and magnitude": [5, -32762, 7, 260, -32767],
    "gain ×3, wrapped": [15, -18, 21, 780, -3],
    "gain ×10, wrapped": [50, -60, 70, 2600, -10],
    "every second sample 0, from 1": [5, 0, 7, 0, -1],
    "every second sample 0, from 0": [0, -6, 0, 260, 0],
    "bytes moved by 1": [-1536, 2047, 1024, -255, 255],
    "bytes moved by -1": [1280, -1536, 2047, 1024, -255],
    "magnitudes": [5, 6, 7, 260, 1],
    "negative ones lost": [5, 0, 7, 260, 0],
    "positive ones lost": [0, -6, 0, 0, -1],
    "differences": [5, -11, 13, 253, -261],
    "mean of 2 samples, wrapped": [2, 0, 0, 133, 129],
    "mean of 3 samples, wrapped": [1, 0, 2, 87, 88],
    "mean of 4 samples, wrapped": [1, 0, 1, 66, 65],
    "mean of 2 samples": [2, 0, 0, 133, 129],
    "mean of 3 samples": [1, 0, 2, 87, 88],
    "mean of 4 samples": [1, 0, 1, 66, 65],
}


@pytest.mark.parametrize("name", NEWER)
def test_samples_with_those_around_them(name: str) -> None:
    table = {each: change for each, _, _, change in samples._CHANGES}
    assert table[name](np.array([5, -6, 7, 260, -1], np.int16)).tolist() == NEWER[name]


def test_ways_by_pieces_begin_anew_and_each_piece_has_its_edge() -> None:
    ways = {way.cause: way.change for way in sample_ways.BY_PIECES}
    x = np.arange(1, 131).astype(np.int16)
    x[64] = x[65] = 32767
    assert ways["32767 lost, by 64"](x)[62:68].tolist() == [63, 64, 32767, 32767, 67, 68]
    assert ways["first of 64 0"](x)[[0, 64, 128]].tolist() == [0, 0, 0]
    assert ways["last of 64 held"](x)[[63, 127]].tolist() == [63, 127]
    assert ways["first of 64 held"](x)[[0, 64, 128]].tolist() == [0, 64, 128]
    assert ways["4 backwards"](x[:6]).tolist() == [4, 3, 2, 1, 5, 6]


@pytest.mark.parametrize("count", [64, 128, 256, 512])
def test_means_are_taken_off_piece_by_piece(count: int) -> None:
    change = {name: change for name, _, _, change in samples._CHANGES}[f"mean of {count} off"]
    low, high = np.full(count, -3, np.int16), np.full(count, 32767, np.int16)
    low[0], high[0] = -5, -32768  # means that are no whole numbers go towards 0
    came = change(np.concatenate([low, high, low[:-1]]))
    mean = (32767 * (count - 1) - 32768) // count
    assert came[0] == -2 and set(came[1:count]) == {0}
    assert came[count] == -32768 and set(came[count + 1 : 2 * count]) == {32767 - mean}
    np.testing.assert_array_equal(came[2 * count :], low[:-1])


@pytest.mark.parametrize("name", CHANGES)
def test_samples_changed_one_by_one(front_end: FrontEnd, right: Int16, name: str) -> None:
    change, words = CHANGES[name]
    loud = np.clip(right * 2.0, -32768, 32767).astype(np.int16) if "wrapped" in name else right
    view = view_on(front_end, loud, change(loud))
    candidate = next(each for each in samples.reread(front_end, SCALE)([view]) if each.cause == name)
    assert words in candidate.explanation
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)
    assert candidate.detail([view]) == ""


def test_the_table_of_changes_gives_each_sample_what_its_words_say() -> None:
    x = np.array([-32768, -32767, -3, -1, 0, 1, 2, 255, 256, 32767, 77], np.int16)
    table = {name: change for name, _, _, change in samples._CHANGES}
    means = {f"mean of {count} off" for count in (64, 128, 256, 512)}
    plain = {way.cause for way in sample_ways.PLAIN} - {*NEWER, "median of 3 samples", "median of 5 samples"}
    assert plain == {*CHANGES, *LEVELS, *means, "negated", "1 low bits lost"}
    np.testing.assert_array_equal(
        table["negated"](x), [32767, 32767, 3, 1, 0, -1, -2, -255, -256, -32767, -77]
    )
    np.testing.assert_array_equal(table["1 low bits lost"](x), x // 2 * 2)
    np.testing.assert_array_equal(
        table["pairs exchanged"](x), [-32767, -32768, -1, -3, 1, 0, 255, 2, 32767, 256, 77]
    )
    for name, (change, _) in CHANGES.items():
        if name != "pairs exchanged":
            np.testing.assert_array_equal(table[name](x), change(x), name)
    told = {name: words for name, words, _, _ in samples._CHANGES}
    assert told["1 low bits lost"].endswith("1 low bit") and told["2 low bits lost"].endswith("2 low bits")


def test_from_where_on_samples_were_changed_is_told(front_end: FrontEnd, right: Int16) -> None:
    heard = from_sample(N, floor(2))(right)
    view = view_on(front_end, right, heard)
    candidate, detail = found(samples.reread(front_end, SCALE), [view])
    assert (candidate.cause, detail) == ("gain ×2", f"from sample {N:,} on")
    later = view_on(front_end, right, heard, first=10, name="b.wav")
    assert found(samples.reread(front_end, SCALE), [later])[1] == f"from sample {N + 10 * HOP:,} on"
    assert found(samples.reread(front_end, SCALE), [view, later])[1] == f"from sample {N:,} of a.wav on"
    alike = replace(view, file=replace(view.file, name="c.wav"))
    assert found(samples.reread(front_end, SCALE), [view, alike])[1] == f"from sample {N:,} on"
    candidate.replay(view_on(front_end, right, floor(2)(right)))
    assert candidate.detail([view]) == ""  # what was found before is not said of what was found now
    whole = view_on(front_end, right, floor(2)(right), name="d.wav")
    assert found(samples.reread(front_end, SCALE), [whole, view])[1] == f"from sample {N:,} on"


@pytest.mark.parametrize("place", [5120, 5119, 5121, 5247, 5183, 257, 11_000])
@pytest.mark.parametrize("factor", [2, 0.5])
def test_the_very_sample_is_found(front_end: FrontEnd, right: Int16, place: int, factor: float) -> None:
    view = view_on(front_end, right, from_sample(place, floor(factor))(right))
    candidate, detail = found(samples.reread(front_end, SCALE), [view])
    assert (candidate.cause, detail) == (f"gain ×{factor:g}", f"from sample {place:,} on")
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)


def test_a_change_that_begins_in_silence_is_found_where_it_is_heard_first(
    front_end: FrontEnd, right: Int16
) -> None:
    """Columns of silence between those that differ do not end the search for its beginning."""
    quiet = right.copy()
    quiet[4600:5300] = 0
    quiet[5400:6100] = 0
    view = view_on(front_end, quiet, from_sample(4300, floor(2))(quiet))
    candidate, detail = found(samples.reread(front_end, SCALE), [view])
    assert (candidate.cause, detail) == ("gain ×2", "from sample 4,300 on")


def test_a_short_sound_is_searched_as_far_as_it_goes(front_end: FrontEnd, right: Int16) -> None:
    short = right[:2900]
    view = view_on(front_end, short, repeated(short, 600, 7))
    candidate, _ = found(samples.lost_or_repeated(front_end), [view])
    assert candidate.cause == "7 samples repeated"


@pytest.mark.parametrize(
    ("gain", "how", "ways"),
    [
        (1.26, "rounded", np.rint),
        (0.83, "rounded down", np.floor),
        (0.9, "truncated", np.trunc),
        (0.04, "rounded", np.rint),
        (6.0, "rounded down", np.floor),
    ],
)
def test_any_gain_is_read_from_the_columns(
    front_end: FrontEnd, right: Int16, gain: float, how: str, ways: Callable[[Any], Any]
) -> None:
    quiet = (right // (16 if gain > 5 else 1)).astype(np.int16)
    heard = np.clip(ways(quiet * gain), -32768, 32767).astype(np.int16)
    view = view_on(front_end, quiet, heard)
    candidate, _ = found(samples.reread(front_end, SCALE), [view])
    assert candidate.cause == f"gain ×{gain:g}"
    assert candidate.explanation == f"samples are amplified by {gain:g} ({how}, saturated)"
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)


def test_columns_that_are_right_or_at_an_end_tell_no_gain(front_end: FrontEnd, right: Int16) -> None:
    steps = SETTINGS.features_per_unit / SCALE
    view = view_on(front_end, right, right)
    assert samples._guessed_gains(front_end, steps, view) == []
    rails = replace(view, device=np.full_like(view.expected, 127))
    assert samples._guessed_gains(front_end, steps, rails) == []


# ---- clipped


@pytest.mark.parametrize("level", [5000, 3333, 4095, 4096, 255])
def test_a_level_that_samples_are_clipped_at(front_end: FrontEnd, right: Int16, level: int) -> None:
    loud = (right if level > 300 else right // 16).astype(np.int16)
    view = view_on(front_end, loud, np.clip(loud, -level, level))
    candidate, detail = found(samples.clipped(front_end), [view])
    assert detail == "" and abs(int(candidate.cause.removeprefix("clipped at ")) - level) <= (level % 2)
    assert candidate.explanation.startswith(f"samples are clipped at ±{level:,}"[:-1])
    replayed = candidate.replay(view)
    assert replayed is not None and np.mean(replayed == view.device) > (0.98 if level % 2 else 1 - 1e-9)


def test_silence_cannot_be_clipped(front_end: FrontEnd, right: Int16) -> None:
    view = view_on(front_end, right, right)
    assert not list(samples.clipped(front_end)([view]))
    silent = np.zeros_like(right)
    assert not list(samples.clipped(front_end)([view_on(front_end, silent, right)]))


def test_the_loudest_sample_is_no_level_beyond_int16(front_end: FrontEnd, right: Int16) -> None:
    loud = right.copy()
    loud[::50] = -32768
    view = view_on(front_end, loud, np.clip(loud, -32767, 32767))
    levels = samples._levels(front_end, replace(view, device=view.expected ^ np.int8(1)))
    assert max(levels) <= 32767


# ---- lost and repeated


def lost(x: Int16, place: int, count: int) -> Int16:
    return np.concatenate([x[:place], x[place + count :], x[len(x) - count :]])


def repeated(x: Int16, place: int, count: int) -> Int16:
    return np.concatenate([x[:place], x[place - count : len(x) - count]])


@pytest.mark.parametrize(
    ("change", "count", "cause", "told"),
    [
        (lost, 1, "1 sample lost", "1 sample lost and all that follows right"),
        (lost, 300, "300 samples lost", "300 samples lost and all that follows right"),
        (lost, 2048, "2048 samples lost", "2048 samples lost"),
        (
            repeated,
            1,
            "1 sample repeated",
            "1 sample too many, repeated or inserted, and all that follows right",
        ),
        (repeated, 512, "512 samples repeated", "512 samples too many"),
        (repeated, 2048, "2048 samples repeated", "2048 samples too many"),
    ],
)
def test_samples_lost_or_repeated(
    front_end: FrontEnd, right: Int16, change: Any, count: int, cause: str, told: str
) -> None:
    view = view_on(front_end, right, change(right, N, count))
    candidate, detail = found(samples.lost_or_repeated(front_end), [view])
    assert candidate.cause == cause and candidate.explanation.startswith(told)
    assert detail.startswith("from sample ") and detail.endswith(" on")
    # what is lost may be told a few samples beside its place where these are alike
    assert abs(int(detail.split()[2].replace(",", "")) - N) < 3
    replayed = candidate.replay(view)
    assert replayed is not None and np.mean(replayed == view.device) > 0.99


def test_samples_that_are_too_many_at_the_very_beginning(front_end: FrontEnd, right: Int16) -> None:
    heard = np.concatenate([np.zeros(77, np.int16), right[:-77]])
    view = view_on(front_end, right, heard)
    candidate, detail = found(samples.lost_or_repeated(front_end), [view])
    assert (candidate.cause, detail) == ("77 samples repeated", "")
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)


@pytest.mark.parametrize("emphasis", [0.0, 0.97])
def test_a_sample_too_many_may_be_a_window_that_begins_on_the_one_before(
    right: Int16, emphasis: float
) -> None:
    emphatic = FrontEnd(replace(SETTINGS, pre_emphasis=emphasis), SCALE, ZERO)
    view = view_on(emphatic, right, np.concatenate([right[:1], right[:-1]]))
    candidate, _ = found(samples.lost_or_repeated(emphatic), [view])
    assert candidate.cause == "1 sample repeated"
    assert ("window begins a sample early" in candidate.explanation) == (emphasis != 0)
    assert ("samples + 1" in candidate.cure) == (emphasis != 0)


def test_what_is_farther_than_is_looked_for_or_short_is_not_told(front_end: FrontEnd, right: Int16) -> None:
    for change in (lost, repeated):
        view = view_on(front_end, right, change(right, N, 2049))
        assert not list(samples.lost_or_repeated(front_end)([view]))
    view = view_on(front_end, right, lost(right, N, 5))
    two = view.expected.copy()
    two[40:42] = view.device[40:42]
    assert not list(samples.lost_or_repeated(front_end)([replace(view, device=two)]))
    two[42] = view.device[42]
    assert list(samples.lost_or_repeated(front_end)([replace(view, device=two)]))


# ---- what is left of the file before


def with_before(view: View, kept: Int16, samples_before: int) -> View:
    piece = piece_of(np.empty((0, 16), np.int8), np.empty((0, 16), np.int8), samples=kept)
    return replace(view, file=replace(view.file, before=Before("b.wav", samples_before, piece, None)))


def test_a_front_end_that_still_holds_the_file_before(front_end: FrontEnd, right: Int16) -> None:
    earlier = sound(8000, 3, 1)[: 31 * HOP + 57]
    held = len(earlier) - SETTINGS.columns(len(earlier)) * HOP
    heard = np.concatenate([earlier[len(earlier) - held :], right])
    view = with_before(view_on(front_end, right, heard), earlier[1000:], len(earlier))
    candidate, detail = found(samples.not_reset(front_end), [view])
    assert (candidate.cause, detail) == ("front end not reset", "185 samples")
    assert "(the last ones of the file before)" in candidate.explanation
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)
    assert candidate.replay(replace(view, first=1)) is None
    assert candidate.replay(view_on(front_end, right, heard)) is None
    assert candidate.replay(with_before(view, earlier[len(earlier) - held + 1 :], len(earlier))) is None
    whole = replay_of(candidate, with_before(view, earlier[len(earlier) - held :], len(earlier)))
    np.testing.assert_array_equal(whole, view.device)
    short = replace(view.file, piece=replace(view.file.piece, samples=right[:300]))
    assert candidate.replay(replace(view, file=short)) is None


def test_as_many_samples_of_0_as_it_held(front_end: FrontEnd, right: Int16) -> None:
    """What it held is cleared, and not counted anew."""
    views = []
    for more in (57, 20):
        earlier = sound(8000, 3, 1)[: 31 * HOP + more]
        held = len(earlier) - SETTINGS.columns(len(earlier)) * HOP
        view = view_on(front_end, right, np.concatenate([np.zeros(held, np.int16), right]))
        views.append(with_before(view, earlier, len(earlier)))
    candidate, detail = found(samples.not_reset(front_end), views)
    assert (candidate.cause, detail) == ("front end not reset, its samples 0", "148 to 185 samples")
    assert "(as many as it held, but all 0)" in candidate.explanation
    earlier = sound(8000, 3, 1)[: 31 * HOP + 90]
    still = with_before(view_on(front_end, right, right), earlier, len(earlier))
    assert candidate.detail([*views, still]) == detail, "a right one says nothing"
    for view in views:
        np.testing.assert_array_equal(replay_of(candidate, view), view.device)
    first = view_on(front_end, right, np.concatenate([np.zeros(148, np.int16), right]))
    told = [each.cause for each in samples.not_reset(front_end)([*views, first])]
    assert told == ["front end not reset"], "nothing came before that one"


def test_noise_is_not_explained(front_end: FrontEnd, right: Int16) -> None:
    view = view_on(front_end, right, right)
    step = np.random.default_rng(4).integers(-9, 10, view.expected.shape)
    noisy = replace(view, device=(view.expected + step).clip(-128, 127).astype(np.int8))
    for of in (
        samples.reread(front_end, SCALE),
        samples.clipped(front_end),
        samples.lost_or_repeated(front_end),
        samples.not_reset(front_end),
    ):
        assert best(of, [noisy]) is None

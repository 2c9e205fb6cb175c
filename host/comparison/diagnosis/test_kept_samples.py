"""Samples that the front end keeps wrongly from column to column are told by their number."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from ...frontend.log_mel.settings import LogMelSettings
from .evidence import Int16
from .kept_samples import kept_samples
from .search import Int8, View

pytestmark = pytest.mark.native
SETTINGS = LogMelSettings(8000, 256, 128, 256, 16, 100.0, 4000.0, -80.0)
OVERLAPPING = replace(SETTINGS, hop=96)


def front_end(settings: LogMelSettings = SETTINGS) -> FrontEnd:
    return FrontEnd(settings, 0.5, -20)


def sound(columns: int = 20) -> Int16:
    count = SETTINGS.samples_for(columns)
    return np.random.default_rng(5).normal(0, 3000, count).astype(np.int16)


def buffered(of: FrontEnd, samples: Int16, copied: int = 0, begin: int = 0, filled: int = 0) -> Int8:
    """Columns of a buffer that is filled sample by sample, each number off by so much."""
    span, hop = of.settings.span, of.settings.hop
    buffer, count, columns = [0] * (span + 99), 0, []
    for sample in samples.tolist():
        buffer[count] = sample
        count += 1
        if count == span:
            columns.append(of.features(np.array(buffer[:span], np.int16))[0])
            kept = span - hop
            for place in range(kept + copied):
                buffer[place] = buffer[hop + begin + place]
            count = max(0, kept + filled)
    return np.array(columns)


def view(of: FrontEnd, samples: Int16, device: Int8, first: int = 0) -> View:
    right = of.features(samples)
    rows = min(len(right), len(device))
    file: Any = SimpleNamespace(piece=SimpleNamespace(samples=samples), name="a.wav")
    sent, present = right.copy(), np.arange(len(right)) < rows
    sent[:rows] = device[:rows]
    return View(file, first, right, sent, present, right[:0], 0)


def told(off: dict[str, int], settings: LogMelSettings = SETTINGS) -> list[str]:
    of, samples = front_end(settings), sound()
    seen = view(of, samples, buffered(of, samples, **off))
    found = []
    for candidate in kept_samples(of)([seen]):
        replayed = candidate.replay(seen)
        assert replayed is not None and np.array_equal(replayed[seen.present], seen.device[seen.present])
        found.append(candidate.explanation)
    return found


@pytest.mark.parametrize(
    ("off", "words"),
    [
        ({"copied": -1}, "the last one sample is not copied: at place 127 of each column"),
        (
            {"copied": -2},
            "the last 2 samples are not copied: at places 126 to 127 of each column lies what lay there",
        ),
        ({"copied": -64}, "the last 64 samples are not copied: at places 64 to 127"),
        ({"begin": 2}, ""),
        ({"begin": -3}, "the samples that are kept for the next column are copied from 3 too early"),
        (
            {"filled": -2},
            "126 samples count as kept for the next column instead of 128: new ones are put over",
        ),
        ({"filled": 16}, "16 samples are counted as kept"),
        ({"filled": 17}, ""),
        ({"filled": 1}, "one sample is counted as kept for the next column beyond the 128 that are"),
        ({"filled": 4}, "4 samples are counted as kept for the next column beyond the 128 that are"),
    ],
)
def test_how_many_are_kept_wrongly_is_told(off: dict[str, int], words: str) -> None:
    found = told(off)
    assert len(found) == bool(words) and all(words in each for each in found), found


def test_where_none_is_copied_that_is_told_first() -> None:
    """The first of a column's samples weighs nearly nothing, so that it may seem to be copied."""
    of, samples = front_end(), sound()
    seen = view(of, samples, buffered(of, samples, copied=-128))
    first = next(kept_samples(of)([seen]))
    replayed = first.replay(seen)
    assert replayed is not None and np.array_equal(replayed[seen.present], seen.device[seen.present])
    assert first.explanation == (
        "none of the 128 samples that are kept for the next column is copied: at places 0 to 127 of each column lies "
        "what lay there in the stream's first one"
    )


def test_of_columns_that_share_more_so_too() -> None:
    (found,) = told({"copied": -5}, OVERLAPPING)
    assert "of the 160 samples that are kept" in found and "at places 155 to 159" in found


def test_nothing_is_said_where_it_is_not_so() -> None:
    of, samples = front_end(), sound()
    right = of.features(samples)
    assert not list(kept_samples(of)([view(of, samples, right)]))
    other = np.roll(right, 1, axis=0)
    assert not list(kept_samples(of)([view(of, samples, other)]))
    wrong = buffered(of, samples, copied=-2)
    late = view(of, samples, wrong, first=7)
    assert not list(kept_samples(of)([late]))
    (candidate,) = kept_samples(of)([view(of, samples, wrong), late])
    assert candidate.replay(late) is None
    apart = front_end(replace(SETTINGS, hop=256))
    assert not list(kept_samples(apart)([view(apart, samples, apart.features(samples[9:]))]))


def some_rows(rows: list[int]) -> list[str]:
    """What is told where these rows alone are wrong."""
    of, samples = front_end(), sound(70)
    right, wrong = of.features(samples), buffered(of, samples, copied=-2)
    right[rows] = wrong[rows]
    return [candidate.explanation for candidate in kept_samples(of)([view(of, samples, right)])]


@pytest.mark.parametrize(("rows", "found"), [([3, 5], 1), ([3], 0), ([62, 63], 1), ([63, 64], 0)])
def test_two_wrong_columns_within_a_second_are_enough(rows: list[int], found: int) -> None:
    assert len(some_rows(rows)) == found


def test_of_few_that_are_kept_at_most_all_are_missing() -> None:
    (found,) = told({"filled": -6}, replace(SETTINGS, hop=250))  # no fewer than none
    assert "0 samples count as kept for the next column instead of 6" in found
    assert not told({"filled": 2}, replace(SETTINGS, hop=256))  # nothing is kept


def test_a_column_that_needs_a_sample_more_than_there_are_stays() -> None:
    of, samples = front_end(), sound()[:905]  # columns are 130 apart: the sixth ends with sample 905
    seen = view(of, samples, buffered(of, samples, filled=-2))
    (candidate,) = kept_samples(of)([seen])
    replayed = candidate.replay(seen)
    assert replayed is not None and len(replayed) == 6
    assert np.array_equal(replayed[:5], seen.device[:5]) and np.array_equal(replayed[5], seen.expected[5])


def test_a_front_end_that_remembers_more_than_samples_is_not_asked() -> None:
    of, samples = front_end(), sound()
    seen = view(of, samples, buffered(of, samples, copied=-2))
    assert not list(kept_samples(of)([replace(seen, expected=seen.expected + np.int8(1))]))


def test_none_are_copied_from_before_the_buffer() -> None:
    """Copied from as many before as a hop has, they stay where they are: none is copied, which is told, too."""
    found = told({"begin": -3}, replace(SETTINGS, hop=3))
    assert found[0].startswith("none of the 253 samples")
    assert [each for each in found if "too early" in each] == [
        "the samples that are kept for the next column are copied from 3 too early"
    ]

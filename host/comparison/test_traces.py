"""What is kept for pictures: the beginning, and the neighbourhood of the first difference behind it."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from .traces import Traces

BANDS = 4
PICTURED_COLUMNS = PICTURED_WINDOWS = 2000  # as many as a picture can show
AROUND, HEARD_SAMPLES = 64, 160_000


def _columns(first: int, count: int) -> NDArray[Any]:
    return np.repeat((np.arange(first, first + count) % 256 - 128).astype(np.int8)[:, None], BANDS, axis=1)


def _fed(total: int, piece: int, wrong: int | None) -> Traces:
    traces = Traces()
    for first in range(0, total, piece):
        host = _columns(first, min(piece, total - first))
        device = host.copy()
        if wrong is not None and first <= wrong < first + len(host):
            device[wrong - first, 1] ^= 1
        traces.add_columns(host, device)
    return traces


@pytest.mark.parametrize("piece", [1, 7, 25, 900, 5000])
def test_the_beginning_is_kept_and_no_more(piece: int) -> None:
    beginning = _fed(PICTURED_COLUMNS + 3000, piece, None).beginning
    np.testing.assert_array_equal(beginning.host, _columns(0, PICTURED_COLUMNS))
    np.testing.assert_array_equal(beginning.device, beginning.host)


@pytest.mark.parametrize("piece", [1, 7, 25, 900, 5000])
@pytest.mark.parametrize("behind", [-PICTURED_COLUMNS, -1970, 0, 5, 1000, 2999])
def test_the_first_difference_is_kept_with_its_surroundings(piece: int, behind: int) -> None:
    wrong = PICTURED_COLUMNS + behind
    snippet = _fed(PICTURED_COLUMNS + 3000, piece, wrong).difference
    assert snippet is not None
    assert snippet.first_column <= wrong < snippet.first_column + len(snippet.host)
    assert len(snippet.host) == min(AROUND, wrong) + min(
        2 * AROUND - min(AROUND, wrong), PICTURED_COLUMNS + 3000 - wrong
    )
    np.testing.assert_array_equal(snippet.host, _columns(snippet.first_column, len(snippet.host)))
    assert np.argwhere(snippet.host != snippet.device).tolist() == [[wrong - snippet.first_column, 1]]


def test_a_difference_within_the_beginning_is_shown_there_too() -> None:
    traces = _fed(PICTURED_COLUMNS + 3000, 100, 12)
    assert traces.first_difference == 12
    assert traces.difference is not None
    assert traces.difference.first_column == 0
    assert np.argwhere(traces.beginning.host != traces.beginning.device).tolist() == [[12, 1]]


def test_scores_are_bounded() -> None:
    traces = Traces()
    for _ in range(PICTURED_WINDOWS):
        traces.add_scores(np.zeros((3, 2), np.int8), np.ones((3, 2), np.int8))
    assert traces.host_scores.shape == (PICTURED_WINDOWS, 2)
    assert traces.device_scores.min() == 1


def test_nothing_kept_is_empty() -> None:
    assert Traces().beginning.host.shape == (0, 0) and Traces().beginning.first_column == 0
    assert Traces().difference is None


def test_equal_columns_are_kept_once() -> None:
    traces = _fed(100, 10, None)
    assert all(
        host is device for host, device in zip(traces._beginning.host, traces._beginning.device, strict=True)
    )


def test_dropped_pictures_leave_the_place_of_the_difference() -> None:
    traces = _fed(3000, 100, 2500)
    traces.drop()
    assert traces.dropped
    assert traces.first_difference == 2500
    assert (traces.beginning.host.size, traces.host_scores.size, traces.difference) == (0, 0, None)


def test_the_first_samples_are_heard_and_no_more() -> None:
    traces = Traces()
    assert traces.sound.size == 0
    traces.add_sound(None)
    sound = np.arange(HEARD_SAMPLES + 5000, dtype=np.int64).astype(np.int16)
    for first in range(0, len(sound), 3333):
        traces.add_sound(sound[first : first + 3333])
    np.testing.assert_array_equal(traces.sound, sound[:HEARD_SAMPLES])
    assert sum(map(len, traces._sound)) == HEARD_SAMPLES and all(map(len, traces._sound))
    traces.drop()
    traces.add_sound(sound)
    assert traces.sound.size == 0
    traces = Traces()
    for part in (sound[: HEARD_SAMPLES - 1], sound[HEARD_SAMPLES - 1 :]):  # room for one more
        traces.add_sound(part)
    assert len(traces.sound) == HEARD_SAMPLES


def test_an_empty_piece_is_none() -> None:
    traces = Traces()
    for _ in range(3):
        traces.add_columns(_columns(0, 0), _columns(0, 0))
        traces.add_scores(np.zeros((0, 2), np.int8), np.zeros((0, 2), np.int8))
    traces.add_columns(_columns(0, 1), _columns(0, 1))
    traces.add_columns(_columns(1, 0), _columns(1, 0))
    assert traces.beginning.host.shape == (1, BANDS)
    assert (len(traces._beginning.host), len(traces._scores.host)) == (1, 0)


@pytest.mark.parametrize("piece", [1, 8, 32, 64, 100])
def test_what_came_before_a_difference_is_remembered_no_longer_than_needed(piece: int) -> None:
    traces = _fed(3200, piece, None)
    kept = sum(map(len, traces._recent))
    assert AROUND <= kept < 2 * AROUND and kept - len(traces._recent[0]) < AROUND
    wrong = _columns(0, 1)
    traces.add_columns(wrong, wrong + 1)
    assert traces._recent == [], "of thousands of files none may keep it"
    assert traces.difference is not None and traces.difference.first_column == 3200 - AROUND
    traces = _fed(300, piece, None)
    traces.drop()
    assert traces._recent == []

"""Cells of a model's input that are others: what they are, in words, and what they make of all windows."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...bundle.model_info import TensorInfo
from . import rings
from .fakes_views import file_of, piece_of
from .input_cells import _scaled, _ways, cells_told, traced_cells
from .inputs import Model
from .placed_columns import Placing, written
from .search import Candidate, Int8, View
from .test_inputs import bundle, model_of

__all__ = ["bundle"]
WINDOWS = 12
RIGHT = np.arange(40).reshape(10, 4) * 3
BEFORE = RIGHT + 100


def other(places: object, values: object) -> np.ndarray:  # type: ignore[type-arg]
    given = RIGHT.ravel().copy()
    given[places] = values
    return given


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (other(slice(30, None), BEFORE.ravel()[30:]), "cells 30 to 39, its last ones, of it: they are still those of "
         "the window before"),
        (other(slice(5, 10), 7), "cells 5 to 9 of it: all 7"),
        (other(slice(8, 20), RIGHT.ravel()[4:16]), "cells 8 to 19 of it: they are those 1 column before them"),
        (other(slice(8, 20), RIGHT.ravel()[9:21]), "cells 8 to 19 of it: they are those 1 cell behind them"),
        (other(slice(1, 5), RIGHT.ravel()[:4]), "cells 1 to 4 of it: they are those 1 cell before them"),
        (other(slice(8, 20), RIGHT.ravel()[6:18]), "cells 8 to 19 of it: they are those 2 cells before them"),
        (other(slice(8, 20), RIGHT.ravel()[16:28]), "cells 8 to 19 of it: they are those 2 columns behind them"),
        (other(slice(8, 20), RIGHT.ravel()[20:32]), "cells 8 to 19 of it: they are those 3 columns behind them"),
        (other(slice(8, 12), 7), "cells 8 to 11 of it: all 7"),
        (other(np.array([5, 7, 9, 12]), 7), "cells 5 to 12 of it: all 7"),
        (other(np.array([5, 6, 9, 13]), 7), "cells 5, 6, 9, 13 of it: all 7"),
        (other(slice(8, 20), RIGHT.ravel()[8:20] + 5), "cells 8 to 19 of it: off by +5"),
        (other(slice(3, 4), 0), "cell 3 of it: 0"),
        (other(slice(37, 40), (-9, -50, 9)), "cells 37 to 39 of it, the last 3 of 40 alone: what writes them ends "
         "too early"),
        (RIGHT.ravel() * 7 // 8, "cells 1 to 39, its last ones, of it: what they must be times 0.875 (such as "
         "7/8; rounded down)"),
        (RIGHT.ravel() + np.arange(40) % 3 + 1, "cells all over it (40 of 40) of it"),
    ],
)  # fmt: skip
def test_what_cells_are_is_told(given: np.ndarray, words: str) -> None:  # type: ignore[type-arg]
    assert cells_told(RIGHT, given, 4, BEFORE) == words


def test_four_cells_of_one_value_are_no_column_from_elsewhere() -> None:
    right = RIGHT.copy()
    right[5] = 7
    given = right.ravel().copy()
    given[8:12] = 7
    assert cells_told(right, given, 4) == "cells 8 to 11 of it: all 7"


def test_cells_three_away_are_told_and_four_are_not() -> None:
    values = np.random.default_rng(7).permutation(100)[:40]
    for by, told in ((3, True), (4, False)):
        given = values.copy()
        given[10:20] = values[10 - by : 20 - by]
        assert (f"they are those {by} cells before them" in cells_told(values, given, 40)) is told


def test_two_columns_exchanged_and_more() -> None:
    two = "column 2 is column 3, column 3 is column 2"
    assert cells_told(RIGHT, RIGHT[[0, 1, 3, 2, *range(4, 10)]], 4).endswith(two)
    four = cells_told(RIGHT, RIGHT[[0, 1, 3, 2, 9, 7, *range(6, 10)]], 4)
    assert four.endswith(f"{two}, column 4 is column 9")
    alike = np.tile(RIGHT[:5], (2, 1))
    told = cells_told(alike, alike[[0, 1, 2, 3, 4, 5, 7, 6, 8, 9]], 4)
    assert told.endswith("column 6 is column 7, column 7 is column 6"), "the nearest of those that are alike"


@pytest.mark.parametrize(
    ("wrong", "values", "begins", "tried"),
    [
        ([5, 6, 7], [9, 8, 7], {8: [5, 4, 3, 2], 20: [5, 4, 3, 2]}, [9, 0, -128]),
        ([1, 19], [127, 4], {20: [1, 0]}, [127, 0, -128]),
        ([0, 18], [128, 4], {19: [0], 20: [0]}, [0, -128]),
        ([3], [-128], {4: [3, 2, 1, 0], 20: [3, 2, 1, 0]}, [-128, 0]),
        ([3], [-129], {4: [3, 2, 1, 0], 20: [3, 2, 1, 0]}, [0, -128]),
    ],
)
def test_which_stretches_and_values_are_tried(
    wrong: list[int], values: list[int], begins: dict[int, list[int]], tried: list[int]
) -> None:
    given = np.full(20, 50)
    given[wrong] = values
    names = [name for name, *_ in _ways(np.array(wrong), 20, given)]
    expected = []
    for end, places in begins.items():
        for begin in places:
            where = f"cells {begin} to {end - 1}" if end < 20 else f"the last {20 - begin} cells"
            # that all of them are 0 or -128 is what `inputs.constant` says
            some = [value for value in tried if end - begin < 20 or value not in (0, -128)]
            expected += [f"{where} of the model's input {what}" for what in ("stale", *some)]
    assert names == expected


def test_of_all_cells_some_values_are_tried_elsewhere() -> None:
    given = np.full(20, 127)
    for constant, told in (((0, -128), True), ((0, -128, 127), False)):
        names = [name for name, *_ in _ways(np.arange(20), 20, given, constant)]
        assert ("the last 20 cells of the model's input 127" in names) is told


def test_scaled_cells_end_at_the_ends_of_a_cell() -> None:
    right = np.arange(-60, 60)
    ((_, _, _, change),) = _scaled(TensorInfo(0.5, -20, (6,)), right, right * 2)
    windows = np.array([[-100, -64, 3, 63, 64, 100]], np.int8)
    assert change(windows, np.zeros(1, np.int64)).tolist() == [[-128, -128, 6, 126, 127, 127]]


def test_scaled_values_of_16_bits_end_at_theirs() -> None:
    """The factor is that of the tensor, whose zero point is taken off already."""
    info = TensorInfo(0.5, 127, (6,), type="int16")
    right = np.arange(-60, 60) * 128
    ((_, told, _, change),) = _scaled(info, right, right * 127 // 128)
    assert "what they must be times 0.992" in told
    windows = np.array([[-128, -64, 3, 63, 64, 127]], np.int8)
    assert change(windows, np.zeros(1, np.int64)).tolist() == [
        [(cell - 127) * 128 * 127 // 128 for cell in windows[0].tolist()]
    ]


@pytest.mark.parametrize(
    ("zero", "words"),
    [
        (0, "as where the zero point 127 is not taken off"),
        (128, "as with a zero point of 128 instead of 127"),
        (-128, "as with a zero point of -128 instead of 127"),
    ],
)
def test_another_zero_point_is_told(zero: int, words: str) -> None:
    info = TensorInfo(0.5, 127, (40,), type="int16")
    cells = np.arange(-20, 20)
    right, given = (cells - 127) * 128, (cells - zero) * 128
    off = (127 - zero) * 128
    told = cells_told(right, given, 8, info=info)
    assert told.endswith(f"cells all over it (40 of 40) of it: off by {off:+,}, {words}")
    name, told, _, change = next(iter(_scaled(info, right, given)))
    assert name == f"int16 zero point {zero}" and told.endswith(f"off by {off:+,}, {words}")
    windows = np.arange(-20, 20, dtype=np.int8)[np.newaxis]
    expected = ((windows.astype(int) - zero) * 128).clip(-32768, 32767)
    assert change(windows, np.zeros(1, np.int64)).tolist() == expected.tolist()
    # what is no step of a cell is no zero point
    assert cells_told(right, right + 100, 8, info=info).endswith("of it: off by +100")


def test_what_is_added_to_all_values_of_16_bits_is_replayed_whatever_gives_it() -> None:
    info = TensorInfo(0.5, 127, (40,), type="int16")
    cells = np.arange(-20, 20)
    right = (cells - 127) * 128
    windows = cells.astype(np.int8)[np.newaxis]
    behind = cells * 128 - 127  # the zero point is taken off behind the product
    words = ", as where the zero point 127 is taken off behind the product with 128"
    for given, more in ((behind, words), (right + 100, "")):
        off = int(given[0] - right[0])
        name, told, _, change = next(iter(_scaled(info, right, given)))
        assert name == f"int16 off by {off:+d}" and told.endswith(f"input are off by {off:+,}{more}")
        assert change(windows, np.zeros(1, np.int64)).tolist() == [given.tolist()]
        assert cells_told(right, given, 8, info=info).endswith(f"of it: off by {off:+,}{more}")


def test_a_sign_that_is_taken_for_a_number_is_told() -> None:
    info = TensorInfo(0.5, 0, (40,), type="uint8")
    right = np.arange(108, 148)
    assert "their highest bits are inverted" in cells_told(right, right ^ 128, 8, info=info)
    assert "highest bits" not in cells_told(right, right + 1, 8, info=info)


def test_a_factor_is_told_of_more_than_half_of_the_cells() -> None:
    for zeros, told in ((30, False), (29, True)):
        right = np.where(np.arange(60) < zeros, 0, np.arange(60) * 3)
        assert (": what they must be times 0.875 " in cells_told(right, right * 7 // 8, 60)) is told


def test_without_a_window_before_nothing_is_said_of_it() -> None:
    given = other(slice(30, None), BEFORE.ravel()[30:])
    assert cells_told(RIGHT, given, 4).endswith("off by +100")


COLUMNS = np.random.default_rng(2).integers(-99, 99, (31 + 7 * (WINDOWS - 1), 16)).astype(np.int8)


def view_with(model: Model, windows: Int8) -> View:
    """A view whose device saw other windows."""
    numbers = np.arange(WINDOWS)
    right = np.stack([COLUMNS[7 * n : 7 * n + 31] for n in numbers])
    outputs = model.run(right), model.run(windows)
    file = file_of(piece_of(COLUMNS, COLUMNS, outputs=outputs))
    return View(file, 0, *outputs, np.ones(WINDOWS, np.bool_), outputs[0][:0], 0)


def right_windows() -> Int8:
    return np.stack([COLUMNS[7 * n : 7 * n + 31] for n in range(WINDOWS)])


def explaining(found: list[Candidate], view: View) -> list[str]:
    return [each.explanation for each in found if np.array_equal(each.replay(view), view.device)]  # type: ignore[arg-type]


def test_cells_that_a_trace_saw_are_replayed_in_all_windows(bundle: Bundle) -> None:
    model = model_of(bundle)
    seen = right_windows().reshape(WINDOWS, -1).copy()
    seen[:, 450:] = 0
    view = view_with(model, seen.reshape(WINDOWS, 31, 16))
    traced = right_windows()[3].ravel(), seen[3]
    found = explaining(list(traced_cells(model, traced)([view])), view)
    assert (
        "the last 46 cells of the model's input are 0 in each window: never written, or written over" in found
    )
    again = right_windows().reshape(WINDOWS, -1).copy()
    again[1:, 100:120] = right_windows().reshape(WINDOWS, -1)[:-1, 100:120]
    view = view_with(model, again.reshape(WINDOWS, 31, 16))
    found = explaining(list(traced_cells(model, (right_windows()[3].ravel(), again[3]))([view])), view)
    assert "cells 100 to 119 of the model's input are those of the window before" in found
    assert list(traced_cells(model, (traced[0], traced[0]))([view])) == []


@pytest.mark.parametrize("bands_first", [0, 16])
@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_columns_that_lie_elsewhere_are_replayed_in_all_windows(
    bundle: Bundle, kind: Literal["int8", "uint8"], bands_first: int
) -> None:
    """What is never written is what the trace saw there."""
    info = replace(bundle.model.input, type=kind, bands_first=bands_first)
    model = model_of(replace(bundle, model=replace(bundle.model, input=info)))
    held = written(Placing(1, 0, 16), 31, 16, bool(bands_first))
    tensors = np.where(held < 0, np.int8(7), right_windows().reshape(WINDOWS, -1)[:, held])

    def turned(windows: Int8, shape: tuple[int, int]) -> Int8:
        return windows.reshape(-1, *shape).transpose(0, 2, 1) if bands_first else windows.reshape(-1, 31, 16)

    view = view_with(model, np.ascontiguousarray(turned(tensors, (16, 31))))
    right = turned(right_windows()[3:4], (31, 16)).ravel()
    sign = np.uint8(128 if kind == "uint8" else 0)
    traced = (right.view(np.uint8) ^ sign).view(kind), (tensors[3].view(np.uint8) ^ sign).view(kind)
    found = explaining(list(traced_cells(model, traced)([view])), view)
    assert [each for each in found if "each column is written from cell `column` on" in each]


def test_a_ring_that_wraps_early_is_simulated(bundle: Bundle) -> None:
    model = model_of(bundle)
    ring, windows, done = np.zeros((31, 16), np.int8), [], 0
    for n in range(WINDOWS):
        for column in range(done, 7 * n + 31):
            ring[column % 30] = COLUMNS[column]
        done = 7 * n + 31
        at = done % 30
        windows.append(np.concatenate([ring[at:], ring[:at]]))
    view = view_with(model, np.array(windows))
    found = explaining(list(rings.ring_memory(model)([view])), view)
    assert found[0].startswith(
        "the ring of columns wraps 1 column too early: of its 31 the last 1 column is never"
    )


def test_windows_too_near_are_named(bundle: Bundle) -> None:
    model = model_of(bundle)
    view = view_with(model, np.stack([COLUMNS[6 * n : 6 * n + 31] for n in range(WINDOWS)]))
    assert explaining(list(rings.ring_memory(model)([view])), view) == [
        "windows begin 6 columns apart instead of 7"
    ]


@pytest.mark.parametrize(("short", "place", "words"), [(16, 1, "second"), (2, 0, "first")])
def test_a_copy_that_is_too_short_is_simulated(bundle: Bundle, short: int, place: int, words: str) -> None:
    model = model_of(bundle)
    windows = rings.copied(model, right_windows(), np.arange(WINDOWS), short, place)
    view = view_with(model, windows)
    found = explaining(list(rings.ring_memory(model)([view])), view)
    assert [each for each in found if f"the {words} of the ring's two copies" in each]


def test_what_a_short_copy_leaves(bundle: Bundle) -> None:
    model = model_of(bundle)
    windows = right_windows()
    held = rings.copied(model, windows, np.arange(WINDOWS), 16, 1)
    assert np.array_equal(held[0], windows[0]), "in the first window there is no second copy"
    assert np.array_equal(held[1][:-1], windows[1][:-1]) and np.array_equal(held[1][-1], windows[0][-1])


def test_a_factor_of_all_cells_is_replayed(bundle: Bundle) -> None:
    model = model_of(bundle)
    given = np.trunc(right_windows().astype(np.float64) * 127 / 128).astype(np.int8)
    view = view_with(model, given)
    found = explaining(
        list(traced_cells(model, (right_windows()[3].ravel(), given[3].ravel()))([view])), view
    )
    assert found[0].startswith("the cells of the model's input are what they must be times 0.99")
    assert "(such as 127/128; rounded to 0)" in found[0]


@pytest.mark.parametrize(
    ("places", "words"),
    [
        (
            [0, 0, 2, 2, 4, 4, 6, 6, 8, 8],
            "every 2nd of the columns from 1 to 9 of the window are the one before them",
        ),
        (
            [0, 1, 4, 3, 6, 5, 8, 7, 8, 9],
            "every 2nd of the columns from 2 to 6 of the window are the one 2 behind them",
        ),
        (
            [0, 1, 3, 2, 9, 5, 6, 7, 8, 9],
            "columns 2 to 4 of the window are other ones of it, e.g. column 2 is column 3, column 3 is column 2, "
            "column 4 is column 9",
        ),
    ],
)
def test_columns_that_stand_in_other_places(bundle: Bundle, places: list[int], words: str) -> None:
    assert cells_told(RIGHT, RIGHT[places], 4).endswith(f": {words}")
    more = [*places, *range(len(places), 31)]
    view = view_with(model_of(bundle), right_windows()[:, more])
    traced = right_windows()[3].ravel(), right_windows()[3][more].ravel()
    (found,) = (
        each
        for each in explaining(list(traced_cells(model_of(bundle), traced)([view])), view)
        if "of the window are" in each
    )
    assert found.startswith("in the model's input ")


def test_columns_of_elsewhere_or_all_the_same_are_told_otherwise() -> None:
    assert "of the window" not in cells_told(
        RIGHT, np.where(np.arange(40).reshape(10, 4) == 9, 1, RIGHT[::-1]), 4
    )
    assert "of the window" not in cells_told(RIGHT, RIGHT[[3] * 10], 4)
    assert "of the window" not in cells_told(RIGHT[:, :3], RIGHT[::-1, :3], 3)

"""Places, extents, spreads and shares in sentences."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...bundle.write import write_bundle
from ...model.samples import sample_values
from .evidence import DiagnosisRecord, Spread
from .fakes_views import cells, verified_as, view_of
from .search import Int8, View
from .words import (
    column_words,
    extent,
    first_place,
    output_name,
    output_words,
    share_words,
    spread_words,
)

RIGHT = cells(50, 4)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Three classes, 16 bands, a hop of 128 samples at 8 kHz, a window's end every 7 columns."""
    return write_bundle(tmp_path_factory.mktemp("words") / "b", sample_values("uint8"))


def test_columns_and_windows_are_called_by_what_they_are(bundle: Bundle) -> None:
    columns, windows = (
        column_words(bundle),
        output_words(replace(bundle, model=replace(bundle.model, outputs=bundle.model.outputs[:1]))),
    )
    assert (columns.row, columns.rows, columns.value(3), columns.values) == (
        "column",
        "columns",
        "band 3",
        "bands",
    )
    assert columns.far == (bundle.frames,) and not columns.halves
    assert (windows.row, windows.rows, windows.values) == ("window", "windows", "outputs")
    assert windows.value(1) == output_name(bundle, 1) == "score of 'two'"
    assert not windows.halves
    assert output_words(bundle).halves == "scores are told as logits and logits as scores"
    assert output_name(bundle, 5) == "logit of 'three'"


def marked(view: View, *places: tuple[int, int]) -> np.ndarray:  # type: ignore[type-arg]
    mask = np.zeros(view.expected.shape, np.bool_)
    for place in places:
        mask[place] = True
    return mask


def test_the_first_place_is_told_with_its_time(bundle: Bundle) -> None:
    record = DiagnosisRecord(bundle)
    right = cells(50, 3)
    views = [view_of(right, right), view_of(right, right, name="b.wav", first=100)]
    masks = [marked(views[0]), marked(views[1], (25, 2), (26, 0))]
    # a column's time is its first sample's, a window's that of the end of its last column
    assert first_place(record, "features", views, masks) == "b.wav, column 125, band 2 (2.00 s)"
    end_s = (125 * 7 * 128 + bundle.window_samples) / 8000
    assert (
        first_place(record, "outputs", views, masks) == f"b.wav, window 125, score of 'three' ({end_s:.2f} s)"
    )
    assert first_place(record, "features", views, [marked(view) for view in views]) == "a.wav"


def stretch(begin: int, end: int, **more: object) -> tuple[View, Int8]:
    """A view that differs from `begin` to before `end`, all explained."""
    device = RIGHT.copy()
    device[begin:end] += 60
    return view_of(RIGHT, device, **more), device  # type: ignore[arg-type]


def told(*parts: tuple[View, Int8], rows: str = "columns", rows_alone: bool = False) -> str:
    views, replayed = zip(*parts, strict=True)
    return extent(verified_as(list(views), list(replayed), rows_alone=rows_alone), rows)


def test_a_cause_goes_to_the_end_or_to_a_row() -> None:
    assert told(stretch(10, 50)) == "from column 10 on"
    assert told(stretch(10, 30, first=100)) == "from column 110 on"  # all that differs
    view, device = stretch(10, 50)
    some = np.where(np.arange(50)[:, None] < 30, device, RIGHT)
    assert told((view, some)) == "columns 10 to 29"
    later = np.where(np.arange(50)[:, None] >= 20, device, RIGHT)
    assert told((view, later), rows="windows") == "windows 20 to 49"  # something differs before it as well
    assert told((view, RIGHT)) == ""


def test_single_rows_are_counted() -> None:
    assert told(stretch(10, 11), rows_alone=True) == "one of the columns"
    assert told(stretch(10, 14), rows_alone=True) == "4 columns"
    view, device = stretch(0, 0)
    device = device.copy()
    device[4::5] += 60
    view = replace(view, device=device)
    assert told((view, device), rows_alone=True) == "10 columns, every 5th column of the run"
    assert told(stretch(10, 14), stretch(20, 21, name="b.wav"), rows_alone=True) == "5 columns in 2 files"
    assert told(stretch(10, 14), stretch(0, 0, name="b.wav"), rows_alone=True) == "4 columns"


@pytest.mark.parametrize(
    ("first", "others", "words"),
    [
        ((10, 50), (10, 50), "from column 10 on, 2 files"),
        ((10, 11), (10, 11), "column 10 alone, 2 files"),
        ((10, 11), (10, 13), "from column 10 on, 2 files"),
        ((10, 50), (0, 50), "from column 10 of a.wav on, and in all files after it"),
        ((10, 50), (3, 50), "from column 10 of a.wav on, and in all files after it"),
        ((10, 50), (4, 50), "2 files"),
        ((4, 50), (0, 50), "from column 4 of a.wav on, and in all files after it"),
        ((3, 50), (0, 50), "2 files"),
    ],
)
def test_several_files(first: tuple[int, int], others: tuple[int, int], words: str) -> None:
    assert told(stretch(*first), stretch(*others, name="b.wav")) == words


def test_rows_are_counted_from_each_files_beginning() -> None:
    assert told(stretch(10, 50), stretch(6, 50, first=4, name="b.wav")) == "from column 10 on, 2 files"
    late = stretch(1, 50, first=9), stretch(0, 50, first=2, name="b.wav")
    assert told(*late) == "from column 10 of a.wav on, and in all files after it"


def ending(
    begin: int, end: int, *, first: int = 0, name: str = "a.wav", goes_on: int = 50
) -> tuple[View, Int8]:
    """A view that differs from `begin` to before `end`, by a cause that would go on to before `goes_on`."""
    view, _ = stretch(begin, end, first=first, name=name)
    return view, stretch(begin, goes_on)[1]


def told_of(*parts: tuple[View, Int8]) -> str:
    """As `told`, of a cause that can be replayed."""
    views, replayed = zip(*parts, strict=True)
    values = {id(view): there for view, there in parts}
    found = verified_as(list(views), list(replayed))
    candidate = replace(found.candidate, replay=lambda view: values[id(view)])
    return extent(replace(found, candidate=candidate), "columns")


@pytest.mark.parametrize(
    ("end", "goes_on", "words"),
    [
        (20, 50, "columns 10 to 19"),
        (38, 50, "columns 10 to 37"),  # nine columns behind the three that it may take to show
        (39, 50, "from column 10 on"),
        (20, 32, "columns 10 to 19"),
        (20, 31, "from column 10 on"),
    ],
)
def test_a_cause_ends_where_it_would_have_gone_on(end: int, goes_on: int, words: str) -> None:
    assert told_of(ending(10, end, goes_on=goes_on)) == words


@pytest.mark.parametrize(("more", "words"), [(3, "columns 10 to 19"), (4, "columns 10 to 19")])
def test_a_cause_that_ends_is_told_with_its_end_though_something_else_differs(more: int, words: str) -> None:
    view, replayed = ending(10, 20)
    device = view.device.copy()
    device[40 : 40 + more] -= 50
    assert told_of((replace(view, device=device), replayed)) == words


def test_the_same_end_in_all_files_is_told_once() -> None:
    same = ending(10, 20, first=5), ending(12, 22, first=3, name="b.wav")
    assert told_of(*same) == "columns 15 to 24 in 2 files"
    assert told_of(ending(10, 20), ending(10, 21, name="b.wav")) == "from column 10 on, 2 files"
    assert told_of(ending(10, 20), ending(10, 50, name="b.wav")) == "from column 10 on, 2 files"
    other = replace(ending(10, 20, name="b.wav")[0], device=stretch(10, 24)[1])
    assert told_of(ending(10, 20), (other, stretch(10, 50)[1])) == "from column 10 on, 2 files"


def test_something_else_behind_its_end_is_no_end_of_it() -> None:
    """With four columns or more; in several files it then is told by where it begins."""
    for more, words in ((3, "columns 10 to 19 in 2 files"), (4, "from column 10 on, 2 files")):
        parts = []
        for name in ("a.wav", "b.wav"):
            view, replayed = ending(10, 20, name=name)
            device = view.device.copy()
            device[40 : 40 + more] -= 50
            parts.append((replace(view, device=device), replayed))
        assert told_of(*parts) == words


def test_what_differs_before_it_is_no_beginning() -> None:
    view, device = stretch(5, 50)
    some = np.where(np.arange(50)[:, None] >= 10, device, RIGHT)
    assert told((view, some), stretch(0, 50, name="b.wav")) == "2 files"


# ---- how values differ


def spread(rows: int, changes: dict[int, list[int]], values: int = 6) -> Spread:
    """`changes`: of some values the differences in the first rows."""
    found = Spread(values)
    right = np.zeros((rows, values), np.int8)
    device = right.copy()
    for value, by in changes.items():
        device[: len(by), value] = by
    found.add(0, right, device)
    return found


NAMES = [f"band {place}" for place in range(6)]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "all 240 are equal"),
        ({2: [3]}, "1 of 40 cells differs, in 1 of 40 columns: band 2, always +3"),
        ({2: [3, -1]}, "2 of 40 cells differ, in 2 of 40 columns: band 2, -1 to +3"),
        ({2: [5] * 40}, "all 40 cells differ: band 2, always +5"),
        ({1: [5] * 40, 2: [4] * 39}, "79 of 80 cells differ, in all 40 columns: bands 1 to 2, +4 to +5"),
        ({1: [1], 4: [1]}, "2 of 80 cells differ, in 1 of 40 columns: band 1, band 4, always +1"),
        ({0: [1], 2: [1], 4: [1]}, "3 of 120 cells differ, in 1 of 40 columns: band 0, band 2, band 4, always +1"),
        ({k: [1] for k in (0, 2, 3, 5)}, "4 of 160 cells differ, in 1 of 40 columns: 4 of 6 bands, always +1"),
        ({k: [1] for k in range(6)}, "6 of 240 cells differ, in 1 of 40 columns: all 6 bands, always +1"),
        ({k: [-1] for k in range(5)}, "5 of 200 cells differ, in 1 of 40 columns: bands 0 to 4, always -1"),
    ],
)  # fmt: skip
def test_which_values_differ_and_by_how_much(changes: dict[int, list[int]], told: str) -> None:
    assert spread_words(spread(40, changes), NAMES, "columns", "bands") == told


def test_outputs_are_values_and_one_value_is_called_by_its_name() -> None:
    names = [f"score of {place}" for place in range(6)]
    words: Callable[..., str] = lambda changes: spread_words(spread(40, changes), names, "windows", "outputs")  # noqa: E731
    assert (
        words({1: [1], 2: [1]})
        == "2 of 80 values differ, in 1 of 40 windows: score of 1, score of 2, always +1"
    )
    assert (
        words({k: [1] for k in range(1, 5)})
        == "4 of 160 values differ, in 1 of 40 windows: 4 of 6 outputs, always +1"
    )
    two = spread_words(spread(40, {0: [1], 1: [1]}, 2), names, "windows", "outputs")
    assert two == "2 of 80 values differ, in 1 of 40 windows: all 2 outputs, always +1"
    one = spread_words(spread(40, {0: [7]}, 1), ["score"], "windows", "outputs")
    assert one == "1 of 40 values differs, in 1 of 40 windows: score, always +7"


def test_how_many_a_cause_reproduces() -> None:
    view, device = stretch(10, 12)
    all_of_them, part = (
        verified_as([view], [device]),
        verified_as([view], [np.where(device > 60, device, RIGHT)]),
    )
    whole = spread(40, {k: [1, 1] for k in range(4)})
    assert share_words(all_of_them, whole) == "all 8 are reproduced"
    assert share_words(part, whole) == f"{part.right} of 8 are reproduced" and 0 < part.right < 8
    more = spread(40, {k: [1, 1] for k in range(5)})
    assert share_words(all_of_them, more) == "all 8 that were kept and not explained yet are reproduced"
    assert share_words(part, more).endswith("of 8 that were kept and not explained yet are reproduced")

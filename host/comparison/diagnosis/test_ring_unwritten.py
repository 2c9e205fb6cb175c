"""A place of the ring that is never written: once a turn a column is wrong, sent and seen by the model alike."""

from dataclasses import replace

import numpy as np
import pytest

from ...bundle.load import Bundle
from .evidence import DiagnosisRecord
from .fakes_views import cells, file_of, piece_of
from .inputs import Model
from .ring_unwritten import Unwritten, of_unwritten_place, seen, unwritten_place
from .search import Int8, View
from .test_inputs import bundle, model_of

__all__ = ["bundle"]

FRAMES, STRIDE, BANDS = 31, 7, 16


def views_of(
    model: Model,
    place: int,
    goes_to: int | None,
    value: int = 5,
    windows: int = 14,
    many: int = 1,
    seed: int = 1,
) -> tuple[View, View]:
    """Columns and outputs of a file, of a ring whose one place holds `value`; `many` columns are sent at once."""
    right = cells(FRAMES + STRIDE * (windows - 1), BANDS, seed)
    ring, shown = np.zeros((FRAMES, BANDS), np.int8), []
    sent: list[Int8] = []
    ring[place] = value
    for number, column in enumerate(right):
        written = number % FRAMES if number % FRAMES != place else goes_to
        if written is not None:
            ring[written] = column
        if number % many == many - 1 or number == len(right) - 1:
            sent += [ring[each % FRAMES].copy() for each in range(len(sent), number + 1)]
        if number + 1 >= FRAMES and (number + 1 - FRAMES) % STRIDE == 0:
            shown.append(np.roll(ring, -((number + 1) % FRAMES), axis=0))
    due = np.stack([right[STRIDE * n : STRIDE * n + FRAMES] for n in range(windows)])
    outputs = model.run(due), model.run(np.stack(shown))
    file = file_of(piece_of(right, np.stack(sent), outputs=outputs))
    columns = View(file, 0, right, np.stack(sent), file.piece.present, right[:0], 0)
    windows_view = View(file, 0, *outputs, np.ones(windows, np.bool_), outputs[0][:0], 0)
    found = Unwritten(place, goes_to, np.full(BANDS, value, np.int8))
    assert np.array_equal(seen(model, windows_view, found), np.stack(shown))
    return columns, windows_view


@pytest.mark.parametrize("many", [1, 2, 3])
@pytest.mark.parametrize(
    ("place", "goes_to", "which", "where"),
    [
        (30, 29, "place 30 of the ring's 31 (from 0 and the last one)", "; the column that belongs there is written to "
         "the place before it, over the one there"),
        (0, 1, "place 0 of the ring's 31 (from 0)", "; the column that belongs there is written to the place behind "
         "it, over the one there"),
        (0, 30, "place 0 of the ring's 31 (from 0)", "; the column that belongs there is written to the place before "
         "it, over the one there"),
        (12, None, "place 12 of the ring's 31 (from 0)", ""),
    ],
)  # fmt: skip
def test_a_place_that_is_never_written(
    bundle: Bundle, place: int, goes_to: int | None, which: str, where: str, many: int
) -> None:
    model = model_of(bundle)
    pairs = [
        views_of(model, place, goes_to, many=many),
        views_of(model, place, goes_to, windows=3, seed=2, many=many),
    ]
    columns, outputs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert unwritten_place(model, columns, outputs) == (
        f"once each turn of the ring, every 31 columns, a column is wrong: {which} is never written, and is sent, and "
        f"seen by the model, as it was (5 throughout){where}"
    )
    spoilt = replace(outputs[1], device=outputs[1].device ^ np.int8(1))
    assert unwritten_place(model, columns, [outputs[0], spoilt]) == "", "all outputs"
    other = columns[1].device.copy()
    other[3] += 1
    assert unwritten_place(model, [columns[0], replace(columns[1], device=other)], outputs) == "", (
        "all columns"
    )


def test_what_lies_there_may_be_any_column() -> None:
    held: Int8 = np.arange(BANDS, dtype=np.int8)
    told = Unwritten(4, None, held).told(31)
    assert told.endswith("as it was (what was there before)")


def test_another_value_each_turn_is_none(bundle: Bundle) -> None:
    model = model_of(bundle)
    columns, outputs = views_of(model, 12, None)
    device = columns.device.copy()
    device[12 + FRAMES] = 7
    assert unwritten_place(model, [replace(columns, device=device)], [outputs]) == ""


def test_fewer_than_three_turns_are_chance(bundle: Bundle) -> None:
    model = model_of(bundle)
    columns, outputs = views_of(model, 12, None, windows=5)
    assert len(columns.wrong_rows) == 2
    assert unwritten_place(model, [columns], [outputs]) == ""


def test_turns_in_which_the_column_happens_to_be_right_do_not_count(bundle: Bundle) -> None:
    model = model_of(bundle)
    columns, outputs = views_of(model, 12, None, windows=8)
    expected = columns.expected.copy()
    expected[43] = 5
    assert unwritten_place(model, [replace(columns, expected=expected)], [outputs]) == ""


def test_a_later_piece_of_a_file(bundle: Bundle) -> None:
    model = model_of(bundle)
    columns, outputs = views_of(model, 30, 29, windows=30)
    first, skipped = 10 * STRIDE, 10
    pair = outputs.expected[skipped:], outputs.device[skipped:]
    piece = piece_of(
        columns.expected[first:], columns.device[first:], first=first, outputs=pair, first_window=skipped
    )
    present = np.ones(len(pair[0]), np.bool_)
    file = file_of(piece)
    told = unwritten_place(
        model,
        [View(file, first, piece.expected, piece.device, piece.present, columns.before, 0)],
        [View(file, skipped, *pair, present, outputs.before, 0)],
    )
    assert "place 30 of the ring's 31" in told and "written to the place before it" in told


def test_three_turns_are_enough(bundle: Bundle) -> None:
    model = model_of(bundle)
    columns, outputs = views_of(model, 12, None, windows=8)
    assert columns.wrong_rows.tolist() == [12, 43, 74]
    assert "place 12 of the ring's 31" in unwritten_place(model, [columns], [outputs])


def test_the_finding(bundle: Bundle) -> None:
    model = model_of(bundle)
    columns, outputs = views_of(model, 12, None)
    record = DiagnosisRecord(bundle)
    record.features.add(0, columns.expected, columns.device)
    found = of_unwritten_place(record, model, [columns], [outputs])
    assert found is not None
    assert (found.stage, found.share, found.files) == ("features", 1.0, ("a.wav",))
    assert found.place.startswith("a.wav, column 12, band 0")
    assert found.explanation.endswith("; this gives all columns and all outputs that were kept")
    assert found.pattern.startswith("64 of ") or found.pattern.startswith("all 64")
    assert of_unwritten_place(record, None, [columns], [outputs]) is None
    assert of_unwritten_place(record, model, [], []) is None


def test_that_its_column_goes_elsewhere_is_not_said_where_nothing_shows_it(bundle: Bundle) -> None:
    """Where each message has one column, and the model sees no window, both are the same."""
    model = model_of(bundle)
    columns, _ = views_of(model, 30, 29)
    assert unwritten_place(model, [columns], []).endswith("(5 throughout)")

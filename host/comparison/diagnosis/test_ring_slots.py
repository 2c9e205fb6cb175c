"""Columns that lie elsewhere in the ring than where they are read, from the number on that its bits do not hold."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from .fakes_views import cells, file_of, piece_of
from .finding import Finding
from .inputs import Model
from .one_change import in_one
from .ring_slots import narrow_slots
from .search import View
from .test_inputs import bundle, model_of

__all__ = ["bundle"]

FRAMES, STRIDE, BANDS = 31, 7, 16
TOLD = "from column 64 on columns are written elsewhere in the ring of 31"


def views_of(model: Model, bits: int, windows: int = 12, seed: int = 1) -> tuple[View, View]:
    """Columns and outputs of a file whose columns are written where so many bits of their number say."""
    right = cells(FRAMES + STRIDE * (windows - 1), BANDS, seed)
    ring, sent, seen = np.zeros((FRAMES, BANDS), np.int8), [], []
    for number, column in enumerate(right):
        ring[number % (1 << bits) % FRAMES] = column
        sent.append(ring[number % FRAMES].copy())
        if number + 1 >= FRAMES and (number + 1 - FRAMES) % STRIDE == 0:
            seen.append(np.roll(ring, -((number + 1) % FRAMES), axis=0))
    due = np.stack([right[STRIDE * n : STRIDE * n + FRAMES] for n in range(windows)])
    outputs = model.run(due), model.run(np.stack(seen))
    file = file_of(piece_of(right, np.stack(sent), outputs=outputs))
    there = np.ones(windows, np.bool_)
    columns = View(file, 0, right, np.stack(sent), file.piece.present, right[:0], 0)
    return columns, View(file, 0, *outputs, there, outputs[0][:0], 0)


def test_the_bits_that_hold_a_columns_number(bundle: Bundle) -> None:
    model = model_of(bundle)
    pairs = [views_of(model, 6), views_of(model, 6, 3, seed=2), views_of(model, 6, 9, seed=3)]
    columns, outputs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    told = narrow_slots(model, columns, outputs)
    assert told.startswith(TOLD) and "in 6 bits" in told
    other = views_of(model, 7)
    assert narrow_slots(model, [*columns, other[0]], [*outputs, other[1]]) == "", "all columns"
    assert narrow_slots(model, columns, [*outputs, other[1]]) == "", "and all outputs"
    assert narrow_slots(model, [], []) == narrow_slots(model, *([view] for view in other)) == ""


@pytest.mark.parametrize(("windows", "told"), [(5, False), (6, True)])
def test_of_files_that_end_before_it_nothing_is_told(bundle: Bundle, windows: int, told: bool) -> None:
    model = model_of(bundle)
    columns, outputs = views_of(model, 6, windows)
    assert bool(narrow_slots(model, [columns], [outputs])) is told


@pytest.mark.parametrize(("count", "told"), [(64, False), (65, True)])
def test_one_column_that_its_number_does_not_hold_is_enough(bundle: Bundle, count: int, told: bool) -> None:
    model = model_of(bundle)
    columns, _ = views_of(model, 6)
    part = {name: getattr(columns, name)[:count] for name in ("expected", "device", "present")}
    assert bool(narrow_slots(model, [replace(columns, **part)], [])) is told


def test_what_did_not_come_and_what_is_not_known(bundle: Bundle) -> None:
    model = model_of(bundle)
    columns, outputs = views_of(model, 6)
    columns.device[70] ^= 1
    outputs.device[3] ^= 1
    assert narrow_slots(model, [columns], [outputs]) == ""
    columns = replace(columns, present=np.arange(len(columns.present)) != 70)
    assert narrow_slots(model, [columns], [outputs]) == ""
    outputs = replace(outputs, present=np.arange(12) != 3)
    assert narrow_slots(model, [columns], [outputs])
    assert narrow_slots(model, [replace(columns, first=1)], [outputs]) == ""
    late = replace(outputs, file=replace(outputs.file, piece=replace(outputs.file.piece, first_column=7)))
    assert narrow_slots(model, [columns], [late]) == ""


def test_it_stands_in_the_place_of_what_is_known_of_columns_and_of_outputs(bundle: Bundle) -> None:
    model = model_of(bundle)
    columns, outputs = views_of(model, 6)
    record: Any = SimpleNamespace(differing=["a.wav", "b.wav"], files=[columns.file])
    found = [
        Finding(stage, "not known", "there", "", "", "all of them", 0.0, ())
        for stage in ("features", "outputs")
    ]
    [told] = in_one(record, model, found, [columns], [outputs])
    assert told.explanation.startswith(TOLD) and told.explanation.endswith("; this gives all columns and all outputs "
                                                                           "that were kept")  # fmt: skip
    assert (told.stage, told.place, told.pattern) == ("features", "there", "all of them")
    assert (told.share, told.files, told.verified) == (1.0, ("a.wav",), True)
    assert in_one(record, model, found[:1], [columns], [outputs]) == found[:1]

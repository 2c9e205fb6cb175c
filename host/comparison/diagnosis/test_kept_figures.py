"""Windows that are related to figures which are kept of another window, or of several."""

from dataclasses import replace
from functools import reduce
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...bundle.model_info import MeasuredInput, TensorInfo
from ...bundle.write import write_bundle
from ...frontend.kinds import values_of
from ...frontend.normalised.normaliser import MEAN_STD, MIN_MAX, PEAK
from ...frontend.normalised.settings import NormalisedSettings
from ...frontend.normalised.windows import Figures, cells_of, figures_of
from ...model.samples import sample_values
from .evidence import Before
from .fakes_views import file_of, piece_of
from .inputs import Model, constant
from .kept_figures import (
    BEFORE,
    FIRST_OF_STREAM,
    LAST_OF_FILE,
    NOT_SET_BACK,
    SO_FAR,
    SO_FAR_IN_STREAM,
    VERY_FIRST,
    _of_piece,
    _possible,
    _so_far,
    kept_figures,
)
from .search import Int8, View
from .test_inputs import Sums

WINDOWS, FILES = 4, 3
SEED = 1  # with which most sources of figures give windows that are unlike
Used = list[list[Figures]]


@pytest.fixture(scope="module")
def related(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A model whose windows are related to their own least and largest level."""
    values = sample_values("sigmoid")
    settings = NormalisedSettings(values_of(values.settings), "min-max", scale=80.0, offset=-80.0)
    return write_bundle(tmp_path_factory.mktemp("related") / "b", replace(values, settings=settings))


def model_of(bundle: Bundle, rule: int = MIN_MAX) -> Model:
    info = bundle.model.input
    assert isinstance(info, MeasuredInput)
    info = replace(info, normaliser=replace(info.normaliser, rule=rule, top=200))
    bundle = replace(bundle, model=replace(bundle.model, input=info))
    return Model(bundle, Sums, lambda piece: piece.expected)


def columns_of(model: Model, file: int) -> Int8:
    """Levels between bounds that are others in each window's stretch of columns."""
    draw = np.random.default_rng(file + SEED)
    half, frames, stride = model.bundle.settings.model_bands, model.bundle.frames, model.bundle.stride
    rows = []
    for _ in range((WINDOWS - 1) * stride + frames):
        low = int(draw.integers(1000, 3000))
        levels = draw.integers(low, low + int(draw.integers(300, 5000)), half)
        rows.append(np.concatenate([(levels >> 8) - 128, (levels & 255) - 128]).astype(np.int8))
    return np.array(rows)


def windows_of(model: Model, columns: Int8) -> Int8:
    starts = np.arange(WINDOWS) * model.bundle.stride
    return columns[starts[:, None] + np.arange(model.bundle.frames)]


def views_of(model: Model, used: Any, names: tuple[str, ...] = Figures._fields) -> list[View]:
    """Files of a device that takes some figures of those that `used` makes of all windows' own ones."""
    normaliser = model.bundle.model.input.normaliser  # type: ignore[attr-defined]
    columns = [columns_of(model, file) for file in range(FILES)]
    own = [figures_of(normaliser, windows_of(model, each)) for each in columns]
    views: list[View] = []
    before = None
    for at, (each, ours, theirs) in enumerate(zip(columns, own, used(own), strict=True)):
        mixed = [
            one._replace(**{name: getattr(other, name) for name in names})
            for one, other in zip(ours, theirs, strict=True)
        ]
        windows = windows_of(model, each)
        right, device = (model.run(cells_of(normaliser, windows, figures)) for figures in (None, mixed))
        piece = piece_of(each, each, outputs=(right, device))
        file = file_of(piece, f"{at}.wav", before, rows_before=at * len(each))
        views.append(View(file, 0, right, device, piece.outputs_present, right[:0], 0))
        before = Before(file.name, 1, piece, None)
    return views


def added(figures: list[Figures]) -> Figures:
    return reduce(
        lambda a, b: Figures(
            min(a.least, b.least),
            max(a.largest, b.largest),
            a.size + b.size,
            a.total + b.total,
            a.squares + b.squares,
        ),
        figures,
    )


def flat(own: Used) -> list[Figures]:
    return [each for file in own for each in file]


def parted(figures: list[Figures]) -> Used:
    return [figures[at : at + WINDOWS] for at in range(0, len(figures), WINDOWS)]


SOURCES: dict[str, Any] = {
    VERY_FIRST: lambda own: [[own[0][0]] * WINDOWS for _ in own],
    FIRST_OF_STREAM: lambda own: [[file[0]] * WINDOWS for file in own],
    BEFORE: lambda own: parted([own[0][0], *flat(own)[:-1]]),
    LAST_OF_FILE: lambda own: [own[0], *([file[-1]] * WINDOWS for file in own[:-1])],
    SO_FAR: lambda own: parted([added(flat(own)[: at + 1]) for at in range(FILES * WINDOWS)]),
    SO_FAR_IN_STREAM: lambda own: [[added(file[: at + 1]) for at in range(WINDOWS)] for file in own],
}
WAYS = {
    ("least", "largest"): "the least and the largest level",
    ("largest",): "the largest level",
}


@pytest.mark.parametrize("names", WAYS)
@pytest.mark.parametrize("source", SOURCES)
def test_figures_that_are_kept_are_told(related: Bundle, source: str, names: tuple[str, ...]) -> None:
    model = model_of(related)
    views = views_of(model, SOURCES[source], names)
    found = [
        each
        for each in kept_figures(model)(views)
        if all(np.array_equal(replayed(each, view), view.device) for view in views)
    ]
    assert [each.cause for each in found] == [f"{WAYS[names]} of {source}"]
    assert f"each window is related to {WAYS[names]} of {source} instead of its own" in found[0].explanation
    assert (found[0].cure == NOT_SET_BACK) is (source != BEFORE)


def replayed(candidate: Any, view: View) -> Int8:
    found = candidate.replay(view)
    assert found is not None or source_is_of_a_file(candidate)
    return view.expected if found is None else found


def source_is_of_a_file(candidate: Any) -> bool:
    return LAST_OF_FILE in candidate.cause


@pytest.mark.parametrize(
    ("rule", "names", "words"),
    [
        (MEAN_STD, ("size", "total", "squares"), "the mean and the deviation"),
        (MEAN_STD, ("total",), "the sum of the levels"),
        (PEAK, ("largest",), "the largest level"),
    ],
)
def test_other_rules_have_other_figures(
    related: Bundle, rule: int, names: tuple[str, ...], words: str
) -> None:
    model = model_of(related, rule)
    views = views_of(model, SOURCES[FIRST_OF_STREAM], names)
    found = [
        each.cause
        for each in kept_figures(model)(views)
        if all(np.array_equal(replayed(each, view), view.device) for view in views)
    ]
    assert found == [f"{words} of {FIRST_OF_STREAM}"]


def test_what_gives_the_same_is_told_beside_it(related: Bundle) -> None:
    model = model_of(related)
    views = views_of(model, SOURCES[VERY_FIRST])[:1]  # of one file its first window is the first of all
    (found,) = (each for each in kept_figures(model)(views) if VERY_FIRST in each.cause)
    assert found.explanation.endswith(f"instead of its own (or of {FIRST_OF_STREAM}: that is the same here)")


def test_what_is_not_known_is_not_told(related: Bundle) -> None:
    """Not of a bundle without such windows, nor of the first window where that was not kept."""
    model = model_of(related)
    views = views_of(model, SOURCES[VERY_FIRST])
    info = related.model.input
    plain = replace(related.model, input=TensorInfo(info.scale, info.zero_point, info.shape))
    assert not list(kept_figures(replace(model, bundle=replace(related, model=plain)))(views))
    late = [
        replace(view, file=replace(view.file, columns_before=view.file.columns_before + 99)) for view in views
    ]
    assert not [each for each in kept_figures(model)(late[1:]) if VERY_FIRST in each.cause]
    assert [each for each in kept_figures(model)(views[1:]) if VERY_FIRST in each.cause], "of the file before"
    right = [replace(view, device=view.expected) for view in views]
    assert not list(kept_figures(model)(right))


@pytest.mark.parametrize(("value", "also"), [(-128, True), (127, True), (0, False)])
def test_cells_that_are_all_held_at_one_end_need_not_be_unwritten(
    related: Bundle, value: int, also: bool
) -> None:
    model = model_of(related)
    views = views_of(model, SOURCES[VERY_FIRST])
    device = [model.run(np.full_like(model.windows(view), value)) for view in views]
    views = [replace(view, device=each) for view, each in zip(views, device, strict=True)]
    (found,) = (each for each in constant(model)(views) if each.cause == f"input all {value}")
    assert ("or what its cells are related to is so far off" in found.explanation) is also
    assert ("normalised_measure and know" in found.cure) is also


@pytest.mark.parametrize("length", [4, 5, 11, 12, 13])
@pytest.mark.parametrize("first_column", [0, 1, 2, 3, 7])
def test_windows_that_lie_in_a_piece(first_column: int, length: int) -> None:
    """Of 5 columns each, 3 from one to the next."""
    columns = np.arange(length, dtype=np.int8)[:, None]
    model = cast(
        Model, SimpleNamespace(columns=lambda _: columns, bundle=SimpleNamespace(frames=5, stride=3))
    )
    whole = [
        list(range(start - first_column, start - first_column + 5))
        for start in range(0, 30, 3)
        if first_column <= start and start + 5 <= first_column + length
    ]
    piece = cast(Any, SimpleNamespace(first_column=first_column))
    assert _of_piece(model, piece)[..., 0].tolist() == whole
    if whole:
        first = -(-first_column // 3)
        assert _of_piece(model, piece, first, 1)[..., 0].tolist() == whole[:1]


def test_figures_with_which_nothing_wraps(related: Bundle) -> None:
    info = related.model.input
    assert isinstance(info, MeasuredInput)

    def possible(rule: int, *figures: int) -> bool:
        return _possible(replace(info.normaliser, rule=rule), Figures(*figures))

    assert possible(MIN_MAX, 5, 5, 0, 0, 0) and not possible(MIN_MAX, 6, 5, 0, 0, 0)
    assert possible(MEAN_STD, 6, 5, 2, 3, 5) and not possible(MEAN_STD, 6, 5, 2, 4, 8)
    assert possible(PEAK, 6, 5, 2, 4, 8)


@pytest.mark.parametrize(
    ("all_before", "whole"), [(True, True), (True, False), (False, True), (False, False)]
)
def test_what_is_kept_of_all_windows_needs_all_of_them(all_before: bool, whole: bool) -> None:
    own = [Figures(3, 9, 1, 1, 1), Figures(1, 4, 1, 1, 1)]
    heard = cast(
        Any,
        SimpleNamespace(all_before=all_before, whole=whole, before=[Figures(2, 5, 1, 1, 1)], own=own),
    )
    found = _so_far(heard)
    assert (found is not None) is (all_before and whole)
    assert found is None or [(each.least, each.largest) for each in found] == [(2, 9), (1, 9)]

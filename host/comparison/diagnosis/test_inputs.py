"""Each other input of the model gives the outputs that its name promises, and is told only where it explains most."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...bundle.write import write_bundle
from ...model.ends import to_tensors
from ...model.interpreter import Outputs
from ...model.samples import sample_values
from . import inputs, spoilt
from .evidence import Before
from .fakes_views import cells, file_of, piece_of, replay_of
from .inputs import Model
from .search import Candidate, Int8, View
from .wide_inputs import wide_inputs

WINDOWS = 12
ANY = np.random.default_rng(7).integers(-9, 10, (4000, 3))


class Sums:
    """Outputs that follow from every cell of the window and, with a state, from the windows before."""

    name = "sums"

    def __init__(self, stateful: bool = False) -> None:
        self._stateful = stateful
        self._held = 0

    def reset(self) -> None:
        self._held = 0

    def run(self, windows: Int8) -> Outputs:
        rows = []
        for window in windows:
            sums = window.reshape(-1).astype(np.int64) @ ANY[: window.size] + self._held
            rows.append((sums % 251 - 125).astype(np.int8))
            self._held = int(rows[-1][0]) * 3 + 1 if self._stateful else 0
        found = np.array(rows, np.int8).reshape(-1, 3)
        return Outputs(found, found[:, ::-1])


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """31 frames of 16 bands, a window every 7 columns; its input's zero point is 127, and made -3 here."""
    made = write_bundle(tmp_path_factory.mktemp("inputs") / "b", sample_values("sigmoid"))
    return replace(made, model=replace(made.model, input=replace(made.model.input, zero_point=-3)))


def model_of(bundle: Bundle, stateful: bool = False) -> Model:
    if stateful:
        bundle = replace(bundle, model=replace(bundle.model, ops=("CONV_2D", "SVDF")))
    return Model(bundle, lambda: Sums(stateful), lambda piece: piece.expected)


def windows_at(model: Model, columns: Int8, first: int = 0, late: int = 0) -> Int8:
    """Windows number `first` and on, each in its place of a file's columns; `late` columns before it."""
    frames, stride = model.bundle.frames, model.bundle.stride
    padded = np.concatenate([columns[:1].repeat(50, axis=0), columns, columns[-1:].repeat(50, axis=0)])
    starts = [(first + k) * stride - late + 50 for k in range(WINDOWS)]
    return np.stack([padded[start : start + frames] for start in starts])


def columns_of(model: Model, seed: int = 1, first: int = 0) -> Int8:
    count = (first + WINDOWS - 1) * model.bundle.stride + model.bundle.frames
    return cells(count, model.bundle.settings.bands, seed, -128, 127)


def view_on(
    model: Model, columns: Int8, device: Int8, first: int = 0, cut: int = 0, before: Before | None = None
) -> View:
    """Windows of columns of which the first `cut` were not kept, with the device's outputs."""
    right = model.run(windows_at(model, columns, first))
    kept = columns[cut:]
    piece = piece_of(kept, kept, first=cut, outputs=(right, device), first_window=first)
    file = file_of(piece, before=before)
    return View(file, first, right, device, piece.outputs_present, right[:0], 0)


Given = Callable[[Int8, int], Int8]  # windows and the first one's number, to what the model got instead


def told(model: Model, of: Any, given: Given, first: int = 14, cut: int = 14) -> Iterator[Candidate]:
    """Candidates of a device whose model got other windows; each that is told gives the device's outputs."""
    columns = columns_of(model, first=first)
    windows = windows_at(model, columns, first)
    device = model.run(np.ascontiguousarray(given(windows, first)))
    view = view_on(model, columns, device, first, cut)
    for candidate in of(model)([view]):
        if np.array_equal(candidate.replay(view), device):
            yield candidate


def names(candidates: Iterator[Candidate]) -> list[str]:
    return [each.cause for each in candidates if each.family == "input"]


def clipped(change: Callable[[Any], Any]) -> Given:
    return lambda w, _: np.clip(change(w.astype(np.int16)), -128, 127).astype(np.int8)


def flat(change: Callable[[Int8], Int8]) -> Given:
    return lambda w, _: change(w.reshape(len(w), -1)).reshape(w.shape)


def with_part(columns: slice, bands: slice, value: int) -> Given:
    def change(w: Int8, _: int) -> Int8:
        w = w.copy()
        w[:, columns, bands] = value
        return w

    return change


def ring(w: Int8, first: int) -> Int8:
    return np.stack([np.roll(window, (first + k) * 7 % 31, axis=0) for k, window in enumerate(w)])


ARRANGEMENTS: dict[str, tuple[Given, str]] = {
    "ring as it lies": (ring, "in the order of its memory"),
    "ring rotated by 1": (lambda w, _: np.roll(w, 1, axis=1), "begins 1 column early"),
    "ring rotated by -2": (lambda w, _: np.roll(w, -2, axis=1), "begins 2 columns late"),
    "ring rotated by 28": (
        lambda w, _: np.roll(w, 28, axis=1),
        "off by 28: the copy begins 28 columns early",
    ),
    "transposed": (lambda w, _: w.transpose(0, 2, 1).reshape(w.shape), "transposed"),
    "reversed in time": (lambda w, _: w[:, ::-1], "newest column first"),
    "bands reversed": (lambda w, _: w[:, :, ::-1], "highest band first"),
    "bands rotated by 1": (flat(lambda w: np.roll(w, 1, axis=1)), "1 cell late"),
    "bands rotated by -1": (flat(lambda w: np.roll(w, -1, axis=1)), "1 cell early"),
    "unsigned": (lambda w, _: (w.astype(np.int16) % 256 - 128).astype(np.int8), "unsigned taken for signed"),
    **{
        f"input offset {k:+d}": (clipped(lambda w, k=k: w + k), f"is off by {k:+d} (its zero point is -3)")  # type: ignore[misc]
        for k in (-3, 3, 1, -1, 125, -125)
    },
}


@pytest.mark.parametrize("name", ARRANGEMENTS)
def test_cells_in_another_order(bundle: Bundle, name: str) -> None:
    given, words = ARRANGEMENTS[name]
    (candidate,) = told(model_of(bundle), inputs.rearranged, given)
    assert candidate.cause == name and words in candidate.explanation and candidate.family == "input"


def test_an_input_without_a_zero_point_has_no_offset_of_nothing(bundle: Bundle) -> None:
    plain = replace(bundle, model=replace(bundle.model, input=replace(bundle.model.input, zero_point=0)))
    causes = [way[0] for way in inputs._arrangements(plain)]
    assert "input offset +0" not in causes and "input offset +128" in causes
    once = [cause for cause in causes if not cause.startswith("stride ")]
    assert len(once) == len(set(once))
    strides = [
        cause for cause in causes if cause not in once
    ]  # each with 0 and with -128 where nothing is written
    assert sorted(strides) == sorted([*set(strides)] * 2) and "stride 15" in strides
    assert {f"ring rotated by {k}" for k in range(1, 29)} < set(causes) and "ring rotated by 29" not in causes


OPERATIONS: dict[str, Given] = {
    "input halved": clipped(lambda w: np.fix(w / 2)),
    "input halved down": clipped(lambda w: w // 2),
    "input doubled": clipped(lambda w: w + w),
    "input sign flipped": clipped(lambda w: 0 - w),
    "input negatives lost": clipped(lambda w: np.where(w < 0, 0, w)),
    "input positives lost": clipped(lambda w: np.where(w > 0, 0, w)),
    "input sign lost": clipped(lambda w: np.where(w < 0, -w, w)),
    **{f"input {k} low bits lost": clipped(lambda w, k=2**k: w // k * k) for k in range(1, 5)},  # type: ignore[misc]
    "input all bits inverted": clipped(lambda w: -1 - w),
    "input all bits but the top one inverted": clipped(lambda w: np.where(w < 0, -129 - w, 127 - w)),
    **{
        f"input bit {k} inverted": clipped(lambda w, k=2**k: np.where(w // k % 2 == 1, w - k, w + k))  # type: ignore[misc]
        for k in range(7)
    },
    **{f"input at most {k}": clipped(lambda w, k=k: np.minimum(w, k)) for k in spoilt.CLIPS},  # type: ignore[misc]
    **{f"input at least {-k}": clipped(lambda w, k=k: np.maximum(w, -k)) for k in spoilt.CLIPS},  # type: ignore[misc]
}


def part_moved(by: int) -> Given:
    """Behind the ring's wrap columns are read from one beside their place; at the ring's ends from the end."""

    def change(w: Int8, first: int) -> Int8:
        found = w.copy()
        for k, window in enumerate(w):
            count = ((first + k) * 7 + 31) % 31
            memory = np.roll(window, count, axis=0)
            for place in range(count):
                found[k, 31 - count + place] = memory[min(max(place - by, 0), 30)]
        return found

    return change


def wrapped_unsigned(w: Int8, first: int) -> Int8:
    found = w.copy()
    for k in range(len(w)):
        for column in range(31 - (first + k) * 7 % 31, 31):
            found[k, column] = (w[k, column].astype(np.int16) % 256 - 128).astype(np.int8)
    return found


def moved(by: int, value: int) -> Given:
    def change(w: Int8, _: int) -> Int8:
        found = np.roll(w, by, axis=1)
        found[:, slice(by) if by > 0 else slice(by, None)] = value
        return found

    return change


MOVED: dict[str, Given] = {
    **{f"input moved by {k}, {value}": moved(k, value) for k in (1, -1, 2, -2) for value in (0, -3, -128)},
    "wrapped part unsigned": wrapped_unsigned,
    "input moved by 1": lambda w, _: np.concatenate([w[:, :1], w[:, :-1]], axis=1),
    "input moved by -2": lambda w, _: np.concatenate([w[:, 2:], w[:, -1:], w[:, -1:]], axis=1),
    "input moved by 1 cell": flat(lambda w: np.concatenate([w[:, :1], w[:, :-1]], axis=1)),
    "input moved by -1 cell": flat(lambda w: np.concatenate([w[:, 1:], w[:, -1:]], axis=1)),
    **{f"wrapped part off by {k}": part_moved(k) for k in (1, -1, 2, -2)},
}
UNWRITTEN: dict[str, Given] = {
    "the first half of the input 0": with_part(slice(0, 15), slice(None), 0),
    "the last half of the input -3": with_part(slice(15, 31), slice(None), -3),
    "the first column of the input -128": with_part(slice(0, 1), slice(None), -128),
    "the last column of the input 0": with_part(slice(30, 31), slice(None), 0),
    "the first cell of the input 0": with_part(slice(0, 1), slice(0, 1), 0),
    "the last cell of the input 0": with_part(slice(30, 31), slice(15, 16), 0),
    "band 0 of the input 0": with_part(slice(None), slice(0, 1), 0),
    "band 15 of the input -3": with_part(slice(None), slice(15, 16), -3),
    "column 1 of the input 0": with_part(slice(1, 2), slice(None), 0),
    "column 29 of the input -128": with_part(slice(29, 30), slice(None), -128),
}


@pytest.mark.parametrize("name", [*OPERATIONS, *MOVED, *UNWRITTEN])
def test_cells_that_are_spoilt(bundle: Bundle, name: str) -> None:
    given = {**OPERATIONS, **MOVED, **UNWRITTEN}[name]
    candidates = list(told(model_of(bundle), spoilt.spoilt, given))
    assert [each.cause for each in candidates] == [name, name]  # of all windows, then of single ones
    every, single = candidates
    assert single.explanation == f"in single windows {every.explanation}"
    assert (every.rows_alone, every.family, single.rows_alone, single.family) == (False, "input", True, "")


def test_there_are_no_other_ways(bundle: Bundle) -> None:
    names = [way[0] for way in spoilt._operations()]
    assert sorted(names) == sorted(OPERATIONS)
    large = replace(bundle, frames=200, settings=replace(bundle.settings, bands=120))  # type: ignore[type-var]
    causes = [way[0] for way in spoilt._unwritten(model_of(large))]
    assert len(causes) == 3 * (6 + 96 + 95)
    assert "band 95 of the input 0" in causes and "column 95 of the input 0" in causes


def test_what_is_told_of_spoilt_cells(bundle: Bundle) -> None:
    words = {name: told for name, told, _, _ in spoilt._ways(model_of(bundle))}
    assert words["input 1 low bits lost"].endswith("their 1 low bit")
    assert words["input 2 low bits lost"].endswith("their 2 low bits")
    assert "is 1 column late, the one" in words["input moved by 1"]
    assert "is 2 columns early, the one" in words["input moved by -2"]
    assert words["wrapped part off by 1"].endswith("wrap, 1 column late after it")
    assert words["wrapped part off by 2"].endswith("wrap, 2 columns late after it")
    assert words["wrapped part off by -1"].endswith("wrap, 1 column early after it")
    assert (
        "a cell late" in words["input moved by 1 cell"] and "a cell early" in words["input moved by -1 cell"]
    )
    assert len([name for name in words if name.startswith("column ")]) == 3 * 29
    assert len([name for name in words if name.startswith("band ")]) == 3 * 16


@pytest.mark.parametrize("value", [0, -3, -128])
def test_an_input_that_is_never_written(bundle: Bundle, value: int) -> None:
    """All windows are alike then, so that one output tells."""
    given: Given = lambda w, _: np.full_like(w, value)  # noqa: E731
    (candidate,) = told(model_of(bundle), inputs.constant, given)
    assert candidate.cause == f"input all {value}"
    assert candidate.explanation == f"the model's input is {value} throughout: it is never written"


@pytest.mark.parametrize(
    ("by", "cause", "words"),
    [
        (1, "window late by 1", "begin 1 column before their place"),
        (-1, "window early by 1", "begin 1 column after their place"),
        (2, "window late by 2", "begin 2 columns before"),
        (-2, "window early by 2", "begin 2 columns after"),
        (6, "window late by 6", "6 columns before"),
        (-6, "window early by 6", "6 columns after"),
        (3, "window late by 3", "3 columns before"),
        (-3, "window early by 3", "3 columns after"),
    ],
)  # fmt: skip
def test_windows_that_begin_elsewhere(bundle: Bundle, by: int, cause: str, words: str) -> None:
    model = model_of(bundle)
    columns = columns_of(model, first=14)
    (candidate,) = told(model, inputs.late, lambda _w, first: windows_at(model, columns, first, by))
    assert candidate.cause == cause and words in candidate.explanation and candidate.family == "input"


def test_a_whole_stride_is_a_matter_of_windows(bundle: Bundle) -> None:
    model = model_of(bundle)
    columns = columns_of(model, first=14)
    for by in (7, -7):
        assert not list(told(model, inputs.late, lambda _w, n, by=by: windows_at(model, columns, n, by)))  # type: ignore[misc]


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("count", [1, 4, 16, 32, 248])
def test_a_copy_that_is_too_short(bundle: Bundle, count: int, at_end: bool) -> None:
    def given(w: Int8, _: int) -> Int8:
        cells_of = w.reshape(len(w), -1).copy()
        kept = range(496 - count, 496) if at_end else range(count)
        cells_of[1:, kept] = w.reshape(len(w), -1)[:-1, kept]
        return cells_of.reshape(w.shape)

    (candidate,) = told(model_of(bundle), inputs.partly_written, given)
    place = "last" if at_end else "first"
    assert candidate.cause == f"{place} {count} cells stale"
    assert candidate.explanation.startswith(
        f"the {place} {count} cells of the model's input are those of the window before"
    )


def test_tensors_of_16_bits_are_written_otherwise(bundle: Bundle) -> None:
    wide = replace(bundle.model.input, type="int16", zero_point=127)
    model = replace(model_of(bundle), bundle=replace(bundle, model=replace(bundle.model, input=wide)))
    given: Any = lambda w, _: to_tensors(wide, w).reshape(w.shape).byteswap()  # noqa: E731
    (candidate,) = told(model, wide_inputs, given)
    assert candidate.cause == "int16 bytes exchanged" and candidate.family == "input"
    assert not list(told(model_of(bundle), wide_inputs, given))


# ---- state


@pytest.mark.parametrize("op", sorted(inputs.STATEFUL_OPS))
def test_a_model_with_any_of_these_ops_has_state(bundle: Bundle, op: str) -> None:
    assert replace(
        model_of(bundle), bundle=replace(bundle, model=replace(bundle.model, ops=("ADD", op)))
    ).stateful
    assert not model_of(bundle).stateful


def stateful_view(model: Model, first: int = 0, before: bool = True) -> tuple[View, Int8]:
    """A view, and the outputs of a model that goes on from the file before."""
    columns, earlier = columns_of(model, first=first), columns_of(model, seed=5)
    old = windows_at(model, earlier)[1:]  # of its first window not all columns were kept
    piece = piece_of(earlier[3:], earlier[3:], first=3, outputs=(model.run(old),) * 2, first_window=1)
    continued = model.run(np.concatenate([old, windows_at(model, columns, first)]))[len(old) :]
    held = Before("b.wav", 0, piece, None) if before else None
    return view_on(model, columns, continued, first, before=held), continued


def test_state_of_the_file_before(bundle: Bundle) -> None:
    model = model_of(bundle, stateful=True)
    view, continued = stateful_view(model)
    kept, lost = inputs.state_kept(model)([view])
    assert kept.cause == "model state not reset"
    np.testing.assert_array_equal(replay_of(kept, view), continued)
    assert not np.array_equal(view.expected, continued)
    assert kept.replay(stateful_view(model, first=2)[0]) is None
    assert kept.replay(stateful_view(model, before=False)[0]) is None
    short = replace(view.file.before.piece, outputs_device=view.device[:0])  # type: ignore[union-attr]
    none = replace(view, file=replace(view.file, before=Before("b.wav", 0, short, None)))
    assert kept.replay(none) is None
    alone = [model.run(window[None]) for window in windows_at(model, columns_of(model))]
    np.testing.assert_array_equal(replay_of(lost, view), np.concatenate(alone))
    assert lost.cause == "model state lost"


def test_a_model_without_state_keeps_none(bundle: Bundle) -> None:
    model = model_of(bundle)
    assert not list(inputs.state_kept(model)([stateful_view(model)[0]]))


def test_a_model_with_state_is_probed_with_the_windows_before(bundle: Bundle) -> None:
    (candidate,) = told(model_of(bundle, stateful=True), inputs.rearranged, lambda w, _: w[:, ::-1], 0, 0)
    assert candidate.cause == "reversed in time"


# ---- what is probed


def test_windows_of_unlike_outputs_are_probed(bundle: Bundle) -> None:
    model = model_of(bundle)
    columns = columns_of(model)
    right = model.run(windows_at(model, columns))
    view = view_on(model, columns, right ^ np.int8(1))
    assert inputs.probes(view).tolist() == [0, 5, 11]
    alike = right.copy()
    alike[2:8] = right[2] ^ np.int8(1)
    assert inputs.probes(view_on(model, columns, alike)).tolist() == [2]
    alike[5] ^= 2
    assert inputs.probes(view_on(model, columns, alike)).tolist() == [2, 5]
    assert inputs.probes(view_on(model, columns, right)).tolist() == []
    for of in (inputs.rearranged, inputs.constant, inputs.late, inputs.partly_written, spoilt.spoilt):
        assert list(of(model)([view_on(model, columns, right)])) == []


@pytest.mark.parametrize(("explained", "told"), [((3, 7), True), ((3,), False), ((), False)])
def test_of_two_probed_windows_both_must_be_explained(
    bundle: Bundle, explained: tuple[int, ...], told: bool
) -> None:
    model = model_of(bundle)
    columns = columns_of(model)
    device, other = (model.run(w) for w in (windows_at(model, columns), windows_at(model, columns)[:, ::-1]))
    for window in (3, 7):
        device[window] = other[window] if window in explained else device[window] ^ 1
    causes = [each.cause for each in inputs.rearranged(model)([view_on(model, columns, device)])]
    assert ("reversed in time" in causes) == told


@pytest.mark.parametrize(("wrong", "told"), [(1, True), (2, False)])
def test_most_of_the_probed_windows_must_be_explained(bundle: Bundle, wrong: int, told: bool) -> None:
    model = model_of(bundle)
    columns = columns_of(model)
    device = model.run(windows_at(model, columns)[:, ::-1])
    view = view_on(model, columns, device)
    rows = inputs.probes(view)
    device[rows[:wrong], 0] ^= 1
    causes = [each.cause for each in inputs.rearranged(model)([view_on(model, columns, device)])]
    assert ("reversed in time" in causes) == told


def test_the_first_window_has_none_before_it_to_be_stale(bundle: Bundle) -> None:
    model = model_of(bundle)
    columns = columns_of(model)
    right = model.run(windows_at(model, columns))
    device = right.copy()
    device[0] ^= 1
    assert not list(inputs.partly_written(model)([view_on(model, columns, device)]))
    # and it has no voice in what is said of the others
    stale = windows_at(model, columns)
    stale[1, -1, -1] = stale[0, -1, -1]
    device[1] = model.run(stale)[1]
    causes = [each.cause for each in inputs.partly_written(model)([view_on(model, columns, device)])]
    assert causes == ["last 1 cells stale"]


def test_a_file_without_windows_is_not_replayed(bundle: Bundle) -> None:
    model = model_of(bundle)
    candidate = inputs.candidate(model, "a", "b", "c", lambda w, _: w)
    columns = columns_of(model)
    view = view_on(model, columns, model.run(windows_at(model, columns)))
    assert candidate.replay(replace(view, expected=view.expected[:0])) is None


def test_noise_is_no_other_input(bundle: Bundle) -> None:
    model = model_of(bundle)
    columns = columns_of(model)
    view = view_on(model, columns, cells(WINDOWS, 6, seed=8))
    for of in (inputs.rearranged, inputs.constant, inputs.late, inputs.partly_written, spoilt.spoilt):
        assert list(of(model)([view])) == []

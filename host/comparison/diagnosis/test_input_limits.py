"""Inputs, wide values and last steps at the limits of each rule, without a model and without C code."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...bundle.model_info import TensorInfo
from . import inputs, quantiser, spoilt, wide, wide_columns, wide_inputs
from .fakes_views import cells, piece_of, view_of

# ---- windows


@pytest.mark.parametrize(
    ("equal", "of", "most"),
    [(1, 1, True), (1, 2, False), (2, 3, True), (2, 4, False), (3, 4, True), (2, 5, False), (3, 5, True)],
)
def test_a_change_explains_more_than_half_of_the_windows(equal: int, of: int, most: bool) -> None:
    right = cells(9, 2)
    view = view_of(right, right)
    rows = np.arange(3, 3 + of)
    outputs = right.copy()
    outputs[rows[equal:], 1] ^= 1
    for stateful in (False, True):
        asked: list[Any] = []

        def run(windows: Any, asked: list[Any] = asked) -> Any:
            asked.append(windows)
            return outputs[windows]

        model: Any = SimpleNamespace(stateful=stateful, run=run)
        assert inputs.explains(model, view, rows, np.arange(9)) is most
        assert asked[0].tolist() == (list(range(3 + of)) if stateful else rows.tolist())


@pytest.mark.parametrize(("probed", "told"), [([0], False), ([1], True), ([0, 1], True), ([], False)])
def test_the_first_window_has_none_before_it(
    probed: list[int], told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []

    def explains(_: Any, __: Any, rows: Any, ___: Any) -> bool:
        asked.append(rows.tolist())
        return True

    monkeypatch.setattr(inputs, "probes", lambda _: np.array(probed, np.int64))
    monkeypatch.setattr(inputs, "explains", explains)
    bundle = SimpleNamespace(settings=SimpleNamespace(model_bands=4), model=SimpleNamespace(cells=24))
    model: Any = SimpleNamespace(bundle=bundle, windows=lambda _: cells(24, 1).reshape(2, 3, 4))
    view = view_of(cells(2, 2), cells(2, 2, seed=2))
    found = [each.cause for each in inputs.partly_written(model)([view])]
    counts = [1, 4, 4, 8, 12] if told else []
    assert found == [f"{place} {count} cells stale" for count in counts for place in ("last", "first")]
    assert all(rows == [1] for rows in asked)


def test_a_ring_lies_as_far_on_as_windows_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "_rotated", lambda _, by: by)
    bundle: Any = SimpleNamespace(
        frames=12,
        stride=7,
        settings=SimpleNamespace(model_bands=4),
        model=SimpleNamespace(input=SimpleNamespace(zero_point=-3), cells=48),
    )
    name, _, _, change = next(iter(inputs._arrangements(bundle)))
    assert name == "ring as it lies"
    assert change(cells(1, 1), np.array([0, 1, 2, 5])).tolist() == [0, 7, 14, 35]


def test_windows_begin_at_their_columns_of_the_piece() -> None:
    columns, outputs = cells(40, 3), cells(4, 2)
    piece = piece_of(columns, columns, first=14, outputs=(outputs, outputs), first_window=3)
    bundle = SimpleNamespace(frames=5, stride=7)
    model: Any = SimpleNamespace(bundle=bundle, columns=lambda each: each.expected, cells=lambda each: each)
    windows = inputs.windows_of(model, piece)
    assert len(windows) == 4
    for window, place in zip(windows, (7, 14, 21, 28), strict=True):
        np.testing.assert_array_equal(window, columns[place : place + 5])


# ---- cells of the input


def spoilt_model(bands: int, frames: int, stride: int = 3) -> Any:
    return SimpleNamespace(
        bundle=SimpleNamespace(
            frames=frames,
            stride=stride,
            settings=SimpleNamespace(model_bands=bands),
            model=SimpleNamespace(input=SimpleNamespace(zero_point=7)),
        )
    )


def test_bands_and_columns_that_are_not_written_are_tried_up_to_96() -> None:
    def places(bands: int, frames: int) -> tuple[list[str], list[str]]:
        names = [name for name, *_ in spoilt._unwritten(spoilt_model(bands, frames)) if name.endswith(" 7")]
        kinds = ("band ", "column ")
        found = [[name.split()[1] for name in names if name.startswith(kind)] for kind in kinds]
        return found[0], found[1]

    assert places(96, 97) == ([str(n) for n in range(96)], [str(n) for n in range(1, 96)])
    assert places(200, 300) == ([str(n) for n in range(96)], [str(n) for n in range(1, 96)])
    assert places(3, 5) == (["0", "1", "2"], ["1", "2", "3"])


def test_up_to_four_low_bits_are_lost() -> None:
    lost = [(name, told) for name, told, *_ in spoilt._operations() if "low bit" in told]
    assert [name for name, _ in lost] == [f"input {bits} low bits lost" for bits in (1, 2, 3, 4)]
    assert lost[0][1].endswith("lost their 1 low bit") and lost[1][1].endswith("lost their 2 low bits")


def test_a_part_that_moved_is_told_as_late_or_early() -> None:
    told = {name: words for name, words, *_ in spoilt._moved(spoilt_model(4, 5))}
    given = {1: "1 column late", -1: "1 column early", 2: "2 columns late", -2: "2 columns early"}
    for k, words in given.items():
        assert f"is {words}, the one" in told[f"input moved by {k}"]
        assert f"is {words}, and 7 at its edge" in told[f"input moved by {k}, 7"]
        assert f"wrap, {words} after it" in told[f"wrapped part off by {k}"]


@pytest.mark.parametrize(
    ("oldest", "by", "columns"),
    [
        (0, 1, [0, 1, 2, 3, 4]),
        # the ring holds 3, 4, 0, 1, 2: the last two lie at its beginning
        (2, 1, [0, 1, 2, 3, 3]),
        (2, -1, [0, 1, 2, 4, 0]),
        (2, 2, [0, 1, 2, 3, 3]),
        (2, -2, [0, 1, 2, 0, 1]),
        (4, 1, [0, 1, 1, 2, 3]),
        (4, -2, [0, 3, 4, 0, 0]),
    ],
)
def test_columns_beyond_the_rings_wrap(oldest: int, by: int, columns: list[int]) -> None:
    window = np.arange(5, dtype=np.int8)[None, :, None]
    assert spoilt._part_moved(window, np.array([oldest]), by)[0, :, 0].tolist() == columns


# ---- values of sixteen bits


def test_upper_bytes_are_rounded_by_the_top_bit_of_low_ones() -> None:
    high, low = np.array([[5, 5, 126, 127, -3]], np.int8), np.array([[0, -1, 0, 0, 127]], np.int8)
    upper, same = wide._rounded(high, low)
    assert upper.tolist() == [[6, 5, 127, 127, -2]] and same is low


def test_levels_are_taken_from_bytes_and_put_into_them() -> None:
    every = np.array([[0, 1, 255, 256, 32_767, 32_768, 65_280, 65_535]])
    parts = [(part.astype(np.int64) - 128).astype(np.int8) for part in (every >> 8, every & 255)]
    view = view_of(np.concatenate(parts, axis=1), np.concatenate(parts, axis=1))
    seen: list[Any] = []

    def same(levels: Any) -> Any:
        seen.append(levels)
        return levels

    np.testing.assert_array_equal(wide_columns._changed(view, same), view.expected)
    assert seen[0].tolist() == every.tolist()
    none = wide_columns._changed(view, lambda levels: levels - 70_000)
    assert set(none.ravel().tolist()) == {-128}
    most = wide_columns._changed(view, lambda levels: levels + 70_000)
    assert set(most.ravel().tolist()) == {127}


@pytest.mark.parametrize(("kind", "tried"), [("int16", True), ("int8", False)])
def test_tensors_of_sixteen_bits_alone_are_wide(
    kind: str, tried: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wide_inputs, "_ways", lambda _: [("name", "told", "cure", None)])
    monkeypatch.setattr(wide_inputs, "explaining", lambda _, __, ways: iter(ways))
    info = SimpleNamespace(type=kind)
    model: Any = SimpleNamespace(bundle=SimpleNamespace(model=SimpleNamespace(input=info)))
    assert [each.cause for each in wide_inputs.wide_inputs(model)([])] == ["name"] * tried


def test_levels_and_bits_of_wide_inputs_in_words() -> None:
    info = TensorInfo(0.5, 0, (3,), type="int16")
    told = {name: words for name, words, _ in (*wide_inputs._clips(), *wide_inputs._operations(info))}
    for level in (255, 511, 1023, 2047, 4095, 8191, 16_383):
        assert told[f"int16 at most {level}"].endswith(f" at most {level}")
        assert told[f"int16 at least {-level - 1}"].endswith(f" at least {-level - 1}")
    assert "int16 at least -256" in told
    assert told["int16 1 low bits lost"].endswith(" 1 low bit")
    assert told["int16 2 low bits lost"].endswith(" 2 low bits")
    at_least = {name: make for name, _, make in wide_inputs._clips()}["int16 at least -256"]
    tensor = np.array([[-300, -256, 5]], np.int16)
    assert at_least(tensor, cells(1, 3)).tolist() == [[-256, -256, 5]]


# ---- the last step

# a step is a cell's sixteenth, half a cell is 8
STEPS: Any = SimpleNamespace(quant_slope=1 << 20, quant_bias=8, quant_shift=4)


def last_step(cause: str, steps: list[int]) -> list[int]:
    db = np.array(steps, np.int64)[:, None] << 7
    front_end: Any = SimpleNamespace(values=lambda _: db)
    expected = np.zeros((len(steps), 1), np.int8)
    [found] = [each for each in quantiser.quantised(front_end, STEPS)([]) if each.cause == cause]
    replayed = found.replay(view_of(expected, expected))
    assert replayed is not None
    return replayed.ravel().tolist()


@pytest.mark.parametrize(
    ("cause", "steps", "found"),
    [
        ("rounded down", [0, 15, 16, 31, -1, -16], [0, 0, 1, 1, -1, -1]),
        ("rounded up", [0, 1, 15, 16, 17, -1, -16], [1, 1, 1, 2, 2, 0, 0]),
        ("truncated", [0, 15, 16, -15, -16, -17], [0, 0, 1, 0, -1, -1]),
        ("slope halved", [15, 16, 47, 48], [0, 1, 1, 2]),
        ("slope doubled", [3, 4, 11, 12], [0, 1, 1, 2]),
        (
            "rounded down",
            [2031, 2032, 2048, 9999, -2048, -2049, -9999],
            [126, 127, 127, 127, -128, -128, -128],
        ),
        ("wrapped", [0, 7, 8, 23, 24, -8, -9], [0, 0, 1, 1, 2, 0, -1]),
        ("wrapped", [2039, 2040, 3200, -2056, -2057, -3200], [127, -128, -56, -128, 127, 56]),
    ],
)
def test_cells_by_another_last_step(cause: str, steps: list[int], found: list[int]) -> None:
    assert last_step(cause, steps) == found

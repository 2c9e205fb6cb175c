"""Another front end or last step, or spoilt messages of samples: each gives the columns that its words promise."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from ...frontend.log_mel.settings import LogMelSettings
from ...frontend.log_mel.tables import LogMelTables
from . import quantiser, variants
from .evidence import Int16
from .fakes_device import sound
from .fakes_front_end import SCALE, ZERO, tables_of
from .fakes_views import best, replay_of, view_of
from .search import Candidate, View

pytestmark = pytest.mark.native
HOP, FFT = 128, 256
SETTINGS = LogMelSettings(8000, 256, HOP, FFT, 16, 0.0, 3900.0, -80.0)


@pytest.fixture(scope="module")
def front_end() -> FrontEnd:
    return FrontEnd(SETTINGS, SCALE, ZERO)


@pytest.fixture(scope="module")
def tables() -> LogMelTables:
    return tables_of(SETTINGS)


@pytest.fixture(scope="module")
def right() -> Int16:
    return sound(8000, 1, 6)[20_000:30_000]


def view_on(front_end: FrontEnd, right: Int16, device: Any, **more: Any) -> View:
    expected = front_end.features(right)
    return view_of(expected, device[: len(expected)], samples=right, **more)


def named(candidates: Any, cause: str) -> Candidate:
    (found,) = [each for each in candidates if each.cause == cause]
    return found


# ---- samples


def emphasised(x: Int16, factor: float) -> Int16:
    out = [int(x[0])]
    for before, now in zip(x[:-1].tolist(), x[1:].tolist(), strict=True):
        out.append(max(-32768, min(32767, now - int(before * factor))))
    return np.array(out, np.int16)


def in_messages(x: Int16, period: int, change: Callable[[list[int]], list[int]]) -> Int16:
    out: list[int] = []
    for start in range(0, len(x), period):
        out += change(x[start : start + period].tolist())
    return np.array(out, np.int16)


MESSAGES: dict[str, Callable[[list[int], int, int], list[int]]] = {
    "lost at the end": lambda m, n, p: m[: p - n],
    "lost at the beginning": lambda m, n, _: m[n:],
    "twice at the beginning": lambda m, n, _: m[:n] + m,
    "twice at the end": lambda m, n, p: m + m[p - n :],
}


def test_samples_lost_or_twice_in_each_message(front_end: FrontEnd, right: Int16) -> None:
    found = {
        cause: (told, change)
        for cause, told, _, change in variants._spoilt_messages(front_end.settings)
        if not cause.endswith("column")
    }
    expected = {
        f"{count} of {period} {name}": (period, count, change)
        for period in (64, 128, 256, 512, 1024)
        for count in (1, 2)
        for name, change in MESSAGES.items()
    }
    assert set(found) == set(expected)
    x = right[:2100]  # the last message is short
    for name, (period, count, change) in expected.items():
        np.testing.assert_array_equal(
            found[name][1](x), in_messages(x, period, lambda m, c=change, n=count, p=period: c(m, n, p)), name  # type: ignore[misc]
        )  # fmt: skip
    assert found["1 of 64 lost at the end"][0] == "the last 1 sample of every 64 is lost"
    assert found["2 of 64 lost at the end"][0] == "the last 2 samples of every 64 are lost"
    assert found["1 of 512 lost at the beginning"][0] == "the first 1 sample of every 512 is lost"
    assert found["2 of 512 lost at the beginning"][0] == "the first 2 samples of every 512 are lost"
    assert found["2 of 512 twice at the end"][0] == "the last 2 samples of every 512 come twice"
    assert len(found["1 of 64 twice at the end"][1](x[:0])) == 0


@pytest.mark.parametrize("factor", [0.97, 0.95, 0.9375, 0.96875, 1.0])
def test_samples_through_a_filter(front_end: FrontEnd, right: Int16, factor: float) -> None:
    view = view_on(front_end, right, front_end.features(emphasised(right, factor)))
    candidate = best(variants.filtered(front_end), [view])
    assert candidate is not None and candidate.cause == f"pre-emphasis {factor:g}"
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)


@pytest.mark.parametrize(("of", "value"), [(0, -32768), (32767, -32768), (-32768, 32767), (0, 32767)])
def test_an_end_of_int16_that_becomes_another_value(
    front_end: FrontEnd, right: Int16, of: int, value: int
) -> None:
    of, value = (value, of) if of == 0 else (of, value)
    loud = right.copy()
    loud[::37] = of
    view = view_on(front_end, loud, front_end.features(np.where(loud == of, value, loud).astype(np.int16)))
    candidate = best(variants.filtered(front_end), [view])
    assert candidate is not None and candidate.cause == f"{of} → {value}"
    quiet = view_on(front_end, right, view.device)
    assert not [c for c in variants.filtered(front_end)([quiet]) if "→" in c.cause]


@pytest.mark.parametrize("by", [1, -1, 5, -37, 100, 1000, -600])
def test_what_is_added_to_each_sample_is_read_from_the_columns(
    front_end: FrontEnd, right: Int16, by: int
) -> None:
    small = (right // (8 if abs(by) < 50 else 1)).astype(np.int16)
    moved = (small.astype(np.int32) + by).clip(-32768, 32767).astype(np.int16)
    view = view_on(front_end, small, front_end.features(moved))
    candidate = best(variants.filtered(front_end), [view])
    assert candidate is not None
    assert candidate.cause == f"samples {by:+d}"
    assert candidate.explanation == f"{by:+d} is added to each sample"
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)


def test_messages_are_counted_from_a_files_beginning(front_end: FrontEnd, right: Int16) -> None:
    heard = in_messages(right, 512, lambda m: m[:-1] if len(m) == 512 else m)
    view = view_on(
        front_end, right, np.concatenate([front_end.features(heard), front_end.features(right)[-1:]])
    )
    candidate = best(variants.filtered(front_end), [view])
    assert candidate is not None and candidate.cause == "1 of 512 lost at the end"
    amid = replace(view, first=4)
    assert not [c for c in variants.filtered(front_end)([view, amid]) if " of " in c.cause]
    assert [c for c in variants.filtered(front_end)([view, view]) if " of " in c.cause]


def test_nothing_is_added_where_nothing_helps(front_end: FrontEnd, right: Int16) -> None:
    view = view_on(front_end, right, front_end.features(right))
    assert variants._offset(front_end, view) == 0
    step = np.random.default_rng(4).integers(-9, 10, view.expected.shape)
    noisy = replace(view, device=(view.expected + step).clip(-128, 127).astype(np.int8))
    assert best(variants.filtered(front_end), [noisy]) is None


# ---- tables


def top(values: tuple[int, ...]) -> int:
    return max(values)


TABLES: dict[str, Callable[[LogMelTables], LogMelTables]] = {
    "taper missing": lambda t: replace(t, weights=tuple(top(t.weights) if w else 0 for w in t.weights)),
    "shares exchanged": lambda t: replace(t, shares_q16=tuple(65535 - s if s else 0 for s in t.shares_q16)),
    "shares missing": lambda t: replace(t, shares_q16=tuple(0 for _ in t.shares_q16)),
    "shares halved": lambda t: replace(t, shares_q16=tuple(s // 2 for s in t.shares_q16)),
    "bins +1": lambda t: replace(t, first_bin=t.first_bin + 1),
    "bins -1": lambda t: replace(t, first_bin=t.first_bin - 1),
}


def other(tables: LogMelTables, front_end: FrontEnd) -> Callable[[list[View]], Any]:
    return variants.other_tables(front_end, tables, SCALE, ZERO)


@pytest.mark.parametrize("cause", TABLES)
def test_other_tables(right: Int16, cause: str) -> None:
    """Bands that end below half the rate, so that there is a bin beyond them."""
    settings = replace(SETTINGS, fmin=100.0, fmax=3800.0)
    plain = FrontEnd(settings, SCALE, ZERO)
    tables = tables_of(settings)
    changed = FrontEnd(settings, SCALE, ZERO, TABLES[cause](tables))
    view = view_on(plain, right, changed.features(right))
    candidate = named(other(tables, plain)([view]), cause)
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)
    assert not np.array_equal(view.device, view.expected)
    if cause.startswith("bins"):
        assert candidate.explanation.endswith(f"too {'high' if '+' in cause else 'low'} in the spectrum")


def test_bins_end_where_the_spectrum_does(tables: LogMelTables) -> None:
    def causes(t: LogMelTables) -> set[str]:
        return {cause for cause, _, _, _ in variants._tables(t) if cause.startswith("bins")}

    room = FFT // 2 - len(tables.shares_q16)
    assert causes(replace(tables, first_bin=room)) == {"bins -1"}
    assert causes(replace(tables, first_bin=room - 1)) == {"bins +1", "bins -1"}
    assert causes(replace(tables, first_bin=1)) == {"bins +1"}
    assert causes(replace(tables, first_bin=2)) == {"bins +1", "bins -1"}


@pytest.mark.parametrize("by", [1, -1, 2, -2])
def test_another_hop(front_end: FrontEnd, tables: LogMelTables, right: Int16, by: int) -> None:
    changed = FrontEnd(replace(SETTINGS, hop=HOP + by), SCALE, ZERO)
    device = changed.features(right)
    expected = front_end.features(right)
    device = np.concatenate([device, expected[len(device) :]])
    view = view_on(front_end, right, device)
    candidate = named(other(tables, front_end)([view]), f"hop {by:+d}")
    assert candidate.explanation == f"columns are {HOP + by} samples apart instead of {HOP}"
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)
    amid = replace(view, first=3)
    assert candidate.replay(amid) is None
    assert named(other(tables, front_end)([amid]), "shares missing").replay(amid) is not None


# ---- the last step


def steps(front_end: FrontEnd, tables: LogMelTables, right: Int16, slope: float = 1) -> Any:
    """Cells before they are rounded, with the half that rounds to the nearest."""
    db = front_end.values(right).astype(np.int64)
    return (db * 32 * round(tables.quant_slope * slope)) // 2**32 + tables.quant_bias


def rounded(values: Any, tables: LogMelTables) -> Any:
    return np.floor(values / 2**tables.quant_shift)


def half(tables: LogMelTables) -> int:
    return int(2**tables.quant_shift // 2)


LAST: dict[str, Callable[[FrontEnd, LogMelTables, Int16], Any]] = {
    "rounded down": lambda f, t, x: rounded(steps(f, t, x) - half(t), t),
    "rounded up": lambda f, t, x: rounded(steps(f, t, x) + half(t), t),
    "truncated": lambda f, t, x: np.trunc((steps(f, t, x) - half(t)) / 2**t.quant_shift),
    "slope halved": lambda f, t, x: rounded(steps(f, t, x, 0.5), t),
    "slope doubled": lambda f, t, x: rounded(steps(f, t, x, 2), t),
}


@pytest.mark.parametrize("cause", [*LAST, "wrapped"])
def test_another_last_step(front_end: FrontEnd, tables: LogMelTables, right: Int16, cause: str) -> None:
    loud = np.clip(right.astype(np.int32) * 4, -32768, 32767).astype(np.int16)
    if cause == "wrapped":
        cells = rounded(steps(front_end, tables, loud), tables).astype(np.int64).astype(np.int8)
    else:
        cells = LAST[cause](front_end, tables, loud).clip(-128, 127).astype(np.int8)
    view = view_on(front_end, loud, cells)
    candidate = named(quantiser.quantised(front_end, tables)([view]), cause)
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)
    short = replace(view.file, piece=replace(view.file.piece, samples=loud[:300]))
    assert candidate.replay(replace(view, file=short)) is None
    longer = replace(view.file, piece=replace(view.file.piece, samples=np.concatenate([loud, loud])))
    np.testing.assert_array_equal(replay_of(candidate, replace(view, file=longer)), view.device)

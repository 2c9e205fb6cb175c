"""A deployed bundle whose cells reach limits that those of the bundle in use do not reach."""

from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...errors import HilError
from ..fakes import FakeInterpreter
from . import variant as module
from .variant import _at_ends, limiting, second_variant, variant

pytestmark = pytest.mark.native
SOUND = np.random.default_rng(2).integers(-3000, 3000, 20_000).astype(np.int16)
MARK = bytes(range(16))
Ends = dict[float, list[float] | None]


def scale_of(bundle: Bundle) -> Any:
    return bundle.model.input.scale


def given(monkeypatch: pytest.MonkeyPatch, ends: Ends) -> None:
    def at_ends(_: Bundle, sound: Any, by: float) -> list[float]:
        assert sound is SOUND
        found = ends.get(by, [0.0, 0.0])
        if found is None:
            raise HilError("no quantiser", "")
        return found

    monkeypatch.setattr(module, "_at_ends", at_ends)


@pytest.mark.parametrize(
    ("ends", "by"),
    [
        ({0.7: [0.0, 0.01]}, (0.7,)),
        ({0.7: [0.009, 0.0], 0.5: [0.6, 0.0]}, (0.5,)),
        ({0.7: [0.61, 0.0], 0.5: [0.9, 0.61]}, ()),
        ({1.0: [0.001, 0.0], 0.7: [0.3, 0.0], 0.35: [0.3, 0.2]}, (0.35,)),
        ({1.0: [0.001, 0.2], 0.7: [0.3, 0.3]}, ()),
        ({0.7: None, 0.125: [0.0, 0.3]}, (0.125,)),
    ],
)
def test_the_first_scale_that_brings_cells_to_an_end_is_taken(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, ends: Ends, by: tuple[float, ...]
) -> None:
    given(monkeypatch, ends)
    assert limiting(bundle, SOUND) == by


def test_cells_at_the_ends_are_counted(bundle: Bundle) -> None:
    least = [_at_ends(bundle, SOUND, by)[0] + _at_ends(bundle, SOUND, by)[1] for by in (1.0, 0.25, 0.01)]
    assert least[0] < least[1] < least[2] == pytest.approx(1, abs=0.1)
    assert _at_ends(bundle, SOUND[:3], 1.0) == [0.0, 0.0]


def test_such_a_scale_comes_before_others(bundle: Bundle) -> None:
    assert scale_of(variant(bundle, MARK, scales=(0.5,))) == float(np.float32(scale_of(bundle) * 0.5))


@pytest.mark.parametrize(
    ("changes", "runs", "by"),
    [
        ((0.5, 1.03), True, 0.5),
        ((0.5,), True, 0.5),
        ((1.03,), True, 1.03),  # a class that begins and ends says more than a limit
        ((), True, 0.5),
        ((1.03,), False, 0.5),
    ],
)
def test_changes_at_both_ends_of_a_sound_matter_more_than_limits(
    bundle: Bundle,
    monkeypatch: pytest.MonkeyPatch,
    changes: tuple[float, ...],
    runs: bool,
    by: float,
) -> None:
    given(monkeypatch, {0.5: [0.0, 0.1]})
    first = variant(bundle, bytes(16), None, (0.9,))

    def at_both_ends(of: Bundle, _: Any, sound: Any) -> tuple[Bundle, Any]:
        if any(scale_of(of) == float(np.float32(scale_of(bundle) * each)) for each in changes):
            changed = module.replace(of, name="changed")
            return changed, sound[:9]
        return of, sound

    monkeypatch.setattr(module, "with_changes_at_both_ends", at_both_ends)
    second, sound = second_variant(bundle, MARK, first, FakeInterpreter(bundle) if runs else None, SOUND)
    assert scale_of(second) == float(np.float32(scale_of(bundle) * by))
    assert (second.name == "changed") is (runs and by in changes) is (len(sound) == 9)

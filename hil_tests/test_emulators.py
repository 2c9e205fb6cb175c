"""What is excused on an emulator, and what is not. These need no board."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from . import emulators
from .toolkit import Board, BoardChoice, Bundle, Connected, HilError


def _run(bundle: Bundle, error: Exception, emulated: bool = True, marked: bool = True) -> Connected:
    """Run a test that fails with `error` on a board at a port."""
    board = cast(Board, SimpleNamespace(description="socket://h:1"))
    connected = Connected(board, BoardChoice("serial"), bundle)
    connected.emulated = emulated
    item: Any = SimpleNamespace(
        funcargs={"connected": connected},
        get_closest_marker=lambda name: True if marked and name == emulators.MARK else None,
    )
    generator = emulators.excused(item)
    next(generator)
    try:
        generator.throw(error)
    except pytest.skip.Exception as skipped:
        assert "not this emulator (socket://h:1)" in str(skipped)
    return connected


def test_an_emulator_that_is_lost_by_a_restart_is_named_and_not_asked_again(bundle: Bundle) -> None:
    connected = _run(bundle, HilError("it did not come back", "look"))
    assert "it did not come back" in connected.lost
    with pytest.raises(pytest.skip.Exception, match="not this emulator"):
        connected.device()


@pytest.mark.parametrize(("emulated", "marked"), [(False, True), (True, False)])
def test_a_board_and_any_other_test_are_not_excused(bundle: Bundle, emulated: bool, marked: bool) -> None:
    with pytest.raises(HilError):
        _run(bundle, HilError("lost", "look"), emulated, marked)


def test_wrong_values_are_not_excused(bundle: Bundle) -> None:
    with pytest.raises(AssertionError):
        _run(bundle, AssertionError("one cell differs"))


def test_restarts_come_last() -> None:
    def item(name: str) -> Any:
        return SimpleNamespace(name=name, get_closest_marker=lambda _: True if name.startswith("r") else None)

    items = [item(name) for name in ("a", "r1", "b", "r2", "c")]
    emulators.last(items)
    assert [item.name for item in items] == ["a", "b", "c", "r1", "r2"]

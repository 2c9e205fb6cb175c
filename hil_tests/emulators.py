"""Restarts on emulators: some never come back from one, which says nothing of the firmware."""

from collections.abc import Generator

import pytest

from .toolkit import Connected, HilError, QemuBoard

MARK = "restarts"


def last(items: list[pytest.Item]) -> None:
    """Put the tests that restart the board behind all others: one may be the last that it answers."""
    items.sort(key=lambda item: item.get_closest_marker(MARK) is not None)


def excused(item: pytest.Function) -> Generator[None, object, object]:
    """Run a test that restarts the board; where that is an emulator and is lost, skip the test by name.

    Wrong values fail there as everywhere: only a board that does not answer is excused.
    """
    connected = item.funcargs.get("connected")
    try:
        return (yield)
    except HilError as error:
        if item.get_closest_marker(MARK) is None or not isinstance(connected, Connected):
            raise
        if not connected.emulated:
            raise
        connected.lost = f"not this emulator ({connected.board.description}): after a restart, {error.cause}"
        if isinstance(connected.board, QemuBoard):  # ours: it is simply started anew
            connected.drop()
            connected.board.kill()
            why, connected.lost = connected.lost, ""
            pytest.skip(why)
        pytest.skip(connected.lost)

"""A board that was asked to restart, and of which no restart was heard: its clock decides."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from ..errors import HilError
from ..line.connection import LinkError
from ..link import messages as m
from .client import DeviceError
from .restarting import asked_again

WAITED_S = 20.0


def asked(boot_id: int, up_ms: int, connect: Any = None, status: Any = None) -> m.Info:
    client: Any = SimpleNamespace(name="the board", connection=SimpleNamespace(boot_id=boot_id))
    return asked_again(
        client,
        connect or (lambda: m.Info(boot_id=boot_id)),
        status or (lambda: m.Status(uptime_ms=up_ms)),
        7,
        time.monotonic() - WAITED_S,
    )


@pytest.mark.parametrize(("boot_id", "up_ms"), [(8, 500), (8, 90_000), (7, 500), (7, 20_900)])
def test_another_boot_id_or_a_clock_that_began_anew_is_a_restart(boot_id: int, up_ms: int) -> None:
    assert asked(boot_id, up_ms).boot_id == boot_id


def test_a_clock_that_goes_on_with_the_same_boot_id_is_none() -> None:
    with pytest.raises(DeviceError) as caught:
        asked(7, 42_000)
    assert caught.value.cause == (
        "the board did not restart on request: its boot id is the same, and its clock tells 42 s, though it was asked "
        "20 s ago"
    )
    assert "session/restart.c" in str(caught.value)


def test_another_boot_id_in_info_alone_is_no_restart() -> None:
    with pytest.raises(DeviceError, match="did not restart on request: its boot id is the same"):
        asked(7, 42_000, connect=lambda: m.Info(boot_id=8))


def test_a_board_that_answers_no_request_any_more_is_told_by_its_boot_id() -> None:
    def silent() -> Any:
        raise DeviceError("no INFO", "?")

    for more in ({"connect": silent}, {"status": silent}):
        with pytest.raises(DeviceError, match="did not restart on request, and answers no request since"):
            asked(7, 0, **more)
        with pytest.raises(DeviceError, match="no INFO"):
            asked(8, 0, **more)


def test_a_board_that_is_gone_is_told_as_that() -> None:
    def gone() -> Any:
        raise LinkError("gone", "?")

    with pytest.raises(HilError, match="gone"):
        asked(7, 0, connect=gone)

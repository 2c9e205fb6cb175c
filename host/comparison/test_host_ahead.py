"""The host's side in a thread of its own: in order, bounded, and no error is lost."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from ..errors import HilError
from .expected import HostBlock
from .host_ahead import HostAhead

Int16 = NDArray[np.int16]
PATIENCE_S = 20.0


def _block(samples: Int16) -> HostBlock:
    return HostBlock(np.full((1, 2), samples[0], np.int8), None, samples=samples)


def _sound(value: int, count: int = 3) -> Int16:
    return np.full(count, value, np.int16)


def test_blocks_come_back_in_order() -> None:
    with HostAhead(_block) as host:
        taken = []
        for value in range(50):
            host.put(_sound(value, value + 1))
            taken += host.ready()
        taken += host.ready(all_of_it=True)
    assert [int(block.columns[0, 0]) for block, _ in taken] == list(range(50))
    assert [samples for _, samples in taken] == list(range(1, 51))


def test_no_more_than_two_blocks_wait() -> None:
    go_on, entered = threading.Event(), threading.Event()

    def slow(samples: Int16) -> HostBlock:
        entered.set()
        assert go_on.wait(PATIENCE_S)
        return _block(samples)

    with HostAhead(slow) as host:
        for value in range(2):
            host.put(_sound(value))
        assert entered.wait(PATIENCE_S)
        late = threading.Thread(target=host.put, args=(_sound(9),))
        late.start()
        late.join(0.05)
        assert late.is_alive(), "one too many is not taken in"
        go_on.set()
        late.join(PATIENCE_S)
        assert len(host.ready(all_of_it=True)) == 3


@pytest.mark.parametrize("how", ["put", "ready", "rest"])
def test_an_error_reaches_whoever_asks_next(how: str) -> None:
    failed = threading.Event()

    def fail(_: Int16) -> HostBlock:
        try:
            raise HilError("the model died", "convert it again")
        finally:
            failed.set()

    with HostAhead(fail) as host:
        host.put(_sound(1))
        assert failed.wait(PATIENCE_S)
        host._thread.join(PATIENCE_S)
        with pytest.raises(HilError, match="the model died"):
            host.put(_sound(2)) if how == "put" else host.ready(all_of_it=how == "rest")


def test_an_error_wakes_who_waits_for_the_rest() -> None:
    waiting = threading.Event()
    told: list[HilError] = []

    def fail(_: Int16) -> HostBlock:
        assert waiting.wait(PATIENCE_S)
        raise HilError("the model died", "convert it again")

    def ask() -> None:
        try:
            host.ready(all_of_it=True)
        except HilError as error:
            told.append(error)

    with HostAhead(fail) as host:
        host.put(_sound(1))
        wait_for = host._changed.wait_for

        def waits(predicate: Callable[[], bool]) -> bool:
            waiting.set()  # `fail` goes on once this waits, which gives up the lock
            return wait_for(predicate)

        host._changed.wait_for = waits  # type: ignore[method-assign,assignment]
        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(PATIENCE_S)
        assert [error.cause for error in told] == ["the model died"]


def test_what_is_done_is_given_without_waiting_for_the_rest() -> None:
    go_on = threading.Event()

    def slow(samples: Int16) -> HostBlock:
        assert samples[0] == 1 or go_on.wait(PATIENCE_S)
        return _block(samples)

    with HostAhead(slow) as host:
        host.put(_sound(1))
        host.ready(all_of_it=True)
        host.put(_sound(2))
        assert host.ready() == []
        go_on.set()
        assert len(host.ready(all_of_it=True)) == 1


def test_the_thread_is_over_when_the_block_ends() -> None:
    """Whoever asks the interpreter next must not share it with what a broken file left."""
    busy, go_on = threading.Event(), threading.Event()

    def slow(samples: Int16) -> HostBlock:
        busy.set()
        go_on.wait(PATIENCE_S)
        return _block(samples)

    host = HostAhead(slow)
    threading.Timer(0.1, go_on.set).start()
    with pytest.raises(HilError), host:
        host.put(_sound(1))
        assert busy.wait(PATIENCE_S)
        raise HilError("the board is gone", "reset it")
    assert go_on.is_set() and not host._thread.is_alive()


def test_ctrl_c_waits_for_nothing() -> None:
    go_on = threading.Event()

    def hangs(samples: Int16) -> HostBlock:
        go_on.wait(PATIENCE_S)
        return _block(samples)

    host = HostAhead(hangs)
    with pytest.raises(KeyboardInterrupt), host:
        host.put(_sound(1))
        raise KeyboardInterrupt
    assert host._thread.is_alive() and host._thread.daemon
    go_on.set()
    host._thread.join(PATIENCE_S)

"""A place that a run has acquired: where its serial port is, its power, and whether it is still ours."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from ... import PACKAGE
from ...checkout import ROOT
from ...errors import HilError
from .labgrid_client import LIMIT_S, LabgridClient, PlaceError
from .place_keeper import FORGET, PAUSE_S, RELEASE_LIMIT_S, RELEASES
from .place_state import PlaceState, read_state
from .serial_resource import address_of, the_serial_port

START_S = 10.0  # for the keeper itself
SERVER_S = 15.0  # for an exporter to start the port's server
POWER_LIMIT_S = 120.0
BACK_S = 30.0  # for a board to be there again after its power was off
LOOK_AGAIN_S = 0.5
RELEASE_S = RELEASES * (RELEASE_LIMIT_S + PAUSE_S) + START_S


class PlaceLostError(PlaceError):
    """The place is not ours any more, or its exporter is gone: what comes from the board cannot be trusted."""


class HeldPlace:
    """A place, acquired from `acquire` to `release`, or to the end of this process, however it ends.

    Args:
        client: labgrid's client.
        place: name, alias or pattern of the place.

    Attributes:
        name: what labgrid calls it, once it is acquired.
        lost: why it cannot be used any more; None while it can.
        forgotten: whether it is not ours to release any more.
    """

    def __init__(self, client: LabgridClient, place: str) -> None:
        self.name = place
        self.lost: PlaceLostError | None = None
        self.forgotten = False
        self._client = client
        self._holder: str | None = None
        self._first: PlaceState | None = (
            None  # what is known from the acquisition: labgrid takes a second to ask
        )
        self._keeper: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

    def acquire(self) -> None:
        """Acquire it, and watch it from now on.

        Raises:
            PlaceError: labgrid refuses, or does not answer.
        """
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", f"{PACKAGE}.board.places.place_keeper"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,  # a Ctrl-C is not meant for it
        )
        assert self._keeper.stdin is not None
        asked = {
            "program": self._client.program,
            "coordinator": self._client.coordinator,
            "environment": dict(self._client.environment),
            "place": self.name,
        }
        with contextlib.suppress(OSError):
            self._keeper.stdin.write(json.dumps(asked).encode() + b"\n")
            self._keeper.stdin.flush()
        name = f"keeper of {self.name}"
        threading.Thread(target=self._listen, args=(self._keeper,), name=name, daemon=True).start()
        try:
            what, value = self._answer(LIMIT_S + START_S)
            if what != "acquired":
                raise PlaceError(*value)
            self.name = value
            self._first = self.state()
            self._holder = self._first.holder
        except BaseException:
            self._end()  # where it was acquired, the keeper releases it
            raise

    def state(self) -> PlaceState:
        """What labgrid says of it now.

        Raises:
            PlaceError: labgrid does not answer.
        """
        return read_state(self._client.ask(self.name, "show"))

    def address(self, wait_s: float = SERVER_S, must_be_there: bool = True) -> str:
        """What its serial port is opened with: a device of this computer, or a URL.

        Args:
            wait_s: for the exporter to offer it.
            must_be_there: whether a port that is unplugged is an error at once.

        Raises:
            PlaceError: it has none, or several, or it cannot be used.
        """
        end_s = time.monotonic() + wait_s
        while True:
            self.still_ours()
            state, self._first = self._first or self.state(), None
            resource = the_serial_port(state, self.name)
            try:
                address = address_of(resource, self.name)
            except PlaceError:
                if must_be_there or time.monotonic() > end_s:
                    raise
                address = None
            if address is not None:
                return address
            if time.monotonic() > end_s:
                raise PlaceError(
                    f"the exporter {resource.exporter!r} does not offer the serial port of the place {self.name!r}",
                    "see whether ser2net is installed on the exporter's computer, and look at the exporter's log",
                )
            time.sleep(LOOK_AGAIN_S)

    @property
    def has_power(self) -> bool:
        """Whether labgrid can switch the board's power."""
        return self.state().has_power

    def power_cycle(self) -> None:
        """Switch the board's power off and on.

        Raises:
            PlaceError: labgrid's driver failed.
        """
        self._client.ask(self.name, "power", "cycle", limit_s=POWER_LIMIT_S)

    def still_ours(self) -> None:
        """Nothing while it can be used.

        Raises:
            PlaceLostError: it cannot any more.
        """
        if self.lost is not None:
            raise self.lost

    def release(self) -> HilError | None:
        """Release it; why that was not possible, None when it was. A second call does nothing."""
        if self._keeper is None:
            return None
        self._end()
        try:
            what, value = self._answer(RELEASE_S)
            if what == "kept":
                return PlaceError(*value)
        except PlaceError:  # the keeper was killed
            try:
                self._client.ask(self.name, "release", limit_s=RELEASE_LIMIT_S)
            except PlaceError as error:
                return error
        return None

    def _end(self) -> None:
        """Let the keeper release it, in its own time."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None and keeper.stdin is not None:
            with contextlib.suppress(OSError):
                keeper.stdin.close()

    def _answer(self, limit_s: float) -> tuple[str, Any]:
        try:
            what, value = self._answers.get(timeout=limit_s)
        except queue.Empty:
            what, value = "", "is silent"
        if what:
            return what, value
        raise PlaceError(
            f"the process that holds the place {self.name!r} {value}",
            f"see with `labgrid-client -p {self.name} show` who has it, and release it",
        )

    def _listen(self, keeper: "subprocess.Popen[bytes]") -> None:
        """In a thread: what the keeper says, to its end."""
        assert keeper.stdout is not None
        with keeper.stdout as said:
            for line in said:
                ((what, value),) = json.loads(line).items()
                if what == "check":
                    self._check()
                else:
                    self._answers.put((what, value))
        keeper.wait()
        self._answers.put(("", "ended"))
        if self._keeper is not None and not self.forgotten:
            with contextlib.suppress(OSError):  # its monitor
                os.killpg(keeper.pid, signal.SIGKILL)
            self._lose("the process that holds it ended", "run again; nobody but you should end that process")

    def _check(self) -> None:
        """Look at the place after something happened to it or in the lab."""
        if self._holder is None:
            return
        state: PlaceState | PlaceError
        try:
            state = self.state()
        except PlaceError as error:
            state = error
        if self._keeper is None:
            return  # released meanwhile, by ourselves: nothing was lost
        if isinstance(state, PlaceError):
            self._lose(f"labgrid cannot tell any more whether it is ours: {state.cause}", state.cure)
            return
        if state.holder != self._holder:
            self._forget()
            taken = f"it is {state.holder}'s now" if state.holder else "somebody released it"
            self._lose(taken, "ask who did so, then run again")
        elif state.orphans:
            first = state.orphans[0]
            self._lose(
                f"its exporter {first.exporter!r} is gone, and with it {first.name!r}",
                "see whether labgrid-exporter runs on the board's computer and reaches the coordinator",
            )

    def _lose(self, why: str, cure: str) -> None:
        if self.lost is None:
            self.lost = PlaceLostError(f"the place {self.name!r} is lost: {why}", cure)

    def _forget(self) -> None:
        """It is somebody else's: the keeper must not release it."""
        self.forgotten = True
        keeper = self._keeper
        if keeper is not None and keeper.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                keeper.stdin.write(FORGET + b"\n")
                keeper.stdin.flush()

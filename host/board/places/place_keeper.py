"""Holds a place for a run: acquires it, tells what happens to it, and releases it when the run ends, however it ends.

A process of its own: it outlives a run that is killed. First line of standard input: a JSON object with `program`,
`coordinator`, `environment`, `place`. Then nothing, or a line `forget`, up to the end, which means: release. Standard
output: JSON objects, one a line, each with one key: `acquired`, `refused`, `check` (look at the place), `released`,
`kept`, `forgotten`. Errors are told as [cause, cure].
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from typing import Any

from ...errors import HilError
from .labgrid_client import LabgridClient

RELEASE_LIMIT_S = 20.0
RELEASES = 3
PAUSE_S = 2.0  # between them
FIRST_CHECK_S = 5.0  # what happened before the monitor listened
QUIET_S = 0.5  # an exporter that goes is told resource by resource
MONITOR_AGAIN_S = 5.0
LOOK_S = 2.0  # at whether the run still lives: a process that it forked would keep our input open
MOST_LINE = 1 << 16
FORGET = b"forget"


class Keeper:
    """One place, from its acquisition to its release.

    Args:
        client: labgrid's client.
        place: name, alias or pattern; what labgrid calls it once it is acquired.
    """

    def __init__(self, client: LabgridClient, place: str) -> None:
        self._client = client
        self._place = place
        self._parent = os.getppid()
        self._monitor: subprocess.Popen[bytes] | None = None
        self._monitor_from_s = 0.0
        self._line = b""
        self._check_at_s = float("inf")
        self._wake, self._woken = os.pipe()
        os.set_blocking(self._woken, False)
        signal.set_wakeup_fd(self._woken)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: None)  # the wake-up tells it
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def run(self) -> None:
        """Acquire, keep, release."""
        try:
            said = self._client.ask(self._place, "acquire")
        except HilError as error:
            tell("refused", [error.cause, error.cure])
            return
        self._place = acquired_name(said) or self._place
        tell("acquired", self._place)
        try:
            release = self._keep()
        finally:
            self._end_monitor()
        if release:
            self._release()
        else:
            tell("forgotten", self._place)

    def _keep(self) -> bool:
        """Watch the place until the run ends; whether it is to be released then."""
        said = b""
        self._check_at_s = time.monotonic() + FIRST_CHECK_S
        while os.getppid() == self._parent:
            self._start_monitor()
            now = time.monotonic()
            if now >= self._check_at_s:
                self._check_at_s = float("inf")
                tell("check", self._place)
            waited: list[Any] = [0, self._wake]
            if self._monitor is not None and self._monitor.stdout is not None:
                waited.append(self._monitor.stdout.fileno())
            ready = select.select(waited, [], [], min(LOOK_S, max(0.0, self._check_at_s - now)))[0]
            if self._wake in ready:
                return True
            if 0 in ready:
                data = os.read(0, 4096)
                said += data
                if not data or b"\n" in said:
                    return not said.startswith(FORGET)
            if len(waited) > 2 and waited[2] in ready:
                self._hear(os.read(waited[2], 65536))
        return True

    def _start_monitor(self) -> None:
        now = time.monotonic()
        if self._monitor is not None or now < self._monitor_from_s:
            return
        self._monitor_from_s = now + MONITOR_AGAIN_S
        with contextlib.suppress(OSError):
            self._monitor = subprocess.Popen(
                [self._client.program, "monitor"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=dict(self._client.environment),
            )

    def _hear(self, data: bytes) -> None:
        """What the monitor says: lines about this place, and resources that went, are a reason to look."""
        soon = time.monotonic() + QUIET_S
        if not data:  # it ends when the coordinator goes
            self._end_monitor()
            self._check_at_s = min(self._check_at_s, soon)
            return
        *lines, self._line = (self._line + data).split(b"\n")
        self._line = self._line[-MOST_LINE:]
        about = f"Place {self._place} ".encode()
        if any(
            line.startswith(about) or (line.startswith(b"Resource ") and line.endswith(b" deleted"))
            for line in lines
        ):
            self._check_at_s = min(self._check_at_s, soon)

    def _end_monitor(self) -> None:
        if self._monitor is not None:
            self._monitor.kill()
            self._monitor.wait()
            if self._monitor.stdout is not None:
                self._monitor.stdout.close()
            self._monitor = None
            self._line = b""

    def _release(self) -> None:
        for attempt in range(RELEASES):
            try:
                self._client.ask(self._place, "release", limit_s=RELEASE_LIMIT_S)
            except HilError as error:
                if "is not acquired" in error.cause:  # somebody released it
                    break
                if attempt == RELEASES - 1:
                    tell("kept", [error.cause, error.cure])
                    return
                time.sleep(PAUSE_S)
            else:
                break
        tell("released", self._place)


def acquired_name(said: str) -> str:
    """The place's own name in what `labgrid-client acquire` says; "" when it is not there."""
    words = "acquired place "
    lines = [line for line in said.splitlines() if line.startswith(words)]
    return lines[-1].removeprefix(words) if lines else ""


def tell(what: str, value: object) -> None:
    """Write one line for the run; it may be gone."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps({what: value}).encode() + b"\n")


def main() -> None:
    """Keep the place that standard input names."""
    line = b""
    while not line.endswith(b"\n"):  # unbuffered: what comes after it is waited for with select
        byte = os.read(0, 1)
        if not byte:
            return
        line += byte
    values = json.loads(line)
    client = LabgridClient(values["program"], values["coordinator"], values["environment"])
    Keeper(client, values["place"]).run()


if __name__ == "__main__":
    main()

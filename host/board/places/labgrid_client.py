"""labgrid's client as a process with a time limit. Its output comes from a coordinator: foreign text, bounded.

labgrid brings a pyserial of its own, so it lives in an environment of its own unless a client is there already.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from ...errors import HilError
from ...own_environment import OwnEnvironment

PACKAGE = "labgrid==26.0.1"
PROGRAM = "labgrid-client"
PROGRAM_VARIABLE = "HIL_LABGRID_CLIENT"
LIMIT_S = 60.0  # a name that does not resolve takes labgrid 20 s
MOST_BYTES = 1 << 20
MOST_SHOWN = 500
# They choose a place, a configuration or a state in which labgrid would do something else than it is asked for.
LEFT_OUT = ("LG_ENV", "LG_PLACE", "PLACE", "LG_STATE", "STATE", "LG_INITIAL_STATE")
OF_PYTHON = ("PYTHONPATH", "PYTHONHOME")  # would bring modules of ours into its environment
COORDINATOR_VARIABLE = "LG_COORDINATOR"
COORDINATOR_CURE = "give host or host:port"

_SPEAKERS = re.compile(r"^(?:\S*labgrid-client: |Server error: |Error: |error: |ERROR +\S+: )+")


class PlaceError(HilError):
    """labgrid cannot give, use or release a place."""


@dataclass(frozen=True)
class LabgridClient:
    """labgrid's client, for one coordinator.

    Attributes:
        program: its path.
        coordinator: the address, HOST or HOST:PORT.
        environment: what it runs in.
    """

    program: str
    coordinator: str
    environment: Mapping[str, str]

    def words(self, place: str, *words: str) -> list[str]:
        """The command line that does something with a place. A name may begin with a dash."""
        return [self.program, f"--place={place}", *words]

    def ask(self, place: str, *words: str, limit_s: float = LIMIT_S) -> str:
        """Do something with a place; what labgrid writes on standard output.

        Raises:
            PlaceError: it refuses, with its own reason; or it does not answer in time.
        """
        try:
            code, output, errors = run_bounded(self.words(place, *words), self.environment, limit_s)
        except subprocess.TimeoutExpired as error:
            raise PlaceError(
                f"labgrid does not answer within {limit_s:.0f} s (`{PROGRAM} {' '.join(words)}`, coordinator "
                f"{self.coordinator})",
                "see whether the coordinator and the exporter run and can be reached",
            ) from error
        except (OSError, ValueError) as error:
            raise PlaceError(
                f"{self.program} does not start: {error}",
                f"set {PROGRAM_VARIABLE} to labgrid's client, or unset it: labgrid is then installed by itself",
            ) from error
        if code != 0:
            raise refused(place, " ".join(words), reason(output, errors), self.coordinator)
        return output


def find_client(coordinator: str, say: Callable[[str], None] = lambda _text: None) -> LabgridClient:
    """The client that is named or on the path, else that of an environment of its own.

    Args:
        coordinator: its address.
        say: told when labgrid is installed.

    Raises:
        HilError: the address is none, or no client is there and none can be installed.
    """
    check_coordinator(coordinator)
    program, own = _program(say)
    return LabgridClient(program, coordinator, _environment(os.environ, coordinator, own))


def check_coordinator(address: str) -> None:
    """Refuse what is no address, before anything is installed or started.

    Raises:
        PlaceError: it is none.
    """
    if address_trouble(address):
        raise PlaceError(
            f"{address!r} is no address of a labgrid coordinator",
            f"{COORDINATOR_CURE} with --coordinator or {COORDINATOR_VARIABLE}",
        )


def address_trouble(address: str) -> bool:
    """Whether it is no coordinator's address."""
    try:
        parts = urlsplit(f"//{address}")
        wrong = not parts.hostname or (parts.port is None and parts.netloc.endswith(":"))
        wrong = wrong or parts.netloc != address or "@" in address or not address.isprintable()
    except ValueError:
        wrong = True
    return wrong or any(character.isspace() for character in address)


def refused(place: str, what: str, why: str, coordinator: str) -> PlaceError:
    """labgrid's own reason, and what to do about it."""
    if "coordinator" in why and ("unavailable" in why or "connect" in why):
        return PlaceError(
            f"labgrid's coordinator at {coordinator} does not answer: {why}",
            f"start labgrid-coordinator there, or give its address with --coordinator or {COORDINATOR_VARIABLE}",
        )
    cures = {
        "matches nothing": f"`{PROGRAM} places` lists the places of this coordinator ({coordinator})",
        "matches multiple places": "give the whole name of one",
        "You have already acquired": "another run of yours has it: wait for its end; or, if none runs any more, "
        f"`{PROGRAM} -p {place} release`",
        "already acquired": f"wait until it is released; `{PROGRAM} who` shows who has which place",
        "no matching remote resource": "see whether labgrid-exporter runs on the board's computer, and what "
        f"`{PROGRAM} -p {place} show` says",
        "was not reserved for": f"`{PROGRAM} reservations` shows who waits for it",
    }
    cure = next(
        (cure for words, cure in cures.items() if words in why), f"`{PROGRAM} -p {place} show` tells more"
    )
    return PlaceError(f"labgrid refuses `{what}` for the place {place!r}: {why}", cure)


def reason(output: str, errors: str) -> str:
    """Why labgrid's client failed, in its own words, without the names of who speaks."""
    lines = [_SPEAKERS.sub("", line).strip() for line in f"{output}\n{errors}".splitlines() if line.strip()]
    if "Traceback (most recent call last):" in lines:  # a fault of labgrid's: the last line says which
        return lines[-1][:MOST_SHOWN]
    return "; ".join(dict.fromkeys(lines))[:MOST_SHOWN] or "it gave no reason"


def run_bounded(words: list[str], environment: Mapping[str, str], limit_s: float) -> tuple[int, str, str]:
    """Run a program in a session of its own, so that a Ctrl-C meant for us does not end it half-way.

    Returns:
        Exit code, and the beginning of standard output and standard error.

    Raises:
        TimeoutExpired: it was ended because it took longer than `limit_s`.
        OSError, ValueError: it does not start.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=dict(environment),
            start_new_session=True,
        )
        try:
            code = process.wait(limit_s)
        finally:
            end_session(process)
        return code, _beginning(output), _beginning(errors)


def end_session(process: "subprocess.Popen[bytes]") -> None:
    """End a process that was started in a session of its own, with what it started."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _beginning(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(MOST_BYTES).decode("utf-8", "replace")


def _environment(given: Mapping[str, str], coordinator: str, own: bool) -> dict[str, str]:
    without = LEFT_OUT + (OF_PYTHON if own else ())
    kept = {name: value for name, value in given.items() if name not in without}
    return {**kept, COORDINATOR_VARIABLE: coordinator, "PYTHONUNBUFFERED": "1"}


def _program(say: Callable[[str], None]) -> tuple[str, bool]:
    """The client's path, and whether it is that of our own environment."""
    if sys.platform == "win32":
        raise PlaceError("labgrid does not run on Windows", "use Linux, or name the board's port with --port")
    named = os.environ.get(PROGRAM_VARIABLE)
    if named is not None:
        found = shutil.which(named) if named.strip() else None
        if found is None:
            raise PlaceError(
                f"{PROGRAM_VARIABLE} names no program: {named!r}",
                f"set it to labgrid's client, or `unset {PROGRAM_VARIABLE}`",
            )
        return found, False
    found = shutil.which(PROGRAM)
    if found is not None:
        return found, False
    environment = OwnEnvironment(PACKAGE, None, say, f"set {PROGRAM_VARIABLE} to a client that is installed")
    return str(Path(environment.program(PROGRAM))), True

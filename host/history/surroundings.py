"""Where a run takes place: the computer, the command, and the state of the working directory."""

import platform
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .. import PACKAGE, __version__
from ..printable import printable_line

PATIENCE_S = 5.0  # a repository on a slow disk must not hold up a run
MOST_COMMAND = 2000
UNKNOWN = "unknown"
_COMMIT = "# branch.oid "
_PASSWORD = re.compile(r"(\w://[^\s/:@'\"]*:)[^\s/'\"]*@")  # of a URL: of --history, of a proxy, of a place


@dataclass(frozen=True)
class Surroundings:
    """What a row says of the run's surroundings. Attributes as in `RunRow`."""

    host: str
    command: str
    commit: str
    dirty: bool
    tool_version: str


def surroundings(folder: Path | None = None, words: list[str] | None = None) -> Surroundings:
    """Return those of this process.

    Args:
        folder: whose repository counts, the working directory when None.
        words: the command line, that of the process when None.
    """
    commit, dirty = _state(folder)
    command = shlex.join(words if words is not None else ["python", "-m", PACKAGE, *sys.argv[1:]])
    command = printable_line(_PASSWORD.sub(r"\1***@", command))
    return Surroundings(
        platform.node() or UNKNOWN,
        command if len(command) <= MOST_COMMAND else command[: MOST_COMMAND - 1] + "…",
        commit,
        dirty,
        __version__,
    )


def _state(folder: Path | None) -> tuple[str, bool]:
    """The commit, empty where there is none, and whether files differ from it: asked with one process."""
    said = (_git(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=no") or "").splitlines()
    commit = next((line.removeprefix(_COMMIT) for line in said if line.startswith(_COMMIT)), "")
    if not commit or commit == "(initial)":
        return "", False
    return commit, not all(line.startswith("#") for line in said)


def _git(folder: Path | None, *words: str) -> str | None:
    """What Git says; None when there is no Git, no repository or no answer."""
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", *words],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None

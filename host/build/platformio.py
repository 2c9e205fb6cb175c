"""Runs PlatformIO for one environment of platformio.ini, quietly, and says what went wrong when it fails."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ..checkout import ROOT
from ..errors import HilError

# PlatformIO keeps the link to our local platform in the user's folder, one for all checkouts. Another checkout's build
# that begins in the same moment puts its own there; the next attempt puts ours back.
LINK_TAKEN = "Unknown development platform 'symlink:"
ATTEMPTS = 4
TAIL_LINES = 30
LOCAL_ENVIRONMENTS = ("virtual", "core")  # built by our own platform, which takes any path

# A build is no occasion to look for PlatformIO's upgrades or to report its usage: both wait for a network.
QUIET = {"PLATFORMIO_DISABLE_UPGRADE_CHECK": "true", "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "false"}


def platformio_run(
    env: str, build_dir: Path, *, variables: Mapping[str, str] | None = None, targets: tuple[str, ...] = ()
) -> str:
    """Build the environment `env` in `build_dir` and return PlatformIO's output.

    Args:
        env: its name in platformio.ini; the products go into the folder of that name in `build_dir`.
        build_dir: absolute; only one process at a time may build there.
        variables: added to the environment variables of the build.
        targets: PlatformIO's targets, e.g. `upload`; none builds.

    Raises:
        HilError: PlatformIO is missing, or it failed; the message ends with the last lines of its output.
    """
    if importlib.util.find_spec("platformio") is None:
        raise HilError(
            f"PlatformIO is not installed for {sys.executable}",
            "run `python3 tools/run.py setup` once and use the Python in .venv, or `pip install -r requirements.txt`",
        )
    if not env.startswith(LOCAL_ENVIRONMENTS):
        check_path(ROOT)
    # firmware/platform/generate_headers.py runs in ESP-IDF's Python and wants ours.
    ours = {**QUIET, "PLATFORMIO_BUILD_DIR": str(build_dir), "HIL_PYTHON": sys.executable}
    command = [sys.executable, "-m", "platformio", "run", "--project-dir", str(ROOT), "--environment", env]
    for target in targets:
        command += ["--target", target]
    for left in reversed(range(ATTEMPTS)):
        done = subprocess.run(
            command,
            env={**os.environ, **ours, **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode == 0 or not (left and LINK_TAKEN in done.stdout):
            break
    if done.returncode != 0:
        raise HilError(f"PlatformIO could not build `{env}`:\n{_tail(done.stdout)}", _cure(env, done.stdout))
    return done.stdout


def check_path(root: Path) -> None:
    """Refuse a path that ESP-IDF's build cannot work in, before anything is built.

    Raises:
        HilError: there is a blank in it.
    """
    if any(character.isspace() for character in str(root)):
        raise HilError(
            f"the path of this checkout has a blank in it: {str(root)!r}; ESP-IDF does not build in such a folder",
            "move or clone it to a folder without blanks, or flash from there",
        )


def _tail(output: str) -> str:
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    return "\n".join(f"  | {line}" for line in lines[-TAIL_LINES:])


def _cure(env: str, output: str) -> str:
    offline = ("HTTPClientError", "InternetConnectionError", "You are not connected to the Internet")
    if any(sign in output for sign in offline) or "Could not find the package" in output:
        return (
            "PlatformIO wanted to fetch a package and could not: connect to the Internet for the first build of "
            f"`{env}`, or install the package beforehand"
        )
    if "PermissionsError" in output or "permission" in output.lower():
        return "make PlatformIO's folder (~/.platformio) writable, or name another in PLATFORMIO_CORE_DIR"
    return f"fix what the lines above name; `pio run -e {env} -v` shows every command"

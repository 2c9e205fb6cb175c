#!/usr/bin/env python3
"""Runs `python -m host generate` for a firmware build, in a Python that has what it needs.

Builds run in Pythons of their own (ESP-IDF's, PlatformIO's), which need not have the project's packages. The first of
these that has them is taken: the one that runs this file, the one that HIL_PYTHON names, the checkout's .venv, the
activated environment, the first on the PATH. Where none has, the one package goes from PyPI into a folder beside the
headers. Standard library only.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEEDED = "msgspec"  # all else that the generator imports comes with Python
WITHIN = ("bin/python", "Scripts/python.exe")


def pythons() -> list[str]:
    """The Pythons that have what is needed, the best first; one that was named on purpose is not doubted."""
    if importlib.util.find_spec(NEEDED):
        return [sys.executable]
    if os.environ.get("HIL_PYTHON"):
        return [os.environ["HIL_PYTHON"]]
    active = os.environ.get("VIRTUAL_ENV")
    folders = [ROOT / ".venv", *([Path(active)] if active else [])]
    places = [str(folder / name) for folder in folders for name in WITHIN if (folder / name).is_file()]
    places += [found for found in map(shutil.which, ("python3", "python")) if found]
    return [place for place in dict.fromkeys(places) if has_what_is_needed(place)]


def has_what_is_needed(python: str) -> bool:
    """Whether a Python is recent enough and has the package."""
    test = f"import sys, {NEEDED}; sys.exit(sys.version_info < (3, 10))"
    try:
        return subprocess.run([python, "-c", test], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def fetched(folder: Path) -> dict[str, str] | None:
    """What this Python's environment needs to find the package, put into `folder` now; None where that fails."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        pinned = [line.split("#")[0].strip() for line in lines if line.startswith(NEEDED + "==")]
        if not (folder / NEEDED).is_dir():
            subprocess.run([*command, "--target", str(folder), *pinned], check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")])),
    }


def main() -> int:
    """Run the generator with the arguments given; returns its exit code."""
    environment: dict[str, str] | None = dict(os.environ)
    found = pythons()
    if not found:
        out = sys.argv[sys.argv.index("--out") + 1] if "--out" in sys.argv[:-1] else ""
        environment = fetched(Path(out) / "packages") if out else None
    if environment is None:
        sys.stderr.write(
            f"error: {sys.executable} has no {NEEDED}, which reads bundle.json, and pip could not fetch it\n"
            "  → run `python3 tools/run.py setup` once, or name a Python that has requirements.txt in HIL_PYTHON\n"
        )
        return 2
    command = [*(found or [sys.executable])[:1], "-m", "host", "generate", *sys.argv[1:]]
    try:
        return subprocess.run(command, cwd=ROOT, check=False, env=environment).returncode
    except OSError as error:
        sys.stderr.write(f"error: {command[0]} cannot be run: {error.strerror}\n  → correct HIL_PYTHON\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())

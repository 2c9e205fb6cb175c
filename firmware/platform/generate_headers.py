#!/usr/bin/env python3
"""Runs `python -m host generate` for a firmware build, in a Python that has what it needs.

Builds run in Pythons of their own (ESP-IDF's, PlatformIO's), which need not have the project's packages. The first of
these that has them is taken: the one that runs this file, the one that HIL_PYTHON names, the checkout's .venv.
Standard library only.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEEDED = "msgspec"  # all else that the generator imports comes with Python
VENV = [ROOT / ".venv" / "bin" / "python", ROOT / ".venv" / "Scripts" / "python.exe"]


def pythons() -> list[str]:
    """The Pythons that may have what is needed, the best first."""
    own = [sys.executable] if importlib.util.find_spec(NEEDED) else []
    named = [os.environ["HIL_PYTHON"]] if os.environ.get("HIL_PYTHON") else []
    return [*own, *named, *(str(path) for path in VENV if path.is_file())]


def main() -> int:
    """Run the generator with the arguments given; returns its exit code."""
    found = pythons()
    if not found:
        sys.stderr.write(
            f"error: {sys.executable} has no {NEEDED}, which reads bundle.json\n"
            "  → run `python3 tools/run.py setup` once, or name a Python that has requirements.txt in HIL_PYTHON\n"
        )
        return 2
    command = [found[0], "-m", "host", "generate", *sys.argv[1:]]
    try:
        return subprocess.run(command, cwd=ROOT, check=False).returncode
    except OSError as error:
        sys.stderr.write(f"error: {found[0]} cannot be run: {error.strerror}\n  → correct HIL_PYTHON\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())

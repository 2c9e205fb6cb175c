"""Fuzzing guided by coverage, with atheris: the same targets, but what is tried next depends on what was reached."""

from __future__ import annotations

import importlib
import random
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

CURE = "it has wheels for Linux (`pip install -r requirements.txt`); elsewhere fuzz without --atheris"


def run(name: str, folder: Path, seconds: float, patience_s: float) -> NoReturn:
    """Fuzz until the time is up or anything is found, which ends the process with a traceback.

    Args:
        name: of the target.
        folder: for inputs that reached something new; those in it are the beginning.
        seconds: how long.
        patience_s: for one input.
    """
    try:
        import atheris
    except ImportError as error:
        sys.exit(f"error: atheris cannot be imported: {error}\n  → {CURE}")
    with atheris.instrument_imports(include=["host"]):
        target = importlib.import_module(f"fuzzing.{name}").make()
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.corpus):
        (folder / f"corpus-{number}").write_bytes(data)
    files = tempfile.TemporaryDirectory(prefix="fuzz-")  # goes with the process

    def one(data: bytes) -> None:
        # Chance beside the input is the same for the same input, or coverage would tell nothing.
        target.take(data, random.Random(data), Path(files.name))

    options = [f"-max_total_time={seconds:.0f}", f"-timeout={patience_s:.0f}", "-max_len=65536"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={folder}/", str(folder)], one)
    atheris.Fuzz()
    sys.exit(0)

#!/usr/bin/env python3
"""Turns any .tflite file into a C header: a deterministic, 16-byte aligned array that compiles in C11 and C++11.

    python tools/model_convert.py MODEL.tflite                  writes model.h beside it
    python tools/model_convert.py MODEL.tflite --out FILE.h --name my_model
    python tools/model_convert.py MODEL.tflite --out -          prints it

Needs Python 3.10 and this repository, no packages. Bundles need no conversion: `python -m host generate` writes the
same header with all others.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host.build.model_header import model_header
from host.errors import HilError
from host.files import write_if_changed


def read_model(path: Path) -> bytes:
    """Return the content of a .tflite file.

    Raises:
        HilError: it cannot be read, or is not such a file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise HilError(f"{path} cannot be read: {error.strerror or error}", "give a .tflite file") from error
    if data[4:8] != b"TFL3":
        what = "is empty" if not data else "is not a .tflite file (its bytes 4 to 7 are not TFL3)"
        raise HilError(f"{path} {what}", "give the file that the TensorFlow Lite converter wrote")
    return data


def convert(model: Path, out: Path, name: str) -> str:
    """Write the header, or leave an equal one alone; return what to tell the user.

    Raises:
        HilError: the model cannot be read, the name is none in C, or the header cannot be written.
    """
    data = read_model(model)
    try:
        text = model_header(data, name, model.name)
    except ValueError as error:
        raise HilError(f"--name: {error}", "use letters, digits and _, not starting with a digit") from error
    if str(out) == "-":
        return text.rstrip("\n")
    try:
        written = write_if_changed(out, text)
    except OSError as error:
        raise HilError(f"{out} cannot be written: {error.strerror or error}", "give another --out") from error
    return f"{out}: {len(data)} bytes as {name}{'' if written else ', no change'}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path, metavar="MODEL.tflite")
    parser.add_argument("--out", type=Path, metavar="FILE.h", help="default: model.h beside it; -: print it")
    parser.add_argument("--name", default="model_tflite", help="the array's (default: %(default)s)")
    args = parser.parse_args(arguments)
    try:
        print(convert(args.model, args.out or args.model.with_name("model.h"), args.name))
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

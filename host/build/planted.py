"""Boards that are wrong on purpose: the table of faults, and virtual boards with one of them compiled in.

The table is `planted_faults.json`. A fault is what `python -m host board --fault` takes, or a piece of the firmware's
source and what stands in its place. `claims` names the claims of which at least one breaks, and none besides where a
step of the firmware is wrong that no trace names; `where` what a trace or those claims point to: an op, a front end's
stage, or a step of the firmware.
"""

import hashlib
import json
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..bundle.load import Bundle
from ..checkout import CORE, ROOT
from ..errors import HilError
from .headers import generate
from .inputs import c_compiler

TABLE = Path(__file__).with_name("planted_faults.json")
VIRTUAL = ROOT / "firmware" / "virtual"
FLAGS = ("-std=c11", "-O1", "-w", "-DFE_ALL_KINDS")


@dataclass(frozen=True)
class Planted:
    """One fault.

    Attributes:
        name: in words.
        claims: names of claims.
        where: {"op": N}, {"stage": NAME} or {"step": NAME}.
        fault: for a virtual board's options; empty where the source differs.
        file, old, new: which file below the checkout, what stands in it once, and what stands there instead.
        model: the board's, one of `host/model/samples.py`; empty: the default bundle's, which has a single class.
    """

    name: str
    claims: tuple[str, ...]
    where: dict[str, str | int]
    fault: str = ""
    file: str = ""
    old: str = ""
    new: str = ""
    model: str = ""


@cache
def planted_faults() -> tuple[Planted, ...]:
    """Return the table."""
    rows = json.loads(TABLE.read_text(encoding="utf-8"))
    return tuple(Planted(**{**row, "claims": tuple(row["claims"])}) for row in rows)


def planted_program(planted: Planted, bundle: Bundle, folder: Path) -> Path:
    """Compile a virtual board with a fault in its source, or with none where the fault is an option.

    Args:
        planted: the fault.
        bundle: what it is built with.
        folder: keeps objects from one fault of that bundle to the next; exists.

    Raises:
        HilError: the source has changed, and the fault has no place in it.
    """
    headers = folder / "headers"
    headers.mkdir(exist_ok=True)
    generate(bundle, headers)
    texts = {
        path: path.read_text(encoding="utf-8") for top in (CORE, VIRTUAL) for path in sorted(top.rglob("*.c"))
    }
    if planted.file:
        path = ROOT / planted.file
        if texts[path].count(planted.old) != 1:
            raise HilError(
                f"the fault {planted.name!r} has no place in {planted.file}",
                f"give it another one in {TABLE.name}",
            )
        texts[path] = texts[path].replace(planted.old, planted.new)
    objects = [_compiled(path, text, folder, headers) for path, text in texts.items()]
    named = hashlib.sha256(planted.name.encode()).hexdigest()[:12]
    program = folder / f"board-{named}"
    subprocess.run([c_compiler(), *objects, "-o", program], check=True)
    return program


def _compiled(path: Path, text: str, folder: Path, headers: Path) -> Path:
    key = hashlib.sha256(f"{path}\0{text}".encode()).hexdigest()[:24]
    done = folder / f"{key}.o"
    if not done.exists():
        includes = [f"-I{place}" for place in (path.parent, CORE, VIRTUAL, headers)]
        source = folder / f"{key}.c"
        source.write_text(text, encoding="utf-8")
        subprocess.run([c_compiler(), *FLAGS, *includes, "-c", source, "-o", done], check=True)
    return done

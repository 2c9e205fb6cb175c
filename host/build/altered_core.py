"""The C front end with every small change of its code in it, as a shared library: which is made is a number.

It is what the diagnosis of columns compares a board with that computes one step otherwise. Built once for a state of
the sources, with the compiler that builds the core.
"""

import hashlib
import json
import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from ..checkout import CORE, ROOT
from ..errors import HilError
from ..files import atomic_write
from ..lock import file_lock
from .alterations import BOUND, SELECTOR, Alteration, altered
from .core_library import LIBRARIES, SUFFIX
from .inputs import c_compiler, compiler_identity, files_of

FRONT_END = CORE / "frontend"
X86 = ROOT / "firmware" / "x86"
UNALTERED = ("image.c",)  # reads tables, which the diagnosis alters by themselves
FLAGS = ("-std=c11", "-O1", "-w", "-fPIC", "-shared", "-fno-strict-aliasing", "-fwrapv")
INLINED = (
    "__attribute__((always_inline))"  # a dozen copies of all those choices would take minutes to compile
)
NAME = "altered"
BUILD_S = 300.0
MOST_ROUNDS = 8
_INCLUDE = re.compile(r'^#include "frontend/(\w+)/', re.MULTILINE)
_WRONG = re.compile(r"core/frontend/(\S+?):(\d+):\d+: (?:fatal )?error")
Skipped = set[tuple[str, int]]


@cache
def altered_core(kinds: tuple[str, ...]) -> tuple[Path, tuple[Alteration, ...]]:
    """Return the library and its alterations; number n of them is made while the global `fe_change` is n + 1.

    Args:
        kinds: the C side's, as `Kind.linked` gives them; their code is altered, and what of others' they include.

    Raises:
        HilError: no C compiler, or it does not compile.
    """
    texts, _ = _altered_texts(kinds, set())
    identity = hashlib.sha256(compiler_identity(c_compiler()).encode())
    for name, text in sorted(texts.items()):
        identity.update(f"{name}\0{text}\0".encode())
    library = LIBRARIES / f"{_name(kinds)}-{identity.hexdigest()[:16]}{SUFFIX}"
    if not (library.exists() and _beside(library).exists()):
        LIBRARIES.mkdir(parents=True, exist_ok=True)
        with file_lock(LIBRARIES / f"{NAME}.lock"):
            if not (library.exists() and _beside(library).exists()):
                skipped = _build(kinds, library)
                atomic_write(_beside(library), json.dumps(sorted(skipped)))
                _forget_others(kinds, library)
    skipped = {
        (str(file), int(line)) for file, line in json.loads(_beside(library).read_text(encoding="utf-8"))
    }
    return library, _altered_texts(kinds, skipped)[1]


def _folders(kinds: tuple[str, ...]) -> set[str]:
    """The folders below the front ends' whose code the kinds run: their own, and those that they include from."""
    found: set[str] = set()
    left = set(kinds)
    while left:
        folder = left.pop()
        found.add(folder)
        for path in sorted(files_of([FRONT_END / folder])):
            left |= set(_INCLUDE.findall(path.read_text(encoding="utf-8"))) - found
    return found


def _name(kinds: tuple[str, ...]) -> str:
    return f"{NAME}-{'+'.join(kinds)}"


def _beside(library: Path) -> Path:
    """The file that says which lines were left as they are."""
    return library.with_suffix(".skipped.json")


def _altered_texts(kinds: tuple[str, ...], skipped: Skipped) -> tuple[dict[str, str], tuple[Alteration, ...]]:
    """All sources by their places, the front end's altered, but for some lines."""
    found: list[Alteration] = []
    texts = {f"core/{path.name}": path.read_text(encoding="utf-8") for path in CORE.glob("*.h")}
    run = {FRONT_END, *(FRONT_END / folder for folder in _folders(kinds))}
    for path in sorted(files_of([FRONT_END])):
        name, file = path.relative_to(CORE).as_posix(), path.relative_to(FRONT_END).as_posix()
        text = path.read_text(encoding="utf-8")
        if path.suffix in (".c", ".h") and path.name not in UNALTERED and path.parent in run:
            lines = {line for other, line in skipped if other == file}
            text, more = altered(file, text, len(found) + 1, lines)
            found += more
        texts[f"core/{name}"] = text.replace(INLINED, "")
    for name in ("run.c", "run.h", "batch.h"):
        texts[f"x86/{name}"] = (X86 / name).read_text(encoding="utf-8")
    texts["x86/batch.c"] = _no_batch(texts["x86/batch.h"])
    texts["x86/change.c"] = f"int {SELECTOR}, {BOUND};\n"
    return texts, tuple(found)


def _no_batch(header: str) -> str:
    """Column by column, so that what is altered is what runs."""
    declared = re.search(r"^bool fe_batch\([^;]*\);", header, re.MULTILINE)
    if declared is None:
        raise HilError(
            "firmware/x86/batch.h does not declare fe_batch", "let host/build/altered_core.py follow it"
        )
    return f'#include "batch.h"\n\n{declared[0][:-1]}\n{{\n    return false;\n}}\n'


def _build(kinds: tuple[str, ...], library: Path) -> Skipped:
    """Build it; returns the lines that had to be left as they are, because the altered ones do not compile."""
    skipped: Skipped = set()
    for _ in range(MOST_ROUNDS):
        said = _compile(_altered_texts(kinds, skipped)[0], library)
        wrong = {(file, int(line)) for file, line in _WRONG.findall(said)}
        if not said:
            return skipped
        if wrong <= skipped:
            break
        skipped |= wrong
    raise HilError(f"the altered front end does not compile: {said[:500]}", "report this")


def _compile(texts: dict[str, str], library: Path) -> str:
    """What the compiler says of errors; empty when there are none."""
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        root = Path(folder)
        for name, text in texts.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sources = [str(path) for path in sorted(root.rglob("*.c"))]
        part = root / library.name
        command = [str(c_compiler()), *FLAGS, f"-I{root / 'core'}", f"-I{root / 'x86'}", "-o", str(part)]
        try:
            done = subprocess.run(
                [*command, *sources], capture_output=True, text=True, timeout=BUILD_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HilError(f"the altered front end was not built: {error}", "run it again") from error
        if done.returncode:
            return done.stderr or "it ended without a word"
        part.replace(library)
        return ""


def _forget_others(kinds: tuple[str, ...], library: Path) -> None:
    for path in library.parent.glob(f"{_name(kinds)}-*"):
        if path not in (library, _beside(library)):
            try:
                path.unlink()
            except OSError:  # Windows keeps a library that some process has loaded
                continue

"""The C front end with every small change of its code in it, as a shared library: which is made is a number.

It is what the diagnosis of columns compares a board with that computes one step otherwise. Built once for a state of
the sources, with the compiler that builds the core.
"""

import hashlib
import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from ..checkout import CORE, ROOT
from ..errors import HilError
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


@cache
def altered_core() -> tuple[Path, tuple[Alteration, ...]]:
    """Return the library and its alterations; number n of them is made while the global `fe_change` is n + 1.

    Raises:
        HilError: no C compiler, or it does not compile.
    """
    texts, alterations = _altered_texts()
    identity = hashlib.sha256(compiler_identity(c_compiler()).encode())
    for name, text in sorted(texts.items()):
        identity.update(f"{name}\0{text}\0".encode())
    library = LIBRARIES / f"{NAME}-{identity.hexdigest()[:16]}{SUFFIX}"
    if not library.exists():
        LIBRARIES.mkdir(parents=True, exist_ok=True)
        with file_lock(LIBRARIES / f"{NAME}.lock"):
            if not library.exists():
                _build(texts, library)
                _forget_others(library)
    return library, alterations


def _altered_texts() -> tuple[dict[str, str], tuple[Alteration, ...]]:
    """All sources by their places, the front end's altered."""
    found: list[Alteration] = []
    texts = {f"core/{path.name}": path.read_text(encoding="utf-8") for path in CORE.glob("*.h")}
    for path in sorted(files_of([FRONT_END])):
        name = path.relative_to(CORE).as_posix()
        text = path.read_text(encoding="utf-8")
        if path.suffix in (".c", ".h") and path.name not in UNALTERED:
            text, more = altered(path.relative_to(FRONT_END).as_posix(), text, len(found) + 1)
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


def _build(texts: dict[str, str], library: Path) -> None:
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        root = Path(folder)
        for name, text in texts.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sources = [str(path) for path in sorted(root.rglob("*.c"))]
        part = root / library.name
        command = [
            str(c_compiler()),
            *FLAGS,
            f"-I{root / 'core'}",
            f"-I{root / 'x86'}",
            "-o",
            str(part),
            *sources,
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HilError(f"the altered front end was not built: {error}", "run it again") from error
        if done.returncode:
            raise HilError(f"the altered front end does not compile: {done.stderr[:500]}", "report this")
        part.replace(library)


def _forget_others(library: Path) -> None:
    for path in library.parent.glob(f"{NAME}-*{SUFFIX}"):
        if path != library:
            try:
                path.unlink()
            except OSError:  # Windows keeps a library that some process has loaded
                continue

"""The C front end with every small change of its code in it, as a shared library: which is made is a number.

It is what the diagnosis of columns compares a board with that computes one step otherwise. Built once for a state of
the sources, with the compiler that builds the core.
"""

import re
from functools import cache
from pathlib import Path

from ..checkout import CORE, ROOT
from ..errors import HilError
from .alteration import Alteration
from .alterations import altered
from .altered_library import Altered, Skipped, Texts, altered_library
from .inputs import files_of
from .kept_locals import COLUMN
from .right_code import with_right_code
from .struct_members import members_alike

FRONT_END = CORE / "frontend"
X86 = ROOT / "firmware" / "x86"
UNALTERED = ("image.c",)  # reads tables, which the diagnosis alters by themselves
INLINED = (
    "__attribute__((always_inline))"  # a dozen copies of all those choices would take minutes to compile
)
OF_A_COLUMN = "front_end->kind->column(state->own"
_INCLUDE = re.compile(r'^#include "frontend/(\w+)/', re.MULTILINE)


@cache
def altered_core(kinds: tuple[str, ...]) -> tuple[Path, tuple[Alteration, ...]]:
    """Return the library and its alterations; number n of them is made while the global `fe_change` is n + 1.

    Args:
        kinds: the C side's, as `Kind.linked` gives them; their code is altered, and what of others' they include.

    Raises:
        HilError: no C compiler, or it does not compile.
    """
    return altered_library(
        Altered(
            f"altered-{'+'.join(kinds)}",
            "the altered front end",
            "core/frontend",
            lambda skipped: _altered_texts(kinds, skipped),
            ("core", "x86"),
        )
    )


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


def _altered_texts(kinds: tuple[str, ...], skipped: Skipped) -> tuple[Texts, tuple[Alteration, ...]]:
    """All sources by their places, the front end's altered, but for some lines."""
    found: list[Alteration] = []
    members = members_alike(path.read_text(encoding="utf-8") for path in sorted(CORE.rglob("*.h")))
    texts = {f"core/{path.name}": path.read_text(encoding="utf-8") for path in CORE.glob("*.h")}
    run = {FRONT_END, *(FRONT_END / folder for folder in _folders(kinds))}
    rights, changed = Texts(), Texts()
    for path in sorted(files_of([FRONT_END])):
        name, file = path.relative_to(CORE).as_posix(), path.relative_to(FRONT_END).as_posix()
        text = path.read_text(encoding="utf-8")
        if path.suffix in (".c", ".h") and path.name not in UNALTERED and path.parent in run:
            left, dropped = skipped.of(file)
            rights[file] = _for_both(text)
            text, more = altered(file, text, len(found) + 1, left, members, holds=True, dropped=dropped)
            changed[file] = _for_both(text)
            found += more
        texts[f"core/{name}"] = _for_both(text)
    for file, text in with_right_code(rights, changed, found).items():
        texts[f"core/frontend/{file}"] = text
    if not any(f"{COLUMN}++" in text for text in texts.values()):
        raise HilError("nothing calls a kind's column", "let host/build/altered_core.py follow frontend.c")
    for name in ("run.c", "run.h", "batch.h"):
        texts[f"x86/{name}"] = (X86 / name).read_text(encoding="utf-8")
    texts["x86/batch.c"] = _no_batch(texts["x86/batch.h"])
    return texts, tuple(found)


def _for_both(text: str) -> str:
    """What is done to right and changed code alike: columns are counted, and inlining is left to the compiler."""
    return text.replace(INLINED, "").replace(OF_A_COLUMN, f"{COLUMN}++, {OF_A_COLUMN}")


def _no_batch(header: str) -> str:
    """Column by column, so that what is altered is what runs."""
    declared = re.search(r"^bool fe_batch\([^;]*\);", header, re.MULTILINE)
    if declared is None:
        raise HilError(
            "firmware/x86/batch.h does not declare fe_batch", "let host/build/altered_core.py follow it"
        )
    return f'#include "batch.h"\n\n{declared[0][:-1]}\n{{\n    return false;\n}}\n'

"""The core's SHA-256 with every small change of its code in it, as a shared library: which is made is a number."""

from functools import cache
from pathlib import Path

from ..checkout import CORE
from .alteration import Alteration
from .alterations import altered
from .altered_library import Altered, Skipped, Texts, altered_library
from .right_code import with_right_code

SOURCE, HEADER = "bundle/sha256.c", "bundle/sha256.h"


@cache
def altered_sha256() -> tuple[Path, tuple[Alteration, ...]]:
    """Return the library and its alterations; number n of them is made while the global `fe_change` is n + 1.

    Raises:
        HilError: no C compiler, or it does not compile.
    """
    return altered_library(Altered("altered-sha256", "the altered SHA-256", "core", _texts, ("core",)))


def _texts(skipped: Skipped) -> tuple[Texts, tuple[Alteration, ...]]:
    right, header = ((CORE / name).read_text(encoding="utf-8") for name in (SOURCE, HEADER))
    left, dropped = skipped.of(SOURCE)
    changed, found = altered(SOURCE, right, 1, left, dropped=dropped)
    texts = with_right_code({SOURCE: right}, {SOURCE: changed}, found)
    return {f"core/{HEADER}": header, **{f"core/{name}": text for name, text in texts.items()}}, tuple(found)

"""The one way from this suite to the toolkit, which is `host` in a checkout and `audiohil` when installed.

Type checkers read the imports below. A running suite looks each name up when it is first asked for, in the package that
this one lies in; in a checkout there is none, and `host` lies beside it.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

PACKAGE = __package__.rpartition(".")[0] or "host"

if TYPE_CHECKING:
    pass

_IMPORT = re.compile(r"^    from host((?:\.\w+)*) import (\([^)]*\)|[^\n]*)", re.MULTILINE)


@cache
def _modules() -> dict[str, str]:
    """Where each name is, below the package: read off the imports above."""
    text = Path(__file__).read_text(encoding="utf-8")
    return {name: module for module, names in _IMPORT.findall(text) for name in re.findall(r"\w+", names)}


def __getattr__(name: str) -> Any:
    module = _modules().get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = import_module(PACKAGE + module)
    if not hasattr(found, name):  # a module below that package
        return import_module(f"{PACKAGE}{module}.{name}")
    return getattr(found, name)

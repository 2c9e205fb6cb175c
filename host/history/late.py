"""SQLAlchemy, imported when it is first used: it takes a quarter of a second, and most runs do without."""

from __future__ import annotations

import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["load_meanwhile", "sa"]

if TYPE_CHECKING:
    import sqlalchemy as sa
else:

    class _Late:
        def __getattr__(self, name: str) -> Any:
            return getattr(import_module("sqlalchemy"), name)

    sa = _Late()


def load_meanwhile() -> None:
    """Import it in a thread of its own, beside work that waits more than it computes."""
    threading.Thread(target=import_module, args=("sqlalchemy",), name="SQLAlchemy", daemon=True).start()

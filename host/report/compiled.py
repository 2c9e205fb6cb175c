"""Templates compiled once and kept: compiling the report's takes longer than filling it in."""

from __future__ import annotations

import contextlib
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from jinja2 import BytecodeCache

OPTIONS = Path(__file__).with_name("templates.py")  # what is compiled depends on them, too


def kept_templates() -> BytecodeCache | None:
    """Return what jinja2 compiled before, held by it against each template's text; None where nothing can be kept."""
    from jinja2 import FileSystemBytecodeCache
    from jinja2.bccache import Bucket

    class Kept(FileSystemBytecodeCache):
        def dump_bytecode(self, bucket: Bucket) -> None:
            with contextlib.suppress(OSError):  # a full disk is no reason to lose a report
                super().dump_bytecode(bucket)

    folder = Path(platformdirs.user_cache_dir("audiohil", appauthor=False))
    folder /= f"templates-{zlib.crc32(OPTIONS.read_bytes()):08x}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return Kept(str(folder))

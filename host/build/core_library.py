"""Builds the firmware's core as a shared library, with PlatformIO, when a source changed."""

import os
import shutil
import sys
from functools import cache
from pathlib import Path

from ..checkout import CORE, ROOT
from ..errors import HilError
from ..lock import file_lock
from .inputs import BUILD_FILES, c_compiler, compiler_identity, inputs_hash
from .messages_header import messages_header
from .platformio import platformio_run

SOURCES = (CORE, ROOT / "firmware" / "x86")
BUILD_DIR = ROOT / ".pio" / "core"
LIBRARIES = ROOT / ".pio" / "libraries"
SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
KEPT_LIBRARIES = 6


@cache
def core_library(env: str = "core") -> Path:
    """Return the path of the core's shared library, built first when it is missing or stale.

    The file's name carries the hash of its sources: a library that exists is right, another process's one is never
    replaced under its feet, and looking takes milliseconds.

    Args:
        env: `core`, or `core_sanitize` for the build with AddressSanitizer and UndefinedBehaviorSanitizer.

    The variable HIL_CORE_LIBRARY names a library to use instead, whatever `env` is.

    Raises:
        HilError: no C compiler, the core does not compile, or HIL_CORE_LIBRARY names no file.
    """
    override = os.environ.get("HIL_CORE_LIBRARY")
    if override:
        if not Path(override).is_file():
            raise HilError(
                f"HIL_CORE_LIBRARY names no file: {override}", "unset it, or give the library's path"
            )
        return Path(override)

    inputs = inputs_hash((*SOURCES, *BUILD_FILES), env, compiler_identity(c_compiler()), messages_header())
    library = LIBRARIES / f"{env}-{inputs[:16]}{SUFFIX}"
    if library.exists():
        return library
    with file_lock(ROOT / ".pio" / "core.lock"):
        if not library.exists():  # another process may have built it meanwhile
            platformio_run(env, BUILD_DIR)
            _publish(BUILD_DIR / env / f"core{SUFFIX}", library)
            _forget_old(env)
    return library


def _publish(built: Path, library: Path) -> None:
    library.parent.mkdir(parents=True, exist_ok=True)
    part = library.with_suffix(".part")
    shutil.copy2(built, part)
    part.replace(library)


def _forget_old(env: str) -> None:
    found = sorted(LIBRARIES.glob(f"{env}-*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
    for path in found[:-KEPT_LIBRARIES]:
        try:
            path.unlink()
        except OSError:  # Windows keeps a library that some process has loaded
            continue

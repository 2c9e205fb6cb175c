"""What a build depends on: its files and its compiler, as one hash that tells whether to build again."""

import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..checkout import PACKAGE_DIR, ROOT
from ..errors import HilError

# The build's own description, an input of every environment.
BUILD_FILES = (ROOT / "platformio.ini", ROOT / "firmware" / "platform")

# The same names and order as firmware/platform/builder/main.py.
COMPILERS = ("cc", "gcc", "clang")

_LEFT_OUT = {"__pycache__", "build", "managed_components"}


def c_compiler() -> Path:
    """Return the compiler that PlatformIO's local platform will use.

    Raises:
        HilError: there is none.
    """
    chosen = os.environ.get("CC")
    for name in (chosen,) if chosen else COMPILERS:
        found = shutil.which(name)
        if found:
            return Path(found)
    looked_for = f"{chosen}, which the variable CC names" if chosen else ", ".join(COMPILERS)
    raise HilError(f"no C compiler found (looked on the search path for {looked_for})", COMPILER_CURE)


COMPILER_CURE = {
    "linux": "install one, e.g. `sudo apt install gcc` or `sudo dnf install gcc`, or name yours in the variable CC",
    "darwin": "install Apple's with `xcode-select --install`, or name yours in the variable CC",
    "win32": "install a GCC such as MSYS2's mingw-w64-gcc and put its bin folder on PATH, or name yours in CC",
}.get(sys.platform, "install GCC or Clang, or name your compiler in the variable CC")


def compiler_identity(compiler: Path) -> str:
    """Return text that changes when another compiler, or another version of it, stands behind the same name."""
    target = compiler.resolve()
    status = target.stat()
    return f"{compiler} {target} {status.st_size} {status.st_mtime_ns}"


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files among `paths` and below the folders among them, sorted; no tests, nothing that builds leave."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = (entry for entry in path.iterdir() if not entry.name.startswith((".", "test_")))
        yield from files_of(sorted(entry for entry in inside if entry.name not in _LEFT_OUT))


def inputs_hash(paths: Iterable[Path], *facts: str, base: Path = ROOT) -> str:
    """Return the SHA-256 (hex) of all files in `paths`, folders included with everything below, and of `facts`.

    Files count with their names below `base`, so that the same files elsewhere give the same hash.

    Raises:
        OSError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for path in files_of(paths):
        # Installed, our own modules lie elsewhere than what is built.
        own = base == ROOT and path.is_relative_to(PACKAGE_DIR)
        name = path.relative_to(PACKAGE_DIR.parent if own else base).as_posix()
        digest.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    for fact in facts:
        digest.update(f"{fact}\n".encode())
    return digest.hexdigest()

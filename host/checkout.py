"""Where the project's folders are: beside the package in a checkout; installed, unpacked in the user's cache folder.

Standard library only in a checkout: firmware builds run it in Pythons of their own.
"""

import os
import shutil
import tempfile
from pathlib import Path

from .errors import HilError

PACKAGE_DIR = Path(__file__).resolve().parent
# What a wheel carries of a checkout beside the package: firmware, its build's description, the bundle. setup.py puts it
# there, with a digest of everything, the package included.
PACKED = PACKAGE_DIR / "_checkout"
DIGEST = "digest.txt"
NOT_UNPACKED = (PACKED.name, "hil_tests", "__pycache__")


def root(packed: Path = PACKED) -> Path:
    """The folder with `firmware`, `models` and `platformio.ini`, in which builds may write.

    A wheel's content is unpacked into the user's cache folder, once for each digest, so that nothing is ever written
    into site-packages. The package goes with it, as `host`: PlatformIO and CMake then run what they run in a checkout.

    Raises:
        HilError: the cache folder cannot be written.
    """
    if not packed.is_dir():
        return PACKAGE_DIR.parent
    import platformdirs

    cache = Path(platformdirs.user_cache_dir("audiohil", appauthor=False))
    place = cache / (packed / DIGEST).read_text(encoding="ascii").strip()[:16]
    if not place.is_dir():
        try:
            _unpack(packed, place)
        except OSError as error:
            raise HilError(
                f"the firmware's sources cannot be unpacked into {cache}: {error}",
                "make that folder writable and free some space, or name another in XDG_CACHE_HOME",
            ) from error
    return place


def _unpack(packed: Path, place: Path) -> None:
    """Copy everything beside its place and rename it, so that nobody meets half of it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=place.parent))
    try:
        shutil.copytree(packed, part, dirs_exist_ok=True)
        shutil.copytree(PACKAGE_DIR, part / "host", ignore=shutil.ignore_patterns(*NOT_UNPACKED))
        try:
            os.replace(part, place)  # noqa: PTH105 - onto an empty folder, or none
        except OSError:
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


ROOT = root()
FIRMWARE = ROOT / "firmware"
CORE = FIRMWARE / "core"
DEFAULT_BUNDLE = ROOT / "models" / "default"

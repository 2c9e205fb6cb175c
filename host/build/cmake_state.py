"""Whether what CMake configured an ESP32 build from still stands. Standard library only: PlatformIO's Python runs it.

PlatformIO runs CMake once and reads from it which files to compile. It looks at the time of two CMakeLists.txt and of
sdkconfig. A new source, a component that was removed or another set of them goes unseen, and the build fails or lacks
the file.
"""

import hashlib
import json
from pathlib import Path

from ..files import atomic_write
from ..strict_json import read_remembered
from .kernel_choice import VARIABLE

RECORD = "configured.json"
CACHE = "CMakeCache.txt"
# What decides, by its content: which components there are, with which options.
DECIDING = (
    "CMakeLists.txt",
    "dependencies.lock",
    "firmware/CMakeLists.txt",
    "firmware/hil_core/*.cmake",
    "firmware/hil_core/CMakeLists.txt",
    "firmware/hil_core/idf_component.yml",
)
# By their names: which files there are. What is in them, the compiler's own dependencies see to.
LISTED = ("firmware/core/**/*.c", "firmware/esp32/*.c", "firmware/hil_core/*.c", "firmware/hil_core/*.cpp")
FETCHED = "managed_components/*/idf_component.yml"
DEFAULTS = "firmware/esp32/sdkconfig*"


def configured_from(root: Path, kernels: str = "") -> dict[str, str]:
    """Everything that a configuration depends on, by name; values differ when it has to be made anew.

    Args:
        root: the checkout.
        kernels: as HIL_KERNELS names them; empty: as the options of ESP-IDF say.
    """
    found = {_name(root, path): "" for pattern in LISTED for path in root.glob(pattern)}
    for pattern in (*DECIDING, FETCHED):
        found |= {_name(root, path): _digest(path) for path in root.glob(pattern)}
    if kernels:
        found[VARIABLE] = kernels
    return found


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def changes(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """Names that came, went or changed, each with what became of it."""
    return [
        f"{name} {'is new' if name not in before else 'is gone' if name not in now else 'changed'}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]


def forget_when_stale(root: Path, build_dir: Path, kernels: str = "") -> list[str]:
    """Remove the configuration in `build_dir` when it was made from something else, so that CMake runs again.

    Args:
        root: the checkout.
        build_dir: of one environment.
        kernels: that it is to have now.

    Returns:
        What came, went or changed since; empty when the configuration stands, or there is none.
    """
    cache = build_dir / CACHE
    if not cache.is_file():
        return []
    before = _recorded(build_dir)
    found = (
        ["it is not known what it was made from"]
        if before is None
        else changes(before, configured_from(root, kernels))
    )
    if found:
        cache.unlink()
    return found


def _recorded(build_dir: Path) -> dict[str, str] | None:
    return read_remembered(build_dir / RECORD) or None


def remember(root: Path, build_dir: Path, kernels: str = "") -> None:
    """Note what the configuration in `build_dir` was made from: call it after CMake, which fetches components."""
    build_dir.mkdir(parents=True, exist_ok=True)
    atomic_write(build_dir / RECORD, json.dumps(configured_from(root, kernels), indent=1))


def stale_options(root: Path, env: str, kernels: str = "") -> str:
    """Why `sdkconfig.<env>` does not hold what sdkconfig.defaults say, and the cure; empty when it may.

    ESP-IDF takes defaults only for options that it does not yet have a value of.
    """
    ansi = root / f"sdkconfig.{env}.{kernels}"
    options = ansi if ansi.is_file() else root / f"sdkconfig.{env}"
    if not options.is_file():
        return ""
    newer = [path for path in root.glob(DEFAULTS) if path.stat().st_mtime > options.stat().st_mtime]
    if not newer:
        return ""
    names = ", ".join(sorted(_name(root, path) for path in newer))
    return f"{names}: changed after {options.name} was made from it; remove {options.name} to have it take effect"

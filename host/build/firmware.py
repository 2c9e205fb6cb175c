"""Builds a firmware for a bundle, through PlatformIO, when the sources or the bundle changed."""

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ..bundle.load import load_bundle
from ..checkout import ROOT
from ..files import atomic_write
from ..lock import file_lock
from ..printable import note
from ..sources import sources_of
from ..strict_json import read_remembered
from .inputs import BUILD_FILES, c_compiler, compiler_identity, inputs_hash
from .kernel_choice import VARIABLE
from .platformio import platformio_run

GENERATOR = "commands.generate"  # whose code decides what stands in the headers
KEPT_BUNDLES = 12
DAY_S = 86_400


def build_firmware(
    env: str, bundle_dir: Path, progress: Callable[[str], None] | None = None, kernels: str = ""
) -> Path:
    """Return the firmware of the environment `env` with the bundle in `bundle_dir` built in, up to date.

    Nothing is run when neither the sources nor the bundle changed since the last build. Firmwares for this computer
    (`virtual…`) lie in a folder for each bundle's content, so that several can be used side by side; those for real
    boards, which take minutes, share one folder, and only what depends on the bundle is compiled again.

    Args:
        env: an environment of platformio.ini.
        bundle_dir: a bundle (folder with bundle.json).
        progress: gets one line before a build and one after it; standard error when not given.
        kernels: of `model/kernel_names.py`, for real boards; empty: as the options of ESP-IDF say.

    Returns:
        The program to run (`virtual…`) or the application image to flash (other environments).

    Raises:
        HilError: the bundle is damaged, there is no compiler, or PlatformIO failed.
    """
    say = progress or note
    bundle_dir = bundle_dir.resolve()
    local = env.startswith("virtual")
    bundle_files = (path for path in bundle_dir.glob("*") if path.is_file())
    bundle = inputs_hash(sorted(bundle_files), base=bundle_dir)
    facts = [env, compiler_identity(c_compiler())] if local else [env, f"kernels {kernels}"]
    build_dir = ROOT / ".pio" / "bundles" / bundle[:16] if local else ROOT / ".pio" / "build"
    product = build_dir / env / _product_name(local)
    stamp = build_dir / env / "build.stamp"
    with file_lock(build_dir.with_name(build_dir.name + ".lock")):
        firmware = ROOT / "firmware"
        sources = (firmware / "core", firmware / "virtual") if local else (firmware,)
        inputs = inputs_hash((*sources, *BUILD_FILES, *sources_of(GENERATOR)), bundle, *facts)
        if _stamp_holds(stamp, inputs, product):
            return product

        load_bundle(bundle_dir)  # its errors are clearer than a failed header generation
        which = f", kernels {kernels}" if kernels else ""
        say(f"Building firmware `{env}` for the bundle in {bundle_dir.name}{which} …")
        start = time.monotonic()
        platformio_run(env, build_dir, variables={"HIL_BUNDLE": str(bundle_dir), VARIABLE: kernels})
        atomic_write(stamp, json.dumps({"inputs": inputs, "product": _fingerprint(product)}))
        say(f"Built in {time.monotonic() - start:.1f} s: {_shown(product)}")
    if local:
        _forget_old(build_dir)
    return product


def _product_name(local: bool) -> str:
    if not local:
        return "firmware.bin"
    return "program.exe" if sys.platform == "win32" else "program"


def _fingerprint(product: Path) -> list[int]:
    status = product.stat()
    return [status.st_size, status.st_mtime_ns]


def _stamp_holds(stamp: Path, inputs: str, product: Path) -> bool:
    """Whether `product` is what the stamp's build left, also when a `pio run` by hand came between."""
    try:
        return read_remembered(stamp) == {"inputs": inputs, "product": _fingerprint(product)}
    except OSError:
        return False


def _forget_old(current: Path) -> None:
    """Drop the build folders of bundles not built for long: each edit of a bundle makes a new one."""
    folders = sorted(
        (path for path in current.parent.iterdir() if path.is_dir() and path != current),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for folder in folders[KEPT_BUNDLES:]:
        if time.time() - folder.stat().st_mtime > DAY_S:  # nobody can still be about to start it
            shutil.rmtree(folder, ignore_errors=True)


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))

"""Provides PlatformIO's build driver, `tool-scons`, from the `scons` package of the running Python.

PlatformIO builds with its own repackaged SCons and fetches it from its registry when it is missing. A machine without
access to that registry could build nothing, although the very same SCons comes with requirements.txt.

The package goes where PlatformIO itself would put it, into the user's packages folder (~/.platformio/packages, or what
PLATFORMIO_CORE_DIR and PLATFORMIO_PACKAGES_DIR say): a plain `pio run` then works too, and toolchains installed
earlier for real boards stay in use, which a core folder of the project's own would hide. Only a missing package is
added. One that is there, PlatformIO's own or another version, is left as it is.
"""

import json
import os
import shutil
import tempfile

from platformio.dependencies import get_core_dependencies
from platformio.package.manager.core import get_core_package_dir

NAME = "tool-scons"


def package_version(scons_version):
    """PlatformIO's version number for an SCons release: 4.11.1 → 4.41101.0 (digits of SCons in the middle)."""
    major, minor, patch = (int(part) for part in scons_version.split(".")[:3])
    return f"{major}.{major}{minor:02d}{patch:02d}.0"


def provide(packages_dir):
    """Put `tool-scons` into `packages_dir` unless PlatformIO finds one already.

    Does nothing, and leaves it to PlatformIO to fetch its own, when this Python has no SCons or another release than
    this PlatformIO asks for.
    """
    if get_core_package_dir(NAME, auto_install=False):
        return
    try:
        import SCons
    except ImportError:
        return
    version = package_version(SCons.__version__)
    if not get_core_dependencies()[NAME].lstrip("~^=").startswith(version.rsplit(".", 1)[0]):
        return
    target = os.path.join(packages_dir, NAME)
    if os.path.exists(target):
        return  # some other version of the user's: PlatformIO knows how to put two beside each other
    os.makedirs(packages_dir, exist_ok=True)
    # Filled under another name and renamed, so that a build starting meanwhile sees all of it or nothing. PlatformIO
    # takes no notice of the temporary name, which starts like its own.
    part = tempfile.mkdtemp(prefix="_tmp_installing-", dir=packages_dir)
    try:
        write(part, os.path.dirname(os.path.abspath(SCons.__file__)), version)
        try:
            os.rename(part, target)
        except OSError:
            if not os.path.isdir(target):  # otherwise another build was quicker
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write(folder, scons_dir, version):
    """Fill `folder` with the package: SCons itself, its start script and PlatformIO's two manifests."""
    os.chmod(folder, 0o755)
    shutil.copytree(
        scons_dir, os.path.join(folder, "SCons"), ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    with open(os.path.join(folder, "scons.py"), "w", encoding="utf-8") as file:
        # Python puts the script's folder first on its import path, so this imports the SCons beside it.
        file.write("import sys\n\nfrom SCons.Script.Main import main\n\nsys.exit(main())\n")
    write_json(
        os.path.join(folder, "package.json"),
        {"name": NAME, "version": version, "description": "SCons, from its PyPI package", "license": "MIT"},
    )
    write_json(
        os.path.join(folder, ".piopm"),
        {
            "type": "tool",
            "name": NAME,
            "version": version,
            "spec": {"owner": "platformio", "id": None, "name": NAME, "requirements": None, "uri": None},
        },
    )


def write_json(path, value):
    """Write `value` as PlatformIO reads it."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)

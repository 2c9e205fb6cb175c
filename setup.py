"""Builds the package `audiohil` out of a checkout: what pyproject.toml cannot say.

The folders of the checkout keep their names; installed, `host` is `audiohil` and `hil_tests` is `audiohil.hil_tests`.
A wheel also carries what the package needs of the rest of the checkout (host/checkout.py unpacks it).
"""

import hashlib
import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
NAME = "audiohil"
FOLDERS = {NAME: "host", f"{NAME}.hil_tests": "hil_tests"}
CARRIED = ("firmware", "models/default", "platformio.ini", "CMakeLists.txt", "requirements.txt", "LICENSE")
SAMPLES = (
    ROOT / "host" / "model" / "testdata"
)  # models that the suite for a board sends, and tools that make some
LEFT_OUT = ("__pycache__", "build", "managed_components", "sdkconfig", "sdkconfig.old", "*.pyc", "test_*.py")
DATA = ["*.json", "*/*.json", "*.j2", "*.c", "*.h", "*.tflite"]  # presets are a folder without modules


def packages() -> list[str]:
    """The packages, under the names that they have when installed."""
    found = []
    for name, folder in FOLDERS.items():
        for path in sorted({file.parent for file in (ROOT / folder).rglob("*.py")}):
            parts = path.relative_to(ROOT / folder).parts
            if not {"testdata", "made_before", "__pycache__"} & set(parts) or path == SAMPLES:
                found.append(".".join((name, *parts)))
    return found


def version() -> str:
    """What host/__init__.py says."""
    text = (ROOT / "host" / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "(.+)"', text, re.MULTILINE).group(1)


class BuildWithCheckout(build_py):
    """Leaves the tests of the package out, and adds what the package needs of the checkout."""

    def find_package_modules(self, package, package_dir):
        """See the base class."""
        modules = super().find_package_modules(package, package_dir)
        if package.startswith(f"{NAME}.hil_tests"):
            return modules
        return [found for found in modules if not found[1].startswith(("test_", "conftest"))]

    def run(self):
        """See the base class."""
        target = Path(self.build_lib, NAME)
        if not self.editable_mode:
            shutil.rmtree(target, ignore_errors=True)  # of an earlier build
        super().run()
        if self.editable_mode:
            return  # the checkout itself is used
        for name in CARRIED:
            source, copy = ROOT / name, target / "_checkout" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
            else:
                shutil.copyfile(source, copy)
        digest = hashlib.sha256()
        for path in sorted(path for path in target.rglob("*") if path.is_file()):
            digest.update(path.relative_to(target).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        (target / "_checkout" / "digest.txt").write_text(digest.hexdigest() + "\n", encoding="ascii")


setup(
    version=version(),
    packages=packages(),
    package_dir=FOLDERS,
    package_data={"": DATA},
    include_package_data=False,
    cmdclass={"build_py": BuildWithCheckout},
)

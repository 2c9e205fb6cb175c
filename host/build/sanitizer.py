"""Runs a Python process on the core built with AddressSanitizer and UndefinedBehaviorSanitizer."""

import os
import subprocess
import sys
from pathlib import Path

from ..errors import HilError
from .core_library import core_library
from .inputs import c_compiler

# The runtimes by the names that GCC and Clang know them by.
RUNTIMES = ("libasan.so", f"libclang_rt.asan-{os.uname().machine}.so" if hasattr(os, "uname") else "")


def sanitized_environment() -> dict[str, str]:
    """Return environment variables under which a Python process uses the sanitized core, built first when stale.

    The first finding ends the process with a report on its standard error. Python itself is not built with
    sanitizers, so the runtime is loaded before anything else, and leaks, which would be Python's, are not looked for.

    Raises:
        HilError: not on Linux, or the compiler has no sanitizer runtime to load that way.
    """
    if sys.platform != "linux":
        raise HilError(
            "the sanitized core needs Linux, where a runtime can be loaded first", "run this on Linux"
        )
    preloaded = [_runtime(c_compiler())]
    # A library that throws, as TensorFlow's, ends the process where the runtime did not find the C++ one before it.
    preloaded += filter(None, [_installed(c_compiler(), "libstdc++.so.6")])
    library = core_library("core_sanitize")
    return {
        **os.environ,
        "HIL_CORE_LIBRARY": str(library),
        "LD_PRELOAD": " ".join(map(str, preloaded)),
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:detect_stack_use_after_return=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }


def _runtime(compiler: Path) -> Path:
    for name in filter(None, RUNTIMES):
        if found := _installed(compiler, name):
            return found
    raise HilError(
        f"{compiler} has no AddressSanitizer runtime as a shared library",
        "use GCC with its libasan (Debian: part of `gcc`), e.g. with CC=gcc",
    )


def _installed(compiler: Path, name: str) -> Path | None:
    """A library of the compiler's."""
    done = subprocess.run(
        [compiler, f"-print-file-name={name}"], capture_output=True, encoding="utf-8", check=False
    )
    found = Path(done.stdout.strip())
    return found if found.is_absolute() and found.exists() else None  # the bare name: there is no such file

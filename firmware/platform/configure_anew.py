"""Pre-build script of the ESP32's environments: has CMake configure again when what it configured from has changed."""

import os
import sys
from pathlib import Path

Import("env")  # noqa: F821  SCons gives this name to its scripts

root = Path(env.subst("$PROJECT_DIR"))  # noqa: F821
sys.path.insert(0, str(root))

from host.build.cmake_state import forget_when_stale, stale_options  # noqa: E402
from host.build.kernel_choice import VARIABLE  # noqa: E402

if not env.IsCleanTarget():  # noqa: F821
    kernels = os.environ.get(VARIABLE, "")
    for change in forget_when_stale(root, Path(env.subst("$BUILD_DIR")), kernels):  # noqa: F821
        print(f"Configuring anew: {change}")
    told = stale_options(root, env.subst("$PIOENV"), kernels)  # noqa: F821
    if told:
        print(f"Warning: {told}")

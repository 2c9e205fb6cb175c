"""Post script of the ESP32's environments: notes what CMake, which has run by now, configured from."""

import os
import sys
from pathlib import Path

Import("env")  # noqa: F821  SCons gives this name to its scripts

root = Path(env.subst("$PROJECT_DIR"))  # noqa: F821
sys.path.insert(0, str(root))

from host.build.cmake_state import remember  # noqa: E402
from host.build.kernel_choice import VARIABLE  # noqa: E402

if not env.IsCleanTarget():  # noqa: F821
    remember(root, Path(env.subst("$BUILD_DIR")), os.environ.get(VARIABLE, ""))  # noqa: F821

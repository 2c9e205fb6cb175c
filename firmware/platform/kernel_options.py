"""Pre-build script of the ESP32's environments: the options of ESP-IDF that the kernels in HIL_KERNELS need."""

import os
import sys
from pathlib import Path

Import("env")  # noqa: F821  SCons gives this name to its scripts

root = Path(env.subst("$PROJECT_DIR"))  # noqa: F821
sys.path.insert(0, str(root))

from host.build.kernel_choice import board_options, chosen  # noqa: E402

board = env.BoardConfig()  # noqa: F821
try:
    options = board_options(
        chosen(os.environ),
        root,
        env.subst("$PIOENV"),  # noqa: F821
        board.get("build.cmake_extra_args", ""),
    )
except ValueError as error:
    sys.stderr.write(f"error: {error}\n")
    env.Exit(1)  # noqa: F821
for name, value in options.items():
    board.update(name, value)

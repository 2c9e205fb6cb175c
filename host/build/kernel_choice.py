"""How a build for a board is told which kernels to run. Standard library only: PlatformIO's Python runs it.

The variable HIL_KERNELS carries the name through PlatformIO and CMake to firmware/hil_core/kernels.cmake. ESP-NN's
plain C versions are an option of ESP-IDF besides, and a file of options that is there outweighs every default: they get
a file of their own.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path

from ..model.kernel_names import ESP_NN_ANSI, KERNELS

VARIABLE = "HIL_KERNELS"
ANSI_DEFAULTS = "firmware/esp32/sdkconfig.ansi"
DEFAULTS_ARGUMENT = "-DSDKCONFIG_DEFAULTS="


def chosen(environment: Mapping[str, str]) -> str:
    """The kernels that the environment variables name; empty: as the options of ESP-IDF say.

    Raises:
        ValueError: it is none of KERNELS.
    """
    kernels = environment.get(VARIABLE, "")
    if kernels not in ("", *KERNELS):
        raise ValueError(f"{VARIABLE}={kernels}: known are {', '.join(KERNELS)}")
    return kernels


def board_options(kernels: str, root: Path, env: str, arguments: str) -> dict[str, str]:
    """What PlatformIO's board has to be set to, by its names; empty where nothing changes.

    Args:
        kernels: one of KERNELS, or empty.
        root: the checkout.
        env: the environment of platformio.ini.
        arguments: CMake's, as platformio.ini has them in `board_build.cmake_extra_args`.

    Raises:
        ValueError: the arguments name no defaults that this could be added to.
    """
    if kernels != ESP_NN_ANSI:
        return {}
    words = shlex.split(arguments)
    if not any(word.startswith(DEFAULTS_ARGUMENT) for word in words):
        raise ValueError(
            f"the environment {env} names no {DEFAULTS_ARGUMENT} in board_build.cmake_extra_args"
        )
    more = [f"{word};{ANSI_DEFAULTS}" if word.startswith(DEFAULTS_ARGUMENT) else word for word in words]
    return {
        "build.cmake_extra_args": " ".join(f'"{word}"' for word in more),
        "build.esp-idf.sdkconfig_path": str(root / f"sdkconfig.{env}.{kernels}"),
    }

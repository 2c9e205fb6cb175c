"""The local PlatformIO platform "computer": makes sure that PlatformIO can build without its registry.

PlatformIO runs this before every build of an environment that names this folder, also when a user calls `pio run` by
hand, which is why the build driver is provided here and not by the tools around it.
"""

import os

from platformio.platform.base import PlatformBase

# PlatformIO loads this file by its path, without its folder on the import path.
from platformio.compat import load_python_module

HERE = os.path.dirname(os.path.abspath(__file__))

# A build that needs no network must not wait for one: PlatformIO would look for its own upgrades and report usage at
# the end of a run. Whoever sets these variables to something else keeps that.
os.environ.setdefault("PLATFORMIO_DISABLE_UPGRADE_CHECK", "true")
os.environ.setdefault("PLATFORMIO_SETTING_ENABLE_TELEMETRY", "false")


class ComputerPlatform(PlatformBase):
    """PlatformIO finds this class by its name: the platform's name and `Platform`."""

    def configure_default_packages(self, options, targets):
        """Provide the build driver before PlatformIO looks for it in a registry."""
        build_driver = load_python_module("hil_build_driver", os.path.join(HERE, "build_driver.py"))
        build_driver.provide(self.config.get("platformio", "packages_dir"))
        super().configure_default_packages(options, targets)

"""The firmware's C core as a shared library on this computer."""

from host.native.build import core_library

__all__ = ["core_library"]

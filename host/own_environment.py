"""Packages that cannot live beside ours: each in an environment of its own, made on first use, used as a process."""

import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from .errors import HilError
from .lock import file_lock
from .user_data import data_folder

INSTALL_S = 900.0
_READY = "ready"


class NotInstalledError(HilError):
    """An environment could not be made."""


class OwnEnvironment:
    """An environment with one package in it.

    Args:
        package: with its version, as pip takes it: `name==1.2.3`.
        folder: of the environment; one in the user's data folder when None.
        say: told when the environment is made.
        without: what to do where it cannot be made, beside connecting to a package index.
    """

    def __init__(
        self,
        package: str,
        folder: Path | None = None,
        say: Callable[[str], None] = lambda _text: None,
        without: str = "",
    ) -> None:
        self.folder = folder or data_folder() / package.replace("==", "-")
        self._package = package
        self._say = say
        self._without = without

    @property
    def ready(self) -> bool:
        """Whether it was made, and to its end."""
        return (self.folder / _READY).exists()

    def program(self, name: str) -> Path:
        """A program of the environment (`python` is its interpreter); it is made when it is not there or not finished.

        Raises:
            NotInstalledError: it cannot be made.
        """
        if not self.ready:
            self._make()
        return self._at(name)

    def _at(self, name: str) -> Path:
        return self.folder / (f"Scripts/{name}.exe" if sys.platform == "win32" else f"bin/{name}")

    def _make(self) -> None:
        try:
            with file_lock(self.folder.with_name(self.folder.name + ".lock")):
                if self.ready:  # another process was faster
                    return
                self._say(f"Installing {self._package} into {self.folder} (once) …")
                venv.create(self.folder, clear=True, with_pip=True)
                subprocess.run(
                    [str(self._at("python")), "-m", "pip", "install", "--quiet", self._package],
                    capture_output=True,
                    text=True,
                    timeout=INSTALL_S,
                    check=True,
                )
                (self.folder / _READY).touch()
        except (OSError, subprocess.SubprocessError) as error:
            cure = "connect to a package index once" + (f", or {self._without}" if self._without else "")
            raise NotInstalledError(
                f"{self._package} cannot be installed into {self.folder}: {last_line(error)}", cure
            ) from error


def last_line(error: Exception) -> str:
    """What a process said at last, or the error itself."""
    said = (getattr(error, "stderr", None) or "").strip().splitlines()
    return said[-1] if said else str(error)

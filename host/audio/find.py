"""Which files a user means."""

import stat
from collections.abc import Sequence
from pathlib import Path

from .errors import AudioError
from .formats import APPLE_DOUBLE, SUFFIXES


def find_audio(paths: Sequence[Path | str]) -> list[Path]:
    """Return the sound files among `paths`, those in folders included, in a stable order and each once.

    A file that is named is taken whatever its suffix; in folders those of `formats.SUFFIXES` count, in any case.

    Raises:
        AudioError: nothing is there, it is no file, or a folder has no sound file.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if _is_folder(path):
            inside = sorted(file for file in path.rglob("*") if is_audio_name(file) and file.is_file())
            if not inside:
                raise AudioError(
                    f"no sound file in the folder {path}",
                    "give a folder with WAV, FLAC, MP3, Ogg or AIFF files, or the files themselves",
                )
            found |= dict.fromkeys(inside)
        elif path.exists():
            refuse_devices(path)
            found[path] = None
        else:
            raise AudioError(
                f"there is no file or folder {path}", "check the name; it is taken from the current folder"
            )
    if not found:
        raise AudioError("no audio file was given", "name sound files or folders")
    return list(found)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError) as error:  # a name that is too long, or has a zero byte
        reason = getattr(error, "strerror", None) or error
        raise AudioError(
            f"there is no file or folder {path}: {reason}", "give a name that a file can have"
        ) from error


def is_audio_name(file: Path) -> bool:
    """Whether a file's name is that of a sound file."""
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(APPLE_DOUBLE)


def refuse_devices(path: Path) -> None:
    """Return when `path` is a file.

    Raises:
        AudioError: it is a pipe, a device or the like, which cannot be read twice; or it cannot be looked at.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AudioError(f"{path} cannot be read: {reason}", "check the file and its permissions") from error
    if stat.S_ISREG(mode):
        return
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    kind = next((name for fits, name in kinds if fits(mode)), "a device")
    raise AudioError(
        f"{path} cannot be read: it is {kind}, not a file", "save the sound to a file first, and give that"
    )

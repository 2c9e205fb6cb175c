"""Which files a user means."""

from collections.abc import Sequence
from pathlib import Path

from .errors import AudioError

SUFFIXES = (".wav", ".wave")
APPLE_DOUBLE = "._"  # what macOS puts beside each file on a foreign disk: the same name, no audio


def find_wavs(paths: Sequence[Path | str]) -> list[Path]:
    """Return the WAV files among `paths`, those in folders included, in a stable order and each once.

    A file that is named is taken whatever its suffix; in folders `.wav` and `.wave` count, in any case.

    Raises:
        AudioError: nothing is there, or a folder has no WAV file.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if _is_wav(file))
            if not inside:
                raise AudioError(
                    f"no WAV file in the folder {path}",
                    "give a folder with .wav files, or the files themselves",
                )
            found |= dict.fromkeys(inside)
        elif path.exists():
            found[path] = None
        else:
            raise AudioError(
                f"there is no file or folder {path}", "check the name; it is taken from the current folder"
            )
    if not found:
        raise AudioError("no audio file was given", "name WAV files or folders")
    return list(found)


def _is_wav(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(APPLE_DOUBLE) and file.is_file()

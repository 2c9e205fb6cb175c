"""NumPy's files from a disk: whole, plain arrays, no larger than the file; or one kind of error.

NumPy and `zipfile` raise a dozen kinds of exceptions for a damaged file, and unpack what a few bytes claim to hold.
"""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class ArraysError(ValueError):
    """A file that holds no such arrays, or not all of them."""


def read_arrays(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    """Read an uncompressed archive, as `numpy.savez` writes it.

    Args:
        path: the `.npz` file.
        names: of arrays that it must hold; with none, all that it holds are read.

    Returns:
        The arrays by name.

    Raises:
        ArraysError: it is damaged, compressed, holds pickled objects, or lacks one of `names`.
        OSError: it is not there, or cannot be read.
    """
    _check_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
            raise ArraysError("it is compressed")
        if sum(part.file_size for part in parts) > path.stat().st_size:
            raise ArraysError("it claims to hold more than it does")
        with np.load(path, allow_pickle=False) as data:
            return {name: _array(data[name]) for name in names or data.files}
    except (OSError, ArraysError):
        raise
    except Exception as error:  # what parsers come upon in a damaged file has no common base
        raise ArraysError(_told(error)) from error


def map_array(path: Path) -> NDArray[Any]:
    """The array in a `.npy` file, mapped from disk.

    Raises:
        ArraysError: it is damaged or holds something else.
        OSError: it is not there, or cannot be read.
    """
    _check_file(path)
    try:
        return _array(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ArraysError):
        raise
    except Exception as error:  # as above
        raise ArraysError(_told(error)) from error


def _check_file(path: Path) -> None:
    path.stat()  # for the system's own words where it is missing or behind a locked door
    if not path.is_file():
        raise ArraysError("it is not a file")


def _array(value: Any) -> NDArray[Any]:
    if not isinstance(value, np.ndarray):
        raise ArraysError("it holds no plain array")
    return value


def _told(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__

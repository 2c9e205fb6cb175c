"""A damaged file of NumPy's is one kind of error, and takes no more memory than it has bytes."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from .arrays import ArraysError, map_array, read_arrays


def _saved(path: Path) -> bytes:
    np.savez(path, one=np.arange(500), two=np.array("text"))
    return path.read_bytes()


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    _saved(tmp_path / "a.npz")
    assert read_arrays(tmp_path / "a.npz").keys() == {"one", "two"}
    (one,) = read_arrays(tmp_path / "a.npz", "one").values()
    assert one.tolist() == list(range(500))
    np.save(tmp_path / "b.npy", one)
    assert map_array(tmp_path / "b.npy").tolist() == one.tolist()


def test_a_missing_file_is_told_as_such(tmp_path: Path) -> None:
    for read in (read_arrays, map_array):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "none")
        with pytest.raises(ArraysError, match="not a file"):
            read(tmp_path)


@pytest.mark.parametrize("cut", [0, 1, 3, 60, 1000, -1, -30])
def test_a_cut_file(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a"
    whole = _saved(tmp_path / "a.npz")
    path.write_bytes(whole[:cut])
    with pytest.raises(ArraysError):
        read_arrays(path)
    np.save(tmp_path / "b.npy", np.arange(500))
    path.write_bytes((tmp_path / "b.npy").read_bytes()[:cut])
    with pytest.raises(ArraysError):
        map_array(path)


def test_changed_bytes(tmp_path: Path) -> None:
    whole, path = _saved(tmp_path / "a.npz"), tmp_path / "a"
    for place in range(0, len(whole), 37):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            arrays = read_arrays(path, "one", "two")
        except ArraysError as error:
            assert str(error)
        else:  # a date, for example
            assert arrays["one"].tolist() == list(range(500))


def test_no_code_of_a_file_runs(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", one=np.array([{}], object))
    (tmp_path / "b.npy").write_bytes(pickle.dumps([1]))
    np.save(tmp_path / "c.npy", np.array([{}], object))
    for read, name in ((read_arrays, "a.npz"), (map_array, "b.npy"), (map_array, "c.npy")):
        with pytest.raises(ArraysError):
            read(tmp_path / name)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", one=np.zeros(1_000_000))
    with pytest.raises(ArraysError, match="compressed"):
        read_arrays(tmp_path / "a.npz")
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(  # type: ignore[no-untyped-call]
        header, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    )
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        archive.writestr("one.npy", header.getvalue())
    with pytest.raises(ArraysError):
        read_arrays(tmp_path / "b.npz", "one")


def test_other_contents(tmp_path: Path) -> None:
    _saved(tmp_path / "a.npz")
    with pytest.raises(ArraysError, match="three"):
        read_arrays(tmp_path / "a.npz", "three")
    with pytest.raises(ArraysError, match="no plain array"):
        map_array(tmp_path / "a.npz")
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("one", b"not an array")
    with pytest.raises(ArraysError, match="no plain array"):
        read_arrays(tmp_path / "c.npz")

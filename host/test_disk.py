"""A refusing disk is explained."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from .disk import check_writable, disk_errors, refusal
from .errors import HilError


@pytest.mark.parametrize(("number", "message"), [(errno.ENOSPC, "full"), (errno.EACCES, "cannot be written")])
def test_the_place_and_a_cure_are_named(number: int, message: str) -> None:
    with pytest.raises(HilError, match=message) as caught, disk_errors(Path("somewhere")):
        raise OSError(number, "no")
    assert "somewhere" in caught.value.cause and caught.value.cure


def test_a_place_is_looked_at_before_long_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    check_writable(tmp_path, tmp_path / "new" / "below")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    for place in (tmp_path / "file" / "x", tmp_path / ("x" * 300), tmp_path / "file"):
        with pytest.raises(HilError, match="cannot be written"):
            check_writable(place)


@pytest.mark.parametrize("number", [errno.ENAMETOOLONG, errno.EROFS, errno.EACCES, errno.EFBIG, errno.EIO])
def test_what_a_disk_refuses_is_no_fault_of_the_program(number: int) -> None:
    told = refusal(OSError(number, "so it is", "some/file"))
    assert told is not None and "some/file" in told.cause and "so it is" in told.cause and told.cure
    assert refusal(OSError(number, "so it is")) is None  # of no file: a line, a socket, or a fault


def test_a_full_disk_needs_no_name() -> None:
    assert refusal(OSError(errno.ENOSPC, "full")) is not None
    assert refusal(OSError(errno.EINVAL, "odd", "file")) is None

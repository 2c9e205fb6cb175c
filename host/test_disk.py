"""A refusing disk is explained."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from .disk import disk_errors
from .errors import HilError


@pytest.mark.parametrize(("number", "message"), [(errno.ENOSPC, "full"), (errno.EACCES, "cannot be written")])
def test_the_place_and_a_cure_are_named(number: int, message: str) -> None:
    with pytest.raises(HilError, match=message) as caught, disk_errors(Path("somewhere")):
        raise OSError(number, "no")
    assert "somewhere" in caught.value.cause and caught.value.cure

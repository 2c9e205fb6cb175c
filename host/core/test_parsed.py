"""Declarations parsed once and kept give what cffi gives."""

from pathlib import Path
from typing import Any

import pytest

from .c_frontend import _DECLARATIONS
from .parsed import parsed


def test_what_is_kept_is_not_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = parsed(_DECLARATIONS, tmp_path)
    (kept,) = tmp_path.iterdir()
    assert kept.suffix == ".py"
    with monkeypatch.context() as patch:
        patch.setattr("cffi.FFI.cdef", lambda *_: pytest.fail("parsed again"))
        again = parsed(_DECLARATIONS, tmp_path)
    for ffi in (first, again):
        assert ffi.sizeof("fe_probe") == 2 * ffi.sizeof("void *")
        assert _taken(ffi) == [(3, 4)]


def _taken(ffi: Any) -> list[tuple[int, int]]:
    """What reaches a function in Python that is called as one of C."""
    found: list[tuple[int, int]] = []
    signature = "void(void *, unsigned, void *, size_t)"
    take = ffi.callback(signature, lambda _taker, stage, _bytes, size: found.append((stage, size)))
    ffi.new("fe_probe *", {"take": take}).take(ffi.NULL, 3, ffi.NULL, 4)
    return found


def test_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output is a command's, and may be JSON."""
    parsed("typedef struct { int32_t a; } thing;", tmp_path)
    assert capsys.readouterr().out == ""


def test_other_declarations_are_others(tmp_path: Path) -> None:
    assert parsed("typedef struct { int32_t a; } thing;", tmp_path).sizeof("thing") == 4
    assert parsed("typedef struct { int64_t a; } thing;", tmp_path).sizeof("thing") == 8
    assert parsed("typedef struct { int32_t a; } thing;", tmp_path).sizeof("thing") == 4
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for _ in range(2):
        assert parsed("typedef struct { int32_t a; } thing;", tmp_path / "file").sizeof("thing") == 4


def test_half_a_file_is_parsed_again(tmp_path: Path) -> None:
    parsed("typedef struct { int32_t a; } thing;", tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_text("ffi = ", encoding="ascii")
    assert parsed("typedef struct { int32_t a; } thing;", tmp_path).sizeof("thing") == 4

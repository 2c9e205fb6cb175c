"""C declarations parsed once and kept."""

from pathlib import Path

import pytest

from .parsed import parsed

DECLARATIONS = "typedef struct { int a; } pair; int both(const pair *one, int two);"


def test_what_was_parsed_is_read_again_and_nothing_is_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = parsed(DECLARATIONS, tmp_path)
    (kept,) = tmp_path.iterdir()
    monkeypatch.setattr("cffi.FFI.cdef", None)  # a second parse would fail
    again = parsed(DECLARATIONS, tmp_path)
    assert first.sizeof("pair") == again.sizeof("pair") == 4
    kept.write_text("damaged (")
    monkeypatch.undo()
    assert parsed(DECLARATIONS, tmp_path).sizeof("pair") == 4
    assert capfd.readouterr() == ("", ""), "standard output may be a report's: --json -"


def test_where_nothing_can_be_kept_it_is_parsed_each_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert parsed(DECLARATIONS, tmp_path / "file" / "below").sizeof("pair") == 4

"""An object is compiled when its source reads otherwise, and only then."""

from pathlib import Path

import pytest

from ..build.inputs import c_compiler
from .kept_objects import compiled_objects


def test_what_a_change_reaches_is_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIL_OBJECTS", str(tmp_path / "kept"))
    monkeypatch.delenv("LD_PRELOAD", raising=False)
    (tmp_path / "deep").mkdir()
    header, limits = tmp_path / "deep" / "limit.h", tmp_path / "limits.h"
    header.write_text('#include "limits.h"\n#define LIMIT (OUTER + 1)\n')
    limits.write_text("#define OUTER 1\n")
    sources = [tmp_path / "uses.c", tmp_path / "other.c", tmp_path / "asks.c"]
    sources[0].write_text('#include "deep/limit.h"\nint uses(void) { return LIMIT; }\n')
    sources[1].write_text('#include "deep/limit.h"\nint other(void) { return 1; }\n')
    sources[2].write_text("#ifdef ASKED\nint asks(void) { return 1; }\n#else\nint no;\n#endif\n")

    def built(*flags: str) -> list[Path]:
        found = compiled_objects([str(c_compiler()), "-O0", *flags], sources, [tmp_path], {})
        assert all(path.is_file() for path in found)
        return found

    def changed(before: list[Path], after: list[Path]) -> list[bool]:
        return [old != new for old, new in zip(before, after, strict=True)]

    first = built()
    assert built() == first
    limits.write_text("#define OUTER 7\n")
    assert changed(first, built()) == [True, False, False]
    limits.write_text("#define OUTER 1\n")
    assert built() == first
    assert changed(first, built("-DASKED")) == [False, False, True]
    assert changed(first, built("-DOUTER=1", "-O1")) == [True, True, True]
    first[1].unlink()
    assert built() == first

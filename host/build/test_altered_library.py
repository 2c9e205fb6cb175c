"""What of the changes does not compile is left out by itself, and all else of its line stays."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cffi import FFI

from . import altered_library as module
from .alteration import Alteration
from .alterations import altered
from .altered_library import Altered, Skipped, Texts, altered_library

pytestmark = pytest.mark.native
MEMBERS = {"b": ("c", "name", "none"), "c": ("b",)}
CODE = """struct s { int b, c; const char *name; struct { int x; } none; };

int f(const struct s *s)
{
    int a = s->b * 3;
    return a;
}

int given(int b, int c)
{
    struct s s = {b, c, 0, {0}};

    return f(&s);
}
"""


def _texts(skipped: Skipped) -> tuple[Texts, tuple[Alteration, ...]]:
    left, dropped = skipped.of("f.c")
    text, found = altered("f.c", CODE, 1, left, MEMBERS, dropped=dropped)
    return {"core/f.c": text}, tuple(found)


@pytest.fixture
def built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], tuple[Path, tuple[Alteration, ...]]]:
    monkeypatch.setattr(module, "LIBRARIES", tmp_path)
    return lambda: altered_library(Altered("small", "a small library", "core", _texts, ("core",)))


def test_a_change_that_does_not_compile_is_left_out_and_others_of_its_line_are_not(
    built: Callable[[], tuple[Path, tuple[Alteration, ...]]],
) -> None:
    every = {what.after for what in _texts(Skipped())[1]}
    library, alterations = built()
    after = {what.after for what in alterations}
    assert "s->none * 3" in every - after, "a struct is no number"
    assert {"s->c * 3", "s->b * 4", "s->b + 3"} <= after
    ffi = FFI()
    ffi.cdef("extern int fe_change; int given(int b, int c);")
    core = ffi.dlopen(str(library))
    told = {}
    for number, what in enumerate(alterations, start=1):
        core.fe_change = number
        told[what.after] = core.given(5, 7)
    assert (told["s->c * 3"], told["s->b * 4"], told["s->b + 3"]) == (21, 20, 8)
    core.fe_change = 0
    assert core.given(5, 7) == 15
    assert built() == (library, alterations), "what was left out is remembered"


def test_what_is_left_out_survives_a_file() -> None:
    skipped = Skipped({("a/f.c", 3): 2, ("g.c", 5): 1}, {("a/f.c", 3, "x", "y"), ("g.c", 1, "u", "v")})
    again = Skipped.of_json(skipped.as_json())
    assert again == skipped
    assert again.of("a/f.c") == ({3: 2}, {(3, "x", "y")})


def test_what_never_compiles_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIBRARIES", tmp_path)
    wrong = Altered("small", "a small library", "core", lambda _: ({"core/f.c": "int f(\n"}, ()), ("core",))
    with pytest.raises(module.HilError, match=r"a small library does not compile: .*f\.c:1"):
        altered_library(wrong)

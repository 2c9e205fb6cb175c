"""Functions run their right code where no change is made in what they run, and the changed one where one is."""

import subprocess
from pathlib import Path

import pytest

from .alteration import Alteration
from .alterations import altered
from .inputs import c_compiler
from .right_code import RIGHT, TABLE, with_right_code

pytestmark = pytest.mark.native

# `twice` is seen by steps.h because whoever includes that includes words.h before; `scale` names a field as well
RIGHTS = {
    "words.h": "static inline int twice(int a)\n{\n    return 2 * a;\n}\n",
    "steps.h": "static inline int step(int a)\n{\n    a = twice(a) + 3;\n    return a;\n}\n",
    "f.c": """#include "words.h"
#include "steps.h"
typedef struct { int (*scale)(int); } kind;

static __attribute__((noinline)) int scale(int a)
{
    return a * 5;
}

int far(int a);

static void put(int *to,
                int value)
{
    *to = value;
}

int f(int a)
{
    const kind by = {scale};
    int32_t sum = 0;
    put(&sum, step(a));
    sum += by.scale(a) + scale(1);
    return sum + far(a);
}
""",
    "far.c": "int far(int a)\n{\n    return a + 7;\n}\n",
}


MAIN = """#include <stdio.h>
#include <stdlib.h>
int fe_change, fe_bound; unsigned fe_column_number;
int f(int a);
int main(int count, char **words)
{
    fe_change = atoi(words[1]);
    return f(11);
}
"""
Written = tuple[dict[str, str], list[Alteration]]


@pytest.fixture(scope="module")
def written() -> Written:
    texts: dict[str, str] = {}
    found: list[Alteration] = []
    for file, right in RIGHTS.items():
        texts[file], more = altered(file, right, len(found) + 1)
        found += more
    return with_right_code(RIGHTS, texts, found), found


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, written: Written) -> Path:
    """Tells what f(11) gives with a change."""
    folder = tmp_path_factory.mktemp("right")
    for name, text in written[0].items():
        (folder / name).write_text(text)
    (folder / "main.c").write_text(MAIN)
    sources = ["main.c", "f.c", "far.c", TABLE]
    command = [str(c_compiler()), "-w", "-include", "stdint.h", "-include", "stddef.h", *sources, "-o", "f"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "f"


@pytest.mark.parametrize(
    ("before", "after", "value"),
    [
        ("2 * a", "3 * a", 3 * 11 + 3 + 55 + 5 + 18),
        ("twice(a) + 3", "twice(a) + 4", 22 + 4 + 55 + 5 + 18),
        ("a * 5", "a * 6", 25 + 66 + 6 + 18),
        ("value", "-(value)", -25 + 55 + 5 + 18),
        ("by.scale(a) + scale(1)", "by.scale(a) - scale(1)", 25 + 55 - 5 + 18),
        ("a + 7", "a + 8", 25 + 55 + 5 + 19),
    ],
)
def test_each_change_is_made_wherever_it_is(
    written: Written, program: Path, before: str, after: str, value: int
) -> None:
    number = next(n for n, each in enumerate(written[1], 1) if (each.before, each.after) == (before, after))
    given = [subprocess.run([str(program), str(change)], check=False).returncode for change in (0, number)]
    assert given == [25 + 55 + 5 + 18, value]


def test_right_code_asks_for_no_change_and_calls_right_code(
    written: Written,
) -> None:
    texts, _ = written
    steps, f = texts["steps.h"], texts["f.c"]
    assert f"static inline int {RIGHT}step(int a)\n{{\n    a = {RIGHT}twice(a) + 3;\n" in steps
    assert f"{RIGHT}put(&sum, {RIGHT}step(a));\n    sum += by.scale(a) + {RIGHT}scale(1);\n" in f
    assert f"static void {RIGHT}put(int *to,\n                int value)\n{{\n    *to = value;\n}}" in f
    assert f"{RIGHT}f(" not in f, "it is called from elsewhere, by its name"


def test_words_of_the_compiler_are_about_the_right_lines(written: Written, tmp_path: Path) -> None:
    for name, text in written[0].items():
        (tmp_path / name).write_text(text.replace("by = {", "by = {}; {"))
    command = [str(c_compiler()), "-w", "-fsyntax-only", "-include", "stdint.h", "f.c"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    line = RIGHTS["f.c"].splitlines().index("    const kind by = {scale};") + 1
    assert f"f.c:{line}:" in done.stderr

"""Loops with changes come to an end, and do what is said of them."""

import subprocess
from pathlib import Path

import pytest

from .alterations import altered
from .inputs import c_compiler

pytestmark = pytest.mark.native


def test_loops_that_are_changed_come_to_an_end_as_their_words_say(tmp_path: Path) -> None:
    loops = (
        "    for (int a = 0; a < n; a++) {\n        count++;\n    }\n"
        "    for (int b = n; b > 2; b--) {\n        count += 100;\n    }\n"
        "    for (const int *p = x, *end = x + n; p != end; p++) {\n        count += 10000;\n    }\n"
    )
    text, found = altered("f.c", f"int f(int n)\n{{\n{loops}    return count;\n}}\n", 1)
    told = {
        ("", ""): 50305,
        ("a = 0", "a = 1"): 50304,
        ("a < n", "a <= n"): 50306,
        ("a < n", "a < n - 1"): 50304,
        ("a < n", "a < n / 2"): 50302,
        ("b > 2", "b >= 2"): 50405,
        ("b > 2", "b > 2 + 1"): 50205,
        ("b > 2", "b > 2 - 1"): 50405,
        ("x + n", "x + n - 1"): 40305,
        ("x + n", "x + n + 1"): 60305,
    }
    numbers = {("", ""): 0} | {(each.before, each.after): 1 + place for place, each in enumerate(found)}
    checks = "".join(
        f"    fe_change = {numbers[change]};\n    count = 0;\n    if (f(5) != {right}) return {place};\n"
        for place, (change, right) in enumerate(told.items(), start=1)
    )
    begin = "#include <stdint.h>\nint fe_change, fe_bound, count;\nstatic const int x[9];\n"
    (tmp_path / "f.c").write_text(f"{begin}{text}\nint main(void)\n{{\n{checks}    return 0;\n}}\n")
    subprocess.run([str(c_compiler()), "-w", "f.c", "-o", "f"], cwd=tmp_path, check=True)
    assert subprocess.run([str(tmp_path / "f")], check=False).returncode == 0


def test_what_moves_on_beside_a_loop_s_own_count_moves_on_otherwise_as_its_words_say(tmp_path: Path) -> None:
    loops = (
        "    for (int a = 0; a < n; a++, p += n - 3) {\n        count += *p;\n    }\n"
        "    for (; p < x + 13; p += 2, q--) {\n        count += 1000 * q;\n    }\n"
    )
    text, found = altered("f.c", f"int f(int n)\n{{\n{loops}    return count;\n}}\n", 1)
    told = {  # from 0, by 2, to 8; then from 10 on, twice
        ("", ""): 17020,
        ("n - 3", "0"): 9 * 1000 + 8 * 1000 + 7000 + 6000 + 5000 + 4000 + 3000,
        ("n - 3", "n - 4"): 10 + 9000 + 8000 + 7000 + 6000,
        ("q--", "nothing"): 18020,
        ("q--", "q -= 2"): 16020,
        ("q--", "q++"): 19020,
    }
    assert not [each for each in found if each.before in ("a++", "2")]
    numbers = {("", ""): 0} | {(each.before, each.after): 1 + place for place, each in enumerate(found)}
    checks = "".join(
        f"    fe_change = {numbers[change]};\n    count = 0, p = x, q = 9;\n    if (f(5) != {right}) return {place};\n"
        for place, (change, right) in enumerate(told.items(), start=1)
    )
    numbered = ", ".join(map(str, range(20)))
    begin = (
        "#include <stdint.h>\nint fe_change, fe_bound, count, q;\n"
        f"static const int x[20] = {{{numbered}}}, *p;\n"
    )
    (tmp_path / "f.c").write_text(f"{begin}{text}\nint main(void)\n{{\n{checks}    return 0;\n}}\n")
    subprocess.run([str(c_compiler()), "-w", "f.c", "-o", "f"], cwd=tmp_path, check=True)
    assert subprocess.run([str(tmp_path / "f")], check=False).returncode == 0

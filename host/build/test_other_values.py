"""Values in an expression's place, computed by a compiler's program."""

import ctypes
import subprocess

import pytest

from .inputs import c_compiler
from .other_values import EXTREMES, LAST, OtherValue, kept, larger, scaled

pytestmark = pytest.mark.native
GIVEN = [5, 7, -3, 40000, 9]


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int]]:
    """What each gives of GIVEN, one after the other."""
    others: list[OtherValue] = [*(kept("*x++", what) for what in (LAST, *EXTREMES)), *scaled("*x++")]
    folder = tmp_path_factory.mktemp("others")
    lines = [f"int f{place}(const int *x) {{ return ({other.code}); }}" for place, other in enumerate(others)]
    (folder / "others.c").write_text("\n".join(lines) + "\n", encoding="utf-8")
    subprocess.run(
        [str(c_compiler()), "-shared", "-fPIC", "others.c", "-o", "others.so"], cwd=folder, check=True
    )
    library = ctypes.CDLL(str(folder / "others.so"))
    return {
        other.name: [getattr(library, f"f{place}")(ctypes.byref(ctypes.c_int(value))) for value in GIVEN]
        for place, other in enumerate(others)
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("the last *x++", [0, 5, 7, -3, 40000]),
        ("the first *x++", [5, 5, 5, 5, 5]),
        ("the largest *x++", [5, 7, 7, 40000, 40000]),
        ("the least *x++", [5, 5, -3, -3, -3]),
        ("2 * (*x++)", [10, 14, -6, 80000, 18]),
        ("(*x++) / 2", [2, 3, -1, 20000, 4]),
        ("min(*x++, 32767)", [5, 7, -3, 32767, 9]),
    ],
)
def test_what_each_of_them_is(values: dict[str, list[int]], name: str, expected: list[int]) -> None:
    assert values[name] == expected


def test_what_is_kept_is_told_in_words() -> None:
    assert [kept("a + b", what).told for what in (LAST, *EXTREMES)] == [
        "what `a + b` was when it was computed last",
        "what `a + b` was when it was computed first",
        "the largest value that `a + b` had so far",
        "the least value that `a + b` had so far",
    ]
    assert [kept("a", what).keeps for what in (LAST, *EXTREMES)] == [LAST, *EXTREMES]
    assert not any(other.keeps or other.told for other in scaled("a"))


def test_of_a_sum_the_larger_part_is_taken() -> None:
    other = larger("a", "b[i]")
    assert (other.name, other.code) == ("max(a, b[i])", "(b[i]) > a ? (b[i]) - a : 0")
    assert other.told == "the larger of `a` and `b[i]` in the place of their sum" and not other.keeps

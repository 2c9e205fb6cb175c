"""Values in an expression's place, computed by a compiler's program."""

import ctypes
import subprocess

import pytest

from .inputs import c_compiler
from .other_values import EXTREMES, LAST, OtherValue, kept, larger, limited, mixed, scaled

pytestmark = pytest.mark.native
GIVEN = [5, 7, -3, 40000, 9]


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int]]:
    """What each gives of GIVEN, one after the other."""
    others: list[OtherValue] = [
        *(kept("*x++", what) for what in (LAST, *EXTREMES)),
        *scaled("*x++"),
        *mixed("*x++"),
        *limited("*x++", ["seven"]),
    ]
    folder = tmp_path_factory.mktemp("others")
    lines = ["static const int seven = 7;"]
    lines += [
        f"int f{place}(const int *x) {{ return ({other.code}); }}" for place, other in enumerate(others)
    ]
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
        ("the mean with the last *x++", [2, 6, 2, 19998, 20004]),
        ("the difference with the last *x++", [5, 2, -10, 40003, -39991]),
        ("the larger with the last *x++", [5, 7, 7, 40000, 40000]),
        ("the smaller with the last *x++", [0, 5, -3, -3, 9]),
        ("min(*x++, seven)", [5, 7, -3, 7, 7]),
        ("max(*x++, seven)", [7, 7, 7, 40000, 9]),
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


def test_a_number_and_what_it_was_are_told_in_words() -> None:
    assert [(other.told, other.keeps) for other in mixed("a + b")] == [
        ("the mean of `a + b` and what it was when it was computed last", LAST),
        ("how much `a + b` is more than when it was computed last", LAST),
        ("the larger of `a + b` and what it was when it was computed last", LAST),
        ("the smaller of `a + b` and what it was when it was computed last", LAST),
    ]


def test_the_last_three_variables_limit_a_value_and_it_does_not_limit_itself() -> None:
    names = [other.name for other in limited("a", ["x", "b", "a", "c"])]
    assert names == ["min(a, b)", "max(a, b)", "min(a, c)", "max(a, c)"]
    assert not limited("a", []) and not any(other.keeps or other.told for other in limited("a", ["b"]))


def test_of_a_sum_the_larger_part_is_taken() -> None:
    other = larger("a", "b[i]")
    assert (other.name, other.code) == ("max(a, b[i])", "(b[i]) > a ? (b[i]) - a : 0")
    assert other.told == "the larger of `a` and `b[i]` in the place of their sum" and not other.keeps

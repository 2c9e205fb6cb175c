"""Variables of the same type are taken for one another, where both are known."""

import re

import pytest

from .alterations import PLAIN, SURE, altered


@pytest.mark.parametrize(
    ("head", "body", "told"),
    [
        ("int f(const int *a, int *b)", "return a[1];", {"b[1]"}),
        ("int f(int a, int *b, long c)", "return a;", set()),
        ("int f(const int *a, int b, long c)", "return g(a[1] + x->a[2]);", {"g(b + x->a[2])"}),
        ("int f(int a)", "int b = g(1), c = g(2);\n    return a + b;", {"a + c", "a + a", "b + b", "c + b"}),
        ("int f(int a)", "int b = g(1), c = b;", set()),  # one that has no value yet is none
        ("int f(int a, int b)", "return x->a + b.c;", {"x->a + a.c"}),
        (
            "int f(int a)",
            "for (int *p = x, *q = y; p < q; p++) {\n        return p[a];",
            {"q[a]", "a", "p < p", "q < q"},
        ),
        (
            "int f(int a)",
            "for (int b = 0; b < 2; b++) {\n        a = c + a;\n    }\n    return a;",
            {"c + b", "a < 2"},
        ),
        ("long f(long a)", "int b, c;\n    return b + a;", {"c + a"}),
        ("long f(void)", "if (a) {\n        int b = 1;\n    }\n    int c = a;\n    return c;", set()),
    ],
)
def test_one_variable_is_taken_for_another_of_its_type(head: str, body: str, told: set[str]) -> None:
    every, plain = (
        {what.after for what in altered("f.c", f"{head}\n{{\n    {body}\n}}\n", 1, left)[1]}
        for left in (dict.fromkeys(range(3, 8), how) for how in (SURE, PLAIN))
    )
    casts = {after for after in every if "_t)" in after}
    others = {
        after for after in every if re.match(r"the (last|first|largest|least) |2 \*|min\(|\(.*\) / 2$", after)
    }
    assert every - plain - casts - others == told

"""Changes of C code: which there are, and that the library with all of them computes what the core does."""

import pytest

from .alterations import NOTHING, PLAIN, SURE, WHOLE, altered
from .other_values import EXTREMES, LAST, kept, scaled

pytestmark = pytest.mark.native
KEPT = (LAST, *EXTREMES)


def changes(body: str) -> dict[str, set[str]]:
    """What is made of the expressions of a function's only lines; that an assignment is left out is told apart."""
    text = f"int f(int a, long b)\n{{\n    uint32_t zeros = g();\n    {body}\n}}\n"
    _, found = altered("f.c", text, 1)
    told: dict[str, set[str]] = {}
    for each in found:
        others = {other.name for other in (*(kept(each.before, what) for what in KEPT), *scaled(each.before))}
        others |= {f"max({name}, {each.before})" for name in ("a", "x->count")}
        if each.line == 4 and each.after not in ("a", "at", NOTHING, *others):
            told.setdefault(each.before, set()).add(each.after + (f" ({each.below})" if each.below else ""))
    return told


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("for (; a < b; a++, b--) {", {
            "a < b": {"(uint16_t)a < b", "(uint8_t)a < b", "a < b + 1", "a < b - 1", "a <= b"},
        }),
        ("for (int *p = x, *end = x + n; p != end; p += 4) {", {
            "x + n": {"x + n + 1", "x + n + 4", "x + n - 1", "x + n - 4"},
        }),
        ("size_t at = b;", {
            "b": {"(uint16_t)(b)", "(uint8_t)(b)", "-(b)"},
        }),
        ("int32_t c = *b;", {
            "*b": {"(int16_t)(*b)", "(uint16_t)(*b)", "-(*b)"},
        }),
        ("int64_t c = b;", {
            "b": {"(int32_t)(b)", "(uint32_t)(b)", "-(b)", "0"},
        }),
        ("p[i] = b;", {
            "b": {"(int16_t)(b)", "(uint16_t)(b)", "-(b)", "p[i] + (b)"},
        }),
        ("*p++ = b;", {
            "b": {"(int16_t)(b)", "(uint16_t)(b)", "*p++ + (b)", "-(b)"},
        }),
        ("memcpy(to, from, n);", {
            "memcpy(to, from, n)": {
                "memcpy(from, to, n)", "memcpy(to + 1, from, n)", "memcpy(to - 1, from, n)",
                "memcpy(to, from + 1, n)", "memcpy(to, from - 1, n)", "memcpy(to, from, (n) & ~(size_t)3)",
                "memcpy(to, from, (n) / 2)", "memcpy(to, from, 0)", "memcpy(to, from, n + 1)",
                "memcpy(to, from, n - 1)", "memcpy(to, n, from)",
            },
        }),
        ("a = g(b, i, 2 * LEAST_ROOM);", {
            "g(b, i, 2 * LEAST_ROOM)": {
                "(g(b, i, 2 * LEAST_ROOM), b)", "(g(b, i, 2 * LEAST_ROOM), i)", "-(g(b, i, 2 * LEAST_ROOM))",
                "a + (g(b, i, 2 * LEAST_ROOM))", "g(b, 0, 2 * LEAST_ROOM)", "g(b, 2 * LEAST_ROOM, i)",
                "g(b, i, 1 * LEAST_ROOM)", "g(b, i, 2 * (LEAST_ROOM + 1))", "g(b, i, 2 * (LEAST_ROOM - 1))",
                "g(b, i, 2 + LEAST_ROOM)", "g(b, i, 3 * LEAST_ROOM)", "g(b, i, 4 * LEAST_ROOM)",
                "g(i, b, 2 * LEAST_ROOM)",
            },
        }),
        ("a = b == *w-- ? c / d : 0;", {
            "b == *w-- ? c / d : 0": {
                "(uint16_t)b == *w-- ? c / d : 0", "(uint8_t)b == *w-- ? c / d : 0", "-(b == *w-- ? c / d : 0)",
                "0", "a + (b == *w-- ? c / d : 0)", "b != *w-- ? c / d : 0", "b == *--w ? c / d : 0",
                "b == *w ? c / d : 0", "b == *w-- ? 0 : c / d",
                "b == *w-- ? a : 0", "b == *w-- ? c / d : a", "b == *w-- ? c * d : 0", "b == *w-- ? c / d : 1",
                "b > *w-- ? c / d : 0", "c / d",
            },
        }),
        ("a = b + 15;", {
            "b + 15": {"-(b + 15)", "0 + 15", "a + (b + 15)", "b", "b + 14", "b + 16", "b + 7", "b - 15"},
        }),
        ("return b >> 3;", {
            "b >> 3": {"b", "b + 4 >> 3", "b / (1 << 3)", "b << 3", "b >> 2", "b >> 4", "b >> 6"},
        }),
        ("a |= b;", {
            "b": {"~(b)"},
        }),
        ("a = minus(x, y);", {
            "minus(x, y)": {
                "(minus(x, y), x)", "(minus(x, y), y)", "-(minus(x, y))", "a + (minus(x, y))", "minus(x, 0)",
                "minus(y, x)", "plus(x, y)",
            },
        }),
        ("a = x > y ? x : y;", {
            "x > y ? x : y": {
                "(int16_t)x > (int16_t)y ? x : y", "(int32_t)x > (int32_t)y ? x : y", "(uint16_t)x > y ? x : y",
                "(uint8_t)x > y ? x : y", "-(x > y ? x : y)", "a + (x > y ? x : y)", "x",
                "x < y ? x : y", "x > y ? y : x", "x >= y ? x : y", "y", "x > y ? a : y", "x > y ? x : a",
            },
        }),
        ("a = zeros << 2;", {
            "zeros << 2": {
                "(int16_t)zeros << 2", "(uint16_t)zeros << 2", "-(zeros << 2)", "a + (zeros << 2)", "zeros",
                "zeros << 1", "zeros << 1 (zeros)", "zeros << 3", "zeros << 3 (zeros)", "zeros << 4", "zeros >> 2",
            },
        }),
        ("int32_t c = p(1), d = q(5);", {
            "p(1)": {"(int16_t)(p(1))", "(uint16_t)(p(1))", "-(p(1))", "p(0)", "p(2)"},
            "q(5)": {"-(q(5))", "q(2)", "q(4)", "q(6)"},
        }),
        ("uint32_t c = a & 63u;", {
            "a & 63u": {
                "(int16_t)(a & 63u)", "(uint16_t)(a & 63u)", "-(a & 63u)", "a & 127u", "a & 31u", "a & 62u",
                "a & 64u", "a | 63u",
            },
        }),
        ("a = b & 0x7fff;", {
            "b & 0x7fff": {"-(b & 0x7fff)", "a + (b & 0x7fff)", "b & 16383", "b & 65535", "b | 0x7fff"},
        }),
        ("a = b & 5;", {
            "b & 5": {"-(b & 5)", "a + (b & 5)", "b & 2", "b & 4", "b & 6", "b | 5"},
        }),
        ("a += (b * *at.share) >> 11;", {
            "(b * *at.share) >> 11": {
                "((b * *at.share) >> 11) - a", "((b + 1) * *at.share) >> 11", "((b - 1) * *at.share) >> 11",
                "((int16_t)b * (int16_t)*at.share) >> 11", "((int16_t)b * *at.share) >> 11",
                "((uint16_t)b * *at.share) >> 11", "(b * (int16_t)*at.share) >> 11", "(b * *at.share)",
                "(b * *at.share) + 1024 >> 11", "(b * *at.share) / (1 << 11)", "(b * *at.share) << 11",
                "(b * *at.share) >> 10", "(b * *at.share) >> 12", "(b * *at.share) >> 5", "(b + *at.share) >> 11",
                "(b >> 11) * *at.share", "(int16_t)((b * *at.share) >> 11)",
                "(int16_t)(a + ((b * *at.share) >> 11)) - a", "(int32_t)(a + ((b * *at.share) >> 11)) - a",
                "(uint16_t)((b * *at.share) >> 11)", "-((b * *at.share) >> 11)",
            },
        }),
        ("int32_t c = h(x, 2 - up), d = h(y, 2 - up);", {
            "h(x, 2 - up), h(y, 2 - up)": {
                "h(x, 1 - up), h(y, 1 - up)", "h(x, 2 + up), h(y, 2 + up)", "h(x, 2), h(y, 2)",
                "h(x, 3 - up), h(y, 3 - up)", "h(x, 4 - up), h(y, 4 - up)", "h(x, up), h(y, up)",
            },
            "h(x, 2 - up)": {
                "(h(x, 2 - up), x)", "(int16_t)(h(x, 2 - up))", "(uint16_t)(h(x, 2 - up))", "-(h(x, 2 - up))",
                "h(2 - up, x)", "h(x, 1 - up)", "h(x, 2 + up)", "h(x, 2)", "h(x, 3 - up)", "h(x, 4 - up)",
                "h(x, up)",
            },
            "h(y, 2 - up)": {
                "(h(y, 2 - up), y)", "-(h(y, 2 - up))", "h(2 - up, y)", "h(y, 1 - up)", "h(y, 2 + up)", "h(y, 2)",
                "h(y, 3 - up)", "h(y, 4 - up)", "h(y, up)",
            },
        }),
        ("turn(re, w + 6, up);", {
            "turn(re, w + 6, up)": {
                "turn(re + 1, w + 6, up)", "turn(re - 1, w + 6, up)", "turn(re, 6, up)", "turn(re, up, w + 6)",
                "turn(re, w + 3, up)", "turn(re, w + 5, up)", "turn(re, w + 6 + 1, up)", "turn(re, w + 6 - 1, up)",
                "turn(re, w + 6, up + 1)", "turn(re, w + 6, up - 1)", "turn(re, w + 7, up)", "turn(re, w - 6, up)",
                "turn(re, w, up)", "turn(w + 6, re, up)",
            },
        }),
        ("at = x->place;", {
            "x->place": {"-(x->place)", "at + (x->place)", "x->place + 1", "x->place - 1"},
        }),
        ("place at = {s + n->first, n->shares};", {
            "s + n->first": {"0 + n->first", "s", "s + 1", "s + n->first + 1", "s + n->first - 1", "s - n->first"},
            "n->shares": {"n->shares + 1", "n->shares - 1"},
        }),
        ("const fe_factor slope = config->slope;", {}),
        ("if (a <= b) {", {
            "a <= b": {"!(a <= b)", "(uint16_t)a <= b", "(uint8_t)a <= b", "0", "1", "a < b", "a >= b"},
        }),
        ("copy(to, from + n);", {
            "copy(to, from + n)": {
                "copy(from + n, to)", "copy(to + 1, from + n)", "copy(to - 1, from + n)",
                "copy(to, (from + n) & ~(size_t)3)", "copy(to, (from + n) / 2)", "copy(to, from + n + 1)",
                "copy(to, from + n - 1)", "copy(to, from - n)", "copy(to, from)", "copy(to, n)",
            },
        }),
        ("static const int t[2] = {1, 2};", {}),
        ("for (i = 0; i < n; i++) {", {
            "i = 0": {"i = 1"},
            "i < n": {"(uint16_t)i < n", "(uint8_t)i < n", "i < n - 1", "i < n / 2", "i <= n"},
        }),
        ("for (size_t i = 1; i <= n; i++) {", {
            "i <= n": {"(uint16_t)i <= n", "(uint8_t)i <= n", "i < n", "i <= n - 1", "i <= n / 2"},
        }),
        ("for (p = q; p != end; p++) {", {}),
        ("for (; a > b; a--) {", {
            "a > b": {"(uint16_t)a > b", "(uint8_t)a > b", "a > b + 1", "a > b - 1", "a >= b"},
        }),
        ("for (p = q; p >= end + 1; p--) {", {
            "p >= end + 1": {
                "(uint16_t)p >= end + 1", "(uint8_t)p >= end + 1", "p > end + 1", "p >= end + 1 + 1",
                "p >= end + 1 - 1",
            },
        }),
        ("for (int *p = x, *end = x + n; p != end; p++, q += step) {", {
            "x + n": {"x + n + 1", "x + n + step", "x + n - 1", "x + n - step"},
            "step": {"0"},
        }),
        ("for (; a < g(b; c) {", {}),
        ("for (p = x, end = g(x; p != end; p++) {", {}),
        ("while (a > b) {", {}),
        ("a = g(t[i]);", {
            "g(t[i])": {"-(g(t[i]))", "a + (g(t[i]))", "g(t[0])", "g(t[i + 1])", "g(t[i - 1])"},
        }),
        ("a = t[b & 1];", {
            "t[b & 1]": {
                "-(t[b & 1])", "a + (t[b & 1])", "t[(b + 1) & 1]", "t[(b >> 1) & 1]", "t[b & 0]", "t[b & 2]",
                "t[b & 3]", "t[b | 1]",
            },
        }),
        ("place at = {s + n->first}, end = {s};", {
            "s + n->first": {"0 + n->first", "s", "s + 1", "s + n->first + 1", "s + n->first - 1", "s - n->first"},
        }),
        ("x[i] = (bin){b + 1, 0};", {
            "b + 1": {"0 + 1", "b", "b + 0", "b + 2", "b - 1"},
            "0": {"1"},
        }),
        ("a = (int32_t)b;", {
            "(int32_t)b": {"(int16_t)b", "(uint32_t)b", "-((int32_t)b)", "a + ((int32_t)b)", "b"},
        }),
        ("int64_t c = (int64_t)b * d;", {
            "(int64_t)b * d": {
                "(int32_t)((int64_t)b * d)", "(int32_t)b * d", "(int64_t)(b + 1) * d", "(int64_t)(b - 1) * d",
                "(int64_t)b + d", "(uint32_t)((int64_t)b * d)", "(uint64_t)b * d", "-((int64_t)b * d)", "b * d",
                "(int64_t)(b * d)",
            },
        }),
        ("} while (b != 3);", {
            "b != 3": {"(uint16_t)b != 3", "(uint8_t)b != 3", "b != 2", "b != 4", "b != 6", "b == 3"},
        }),
        ('puts("1 + 2");', {}),
        ("if (c && !b) {", {
            "c && !b": {"!(c && !b)", "!b", "0", "1", "c", "c || !b"},
        }),
        ("a = b == c || d != e;", {
            "b == c || d != e": {
                "(uint16_t)b == c || d != e", "(uint8_t)b == c || d != e", "-(b == c || d != e)",
                "a + (b == c || d != e)", "b != c || d != e", "b == c", "b == c && d != e",
                "b == c || (uint16_t)d != e", "b == c || (uint8_t)d != e", "b == c || d == e", "b > c || d != e",
                "d != e",
            },
        }),
        ("x->mask &= b;", {
            "b": {"(uint16_t)(b)", "(uint8_t)(b)", "~(b)"},
        }),
        ("x->p.count = b;", {
            "b": {"(uint16_t)(b)", "(uint8_t)(b)", "-(b)", "x->p.count + (b)"},
        }),
        ("x->on = true;", {
            "true": {"false"},
        }),
        ("x->count += b;", {
            "b": {
                "(b) - x->count", "(int16_t)(b)", "(uint16_t)(b)", "(uint16_t)(x->count + (b)) - x->count",
                "(uint8_t)(b)", "(uint8_t)(x->count + (b)) - x->count", "-(b)",
            },
        }),
        ("a = p.re - q[1];", {
            "p.re - q[1]": {
                "-(p.re - q[1])", "0 - q[1]", "a + (p.re - q[1])", "p.re", "p.re + q[1]", "p.re - q[0]",
                "p.re - q[2]", "q[1] - p.re",
            },
        }),
        ("copy(to, n * sizeof to[0]);", {
            "copy(to, n * sizeof to[0])": {
                "copy(n * sizeof to[0], to)", "copy(to + 1, n * sizeof to[0])", "copy(to - 1, n * sizeof to[0])",
                "copy(to, (int16_t)n * sizeof to[0])", "copy(to, (n * sizeof to[0]) & ~(size_t)3)",
                "copy(to, (n * sizeof to[0]) / 2)", "copy(to, (uint16_t)n * sizeof to[0])",
                "copy(to, n * sizeof to[1])", "copy(to, n + sizeof to[0])", "copy(to, n)",
                "copy(to, sizeof to[0])",
            },
        }),
        ("a = (b * c->d);", {
            "(b * c->d)": {
                "((b + 1) * c->d)", "((b - 1) * c->d)", "((int16_t)b * (int16_t)c->d)", "((int16_t)b * c->d)",
                "((uint16_t)b * c->d)", "(b * (int16_t)c->d)", "(b + c->d)", "(b)", "(c->d)", "-((b * c->d))",
                "a + ((b * c->d))",
            },
        }),
        ("copy(to, n * sizeof state->work[0]);", {
            "copy(to, n * sizeof state->work[0])": {
                "copy(n * sizeof state->work[0], to)", "copy(to + 1, n * sizeof state->work[0])",
                "copy(to - 1, n * sizeof state->work[0])", "copy(to, (int16_t)n * sizeof state->work[0])",
                "copy(to, (n * sizeof state->work[0]) & ~(size_t)3)", "copy(to, (n * sizeof state->work[0]) / 2)",
                "copy(to, (uint16_t)n * sizeof state->work[0])", "copy(to, n * sizeof state->work[0] + 1)",
                "copy(to, n * sizeof state->work[0] - 1)", "copy(to, n * sizeof state->work[1])",
                "copy(to, n + sizeof state->work[0])", "copy(to, n)", "copy(to, sizeof state->work[0])",
            },
        }),
        ("message m = {.count = n + 1, .score = b};", {
            ".count = n + 1, .score = b": {".count = b, .score = n + 1"},
            "b": {"0"}, "n + 1": {"0", "0 + 1", "n", "n + 0", "n + 2", "n - 1"},
        }),
        ("*p = (extremes){.least = UINT32_MAX};", {
            "UINT32_MAX": {"(UINT32_MAX + 1)", "(UINT32_MAX - 1)", "0"},
        }),
        ("x->count++;", {
            "x->count++": {"x->count += 2", "x->count--"},
        }),
        ("y = x->count++;", {
            "x->count++": {"++x->count", "-(x->count++)", "x->count", "y + (x->count++)"},
        }),
        ("a = c->frames - 1;", {
            "c->frames - 1": {
                "-(c->frames - 1)", "0 - 1", "a + (c->frames - 1)", "c->frames", "c->frames + 1", "c->frames - 0",
                "c->frames - 2", "c->stride - 1",
            },
        }),
        ("a = t->on_threshold[i];", {
            "t->on_threshold[i]": {
                "-(t->on_threshold[i])", "a + (t->on_threshold[i])", "t->off_threshold[i]", "t->on_threshold[0]",
                "t->on_threshold[i + 1]", "t->on_threshold[i - 1]",
            },
        }),
        ("    .on = on ? 1 : 0, .window = w - 1};", {
            ".on = on ? 1 : 0, .window = w - 1": {".on = w - 1, .window = on ? 1 : 0"},
            "on ? 1 : 0": {"0", "1", "on ? 0 : 0", "on ? 0 : 1", "on ? 1 : 1", "on ? 2 : 0"},
            "w - 1": {"0", "0 - 1", "w", "w + 1", "w - 0", "w - 2"},
        }),
    ],
)  # fmt: skip
def test_the_changes_of_an_expression(body: str, expected: dict[str, set[str]]) -> None:
    assert changes(body) == expected


def test_an_address_of_several_terms_is_one_further() -> None:
    (found,) = changes("const int *p = odd ? at + pairs + middle : at;").values()
    assert {f"odd ? at + pairs + middle {by} 1 : at" for by in "+-"} <= found


def test_a_count_of_bits_that_has_a_name_is_one_more_or_less() -> None:
    (found,) = changes("int a = b >> shift;").values()
    assert {"b >> (shift + 1)", "b >> (shift - 1)"} <= found


def test_what_something_grows_from_below_0_is_0() -> None:
    (found,) = changes("int a = -129;").values()
    assert "0" in found
    assert not any("0" in every for every in changes("int a = -b;").values())


def test_an_address_of_another_type_loses_a_term_as_any_argument_does() -> None:
    (found,) = changes("put((int8_t *)to + n, from);").values()
    assert {"put((int8_t *)to, from)", "put(n, from)", "put((int8_t *)to - n, from)"} <= found


@pytest.mark.parametrize(
    ("line", "left", "others"),
    [
        ("    int a = b;", 0, (LAST, *EXTREMES, "2 *", "/ 2", "min")),
        ("    a->c[1] = b;", 0, (LAST, *EXTREMES, "2 *", "/ 2", "min")),
        ("        a += b;", 0, (LAST, *EXTREMES, "2 *", "/ 2", "min", "max")),
        ("    int a = b;", SURE, (LAST,)),
        ("    int a = b;", PLAIN, ()),
        ("    const segment a = b;", 0, (LAST,)),  # a struct has no most
        ("    static int a = b;", 0, ()),
        ("    int a = 3;", 0, ()),
    ],
)
def test_an_assigned_value_is_kept_scaled_and_limited(line: str, left: int, others: tuple[str, ...]) -> None:
    found = altered("f.c", f"int f(int b)\n{{\n{line}\n}}\n", 1, {3: left})[1]
    names = [*(kept("b", what).name for what in KEPT), *(other.name for other in scaled("b")), "max(a, b)"]
    assert [each.after for each in found if each.after in names] == [
        name for name in names if any(other in name for other in others)
    ]
    assert all(bool(each.keeps) == bool(each.told) for each in found if each.after in names[:-1])


def test_an_assignment_or_a_call_is_left_out() -> None:
    text, found = altered("f.c", "int f(void)\n{\n    a->b = g(c);\n    clear(&d);\n    int e = c;\n}\n", 1)
    told = [(each.line, each.before, each.after) for each in found]
    assert (3, "a->b = g(c)", NOTHING) in told and (4, "clear(&d)", NOTHING) in told
    assert not any(line == 5 and after == "e" for line, _, after in told)
    number = 1 + told.index((4, "clear(&d)", NOTHING))
    assert f"    if (fe_change != {number}) clear(&d);" in text


def test_what_is_put_where_a_cast_pointer_points_is_changed() -> None:
    text, found = altered("f.c", "int f(void *p)\n{\n    ((short *)p)[i] = (short)(b - 1);\n}\n", 1)
    assert "(short)(b - 2)" in {each.after for each in found}
    assert "    ((short *)p)[i] = ((unsigned)(fe_change - 1) >= " in text


def test_what_is_true_or_false_is_always_one_of_them() -> None:
    def truths(head: str, line: str) -> list[str]:
        found = altered("f.c", f"{head}\n{{\n    {line}\n}}\n", 1)[1]
        return [each.after for each in found if each.after in ("false", "true")]

    both = ["false", "true"]
    assert truths("static bool f(int b)", "return g(b) > 2;") == both
    assert truths("bool f(int b,\n       int c)", "return b;") == both
    assert truths("int f(bool b)", "return b;") == [] == truths("int f(void)", "int a = b;")
    assert truths("int f(void)", "bool a = b->c;") == truths("int f(void)", "const bool a = b->c;") == both
    assert truths("bool f(void)", "return true;") == ["false"]


def test_two_fields_have_each_others_values() -> None:
    body = "    message m = {\n        .a = b,\n        .c = d + 1, .e = f,\n        .g = {0},\n        .h = i};\n"
    text, found = altered("f.c", f"int f(int b)\n{{\n{body}}}\n", 1)
    told = [(each.line, each.before, each.after) for each in found]
    pairs = [
        (4, ".a = b, .c = d + 1", ".a = d + 1, .c = b"),
        (5, ".c = d + 1, .e = f", ".c = f, .e = d + 1"),
    ]
    assert [each for each in told if each[1].count("=") > 1] == pairs
    first, second = (1 + told.index(pair) for pair in pairs)
    lines = text.splitlines()
    assert lines[3].startswith(f"        .a = fe_change == {first} ? (d + 1) : (")
    assert lines[4].startswith(f"        .c = fe_change == {first} ? (b) : fe_change == {second} ? (f) : ((")
    assert f", .e = fe_change == {second} ? (d + 1) : ((" in lines[4] and "fe_change == " not in lines[5][:30]


def test_two_assignments_have_each_others_values() -> None:
    def exchanged(*lines: str) -> list[str]:
        body = "".join(f"    {line}\n" for line in lines)
        _, found = altered("f.c", f"int f(void)\n{{\n{body}}}\n", 1)
        return [each.after for each in found if ";" in each.before]

    assert exchanged("p[m] = a;", "p[2 * m] = b;") == ["p[m] = b; p[2 * m] = a"]
    assert exchanged("int x = a;", "int y = b;", "int z = c;") == [
        "int x = b; int y = a",
        "int y = c; int z = b",
    ]
    assert exchanged("p[m] = a;", "q = p[m];") == []  # reads the first one
    assert exchanged("int x = a;", "size_t y = b;") == exchanged("x = *p++;", "y = b;") == []
    assert exchanged("x = a;", "y += b;") == exchanged("x = a;", "y = a;") == []


def test_what_stands_outside_of_functions_is_left_alone() -> None:
    text = "static const int table[2] = {1, 2};\n#define N 3\n"
    assert altered("f.c", text, 1) == (text, [])


def test_numbers_go_on_from_file_to_file() -> None:
    text, found = altered("f.c", "int f(void)\n{\n    return 5;\n}\n", 41)
    assert [each.after for each in found] == ["6", "4", "2"]
    assert (
        "((unsigned)(fe_change - 41) >= 3u ? (5) : "
        "fe_change == 41 ? (6) : fe_change == 42 ? (4) : fe_change == 43 ? (2) : (5))" in text
    )
    assert text.startswith("extern int fe_change, fe_bound; extern unsigned fe_column_number; int f(void)\n")


def test_a_statement_of_several_lines_is_one() -> None:
    body = "    a = g(b,\n          c + 1);\n    if (a > 1 &&\n        b) {\n    c = b\n        ? a\n        : 2;\n"
    text, found = altered("f.c", f"int f(int a, int b, int c)\n{{\n{body}    }}\n    return a;\n}}\n", 1)
    told = {(what.line, what.before, what.after) for what in found}
    assert {
        (3, "g(b, c + 1)", "g(b, c + 2)"),
        (5, "a > 1 && b", "a > 1"),
        (7, "b ? a : 2", "b ? 2 : a"),
    } <= told
    assert text.splitlines()[-2].strip().startswith("return"), "as many lines as before"
    assert len(text.removeprefix(text.split("int f(", maxsplit=1)[0]).splitlines()) == 12


def test_of_a_line_that_does_not_compile_calls_are_left_first_then_names_and_then_all() -> None:
    text = "int f(bundle *c)\n{\n    int a = c->frames - 1;\n    return c->frames;\n}\n"
    every, sure, plain, whole = (
        altered("f.c", text, 1, left)[1] for left in ({}, {3: SURE}, {3: PLAIN}, {3: WHOLE})
    )
    assert "-(c->frames - 1)" in {what.after for what in every} - {
        what.after for what in sure if what.line == 3
    }
    assert "c->stride - 1" in {what.after for what in every if what.line == 3}
    assert {what.after for what in sure if what.line == 3} - {
        what.after for what in plain if what.line == 3
    } == {"c->stride - 1", "the last c->frames - 1"}
    assert {what.line for what in whole} == {4}
    assert [what for what in every if what.line == 4] == [what for what in plain if what.line == 4]


def test_of_each_change_it_is_known_whose_line_it_is() -> None:
    one = "static int one(int a,\n               int b)\n{\n    return a + 1;\n}\n"
    text = f"{one}\nvoid two_reset(void)\n{{\n    x = 1;\n    y = x;\n}}\n"
    found = altered("f.c", text, 1)[1]
    assert {(each.line, each.function) for each in found} == {(4, "one"), (9, "two_reset"), (10, "two_reset")}
    assert ("y = x", "two_reset") in {(each.before, each.function) for each in found}, "moved ones, too"


def test_one_member_is_taken_for_another_of_its_type() -> None:
    text = "int f(void)\n{\n    return s->c + t.d.c;\n}\n"
    plain, members = (
        {each.after for each in altered("f.c", text, 1, left, {"c": ("e", "g"), "d": ("c",)})[1]}
        for left in ({3: PLAIN}, {})
    )
    assert members - plain == {"s->e + t.d.c", "s->g + t.d.c", "s->c + t.d.e", "s->c + t.d.g"}
    assert altered("f.c", text, 1)[1] == altered("f.c", text, 1, None, {"h": ("e",)})[1]


def test_a_function_of_a_table_is_called_otherwise_as_any_is() -> None:
    (found,) = changes("kind->measure(own, at, frames - index);").values()
    assert {"kind->measure(own, at, frames)", "kind->measure(own, at, frames + index)"} <= found
    assert "kind->measure(own, at + 1, frames - index)" in found

"""A change of the code in words: what it is, from where on, and of long expressions what differs."""

from dataclasses import replace

import pytest

from ...build.alteration import Alteration
from .altered import change_told, look_at
from .fakes_altered import BELOW, PLAIN, Change


@pytest.mark.parametrize(
    ("what", "change", "words"),
    [
        (PLAIN, (0, 0), "with `x - 1` instead of `x + 1`"),
        (PLAIN, (0, 1200), "with `x - 1` instead of `x + 1` from column 1,200 on"),
        (BELOW, (0, 3), "with `y << 2` instead of `y << 1` where count is less than 3"),
        (replace(PLAIN, after="nothing", told="without `x + 1`"), (0, 0), "without `x + 1`"),
        (
            replace(PLAIN, after="behind `y = 2`", told="with `x + 1` behind `y = 2`"),
            (0, 7),
            "with `x + 1` behind `y = 2` from column 7 on",
        ),
    ],
)
def test_what_a_change_is_in_words(what: Alteration, change: Change, words: str) -> None:
    place = f"{what.file}, line {what.line}"
    assert change_told(what, change, "the board") == (
        f"{what.file} line {what.line}",
        f"the board does what it would {words} ({place})",
    )


WORDS = [f"w{number:02}" for number in range(40)]


def with_word(place: int, word: str) -> str:
    return " ".join([*WORDS[:place], word, *WORDS[place + 1 :]])


@pytest.mark.parametrize(
    ("after", "told", "instead"),
    [
        (
            with_word(20, "x20"),
            "… w15 w16 w17 w18 w19 w20 w21 w22 w23 w24 w25 …",
            "… w15 w16 w17 w18 w19 x20 w21 w22 w23 w24 w25 …",
        ),
        (with_word(2, "v"), "w00 w01 w02 w03 w04 w05 w06 w07 …", "w00 w01 v w03 w04 w05 w06 w07 …"),
        (with_word(0, "v"), "w00 w01 w02 w03 w04 w05 …", "v w01 w02 w03 w04 w05 …"),
        (with_word(39, "w"), "… w34 w35 w36 w37 w38 w39", "… w34 w35 w36 w37 w38 w"),
        (
            with_word(38, "w38 w38"),
            "… w34 w35 w36 w37 w38 w39",
            "… w34 w35 w36 w37 w38 w38 w39",
        ),
        (
            " ".join([*WORDS, *WORDS[30:]]),
            "… w34 w35 w36 w37 w38 w39",
            "… w34 w35 w36 w37 w38 w39 w30 w31 w32 w33 w34 w35 w36 w37 w38 w39",
        ),
    ],
)
def test_of_long_expressions_it_is_told_what_differs(after: str, told: str, instead: str) -> None:
    what = replace(PLAIN, before=" ".join(WORDS), after=after)
    assert f" would with `{instead}` instead of `{told}` (" in change_told(what, (0, 0), "it")[1]


@pytest.mark.parametrize(("letters", "whole"), [(80, True), (81, False)])
@pytest.mark.parametrize("longer", [0, 1])
def test_expressions_of_80_letters_are_told_whole(letters: int, whole: bool, longer: int) -> None:
    long = ("a + " * 30)[: letters - 1] + "b"
    short = "z" + long[40:]
    pair = (long, short) if longer else (short, long)
    told = change_told(replace(PLAIN, before=pair[0], after=pair[1]), (0, 0), "it")[1]
    assert (f"`{long}`" in told) is whole


def test_what_is_no_expression_is_told_in_its_own_words() -> None:
    what = replace(PLAIN, after="the last x + 1", told="with what `x + 1` was when it was computed last")
    told = change_told(what, (0, 0), "it")[1]
    assert told == "it does what it would with what `x + 1` was when it was computed last (log.c, line 7)"


def test_of_a_long_word_before_what_differs_all_is_told() -> None:
    before = f"memset(state->estimates, 0, {'configuration->' * 3}bands * sizeof *state->estimates)"
    after = f"memset(state->estimates, 0, {'configuration->' * 3}bands)"
    told = change_told(replace(PLAIN, before=before, after=after), (0, 0), "it")[1]
    assert f"`… {'configuration->' * 3}bands)` instead of `… {'configuration->' * 3}bands * sizeof" in told


@pytest.mark.parametrize(
    ("before", "after", "within"),
    [
        ("put(to, 2 * n)", "put(to, n)", True),
        ("put(to, 2 * n)", "nothing", False),  # it is not called at all
        ("put(to, 2 * n)", "take(to, 2 * n)", False),
        ("a * put(to)", "a * put(n)", False),
        ("2 * n", "n", False),
        ("memcpy(to, from, 2 * n)", "memcpy(to, from, n)", False),
    ],
)
def test_of_a_call_with_another_argument_what_is_called_may_be_wrong(
    before: str, after: str, within: bool
) -> None:
    cure = look_at(Alteration("a.c", 7, before, after), "core")
    assert cure.startswith("Look at core/a.c, line 7; where that is as it must be, ")
    assert ("must be, within `put`, which is called there, and at what else has" in cure) is within
    assert ("within" in cure) is within

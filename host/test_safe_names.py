"""Names are safe everywhere, stay distinct, and keep what they always were for ASCII."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .errors import HilError
from .safe_names import MOST_BYTES, check_distinct, label_name, plain_name, short_hash, shortened

WORDS = (
    "夜莺",
    "黄莺",
    "Синица",
    "Сокол",
    "Türkentaube",
    "Törkentaube",
    "ヒヨドリ",
    "العندليب",
    "नीलकंठ",
    "🐦",
    "🦉",
    "…",
    "!!",
)


@pytest.mark.parametrize("make", [label_name, plain_name])
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Common Blackbird", "common-blackbird"),
        ("../../x", "x"),
        ("St. John's  wren", "st-john-s-wren"),
        ("a_b--c", "a_b--c"),
        ("", "unnamed"),
        ("NUL", "nul-"),
        ("20240501_050000", "20240501_050000"),
    ],
)
def test_ascii_names_are_what_they_were(make, text: str, name: str) -> None:  # type: ignore[no-untyped-def]
    assert make(text) == name


def test_labels_stay_unicode() -> None:
    assert [label_name(word) for word in WORDS[:9]] == [word.lower() for word in WORDS[:9]]
    assert label_name("Tu\u0308rkentaube") == label_name("Türkentaube") == "türkentaube"
    assert label_name("Erd／kröte\u202e\u2028 x") == "erd-kröte-x"


@pytest.mark.parametrize("make", [label_name, plain_name])
def test_distinct_words_get_distinct_names(make) -> None:  # type: ignore[no-untyped-def]
    assert len({make(word) for word in WORDS}) == len(WORDS)
    long = [f"{'a' * 70}{i}" for i in range(5)] + [f"{'雀' * 30}{i}" for i in range(5)]
    assert len({make(word) for word in long}) == 10


def test_a_plain_name_can_be_read() -> None:
    assert plain_name("Синица") == f"sinitsa-{short_hash('Синица')}"


@given(st.text(max_size=90))
def test_any_text_becomes_a_safe_name(text: str) -> None:
    label, plain = label_name(text), plain_name(text)
    for name in (label, plain):
        assert (name and len(name.encode()) <= MOST_BYTES and name == name.strip("-_.")) or name.endswith("-")
        assert not re.search(r'[/\\\\:*?"<>|\s.,=]', name) and name.isprintable()
    assert label == unicodedata.normalize("NFC", label) == label_name(label)
    assert re.fullmatch(r"[a-z0-9_-]+", plain)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_plain_names_of_two_foreign_texts_differ(one: str, two: str) -> None:
    if unicodedata.normalize("NFC", one) != unicodedata.normalize("NFC", two) and not (one + two).isascii():
        assert plain_name(one) != plain_name(two)


def test_what_falls_together_is_named() -> None:
    texts = ["Robin", "robin", "wren"]
    with pytest.raises(HilError, match="labels 'Robin' and 'robin' would both become 'robin'"):
        check_distinct([(text, label_name(text)) for text in texts], "labels", "rename one")
    with pytest.raises(HilError, match=r"u200b"):
        check_distinct([(text, label_name(text)) for text in ("ab", "a\u200bb")], "labels", "rename one")
    check_distinct(
        [(text, label_name(text)) for text in ("wren", "wren", "é", "e\u0301")], "labels", "rename one"
    )


def test_a_cut_text_keeps_its_characters_whole() -> None:
    assert shortened("short", 31) == "short"
    cut = shortened("雀" * 20, 31)
    assert len(cut.encode()) <= 31 and cut.startswith("雀" * 7) and cut != shortened("雀" * 21, 31)

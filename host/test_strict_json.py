"""What strict JSON takes and what it refuses."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .strict_json import (
    MAX_DEPTH,
    MAX_DIGITS,
    JsonError,
    json_text,
    parse_json,
    parse_json_object,
    read_json_object,
    read_remembered,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "7", '{"a": NaN}', "{" * 50, '{"a":' * 3000 + "1" + "}" * 3000, "\udcff", '{"a": 1, "a": 2}'],
)
def test_notes_that_are_damaged_are_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.json"
    assert read_remembered(path) == {}
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert read_remembered(path) == {}
    path.write_text('{"a": {"b": 1}}')
    assert read_remembered(path) == {"a": {"b": 1}}


@given(JSON)
def test_plain_values_come_back(value: object) -> None:
    assert parse_json(json.dumps(value).encode("utf-8", "surrogatepass"), "x") == value


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"a": 1, "b": 2, "a": 3}', "'a' appears twice"),
        (b'{"x": {"a": 1, "a": 1}}', "`x`: the name 'a' appears twice"),
        (b'{"x": [1, {"a": NaN}]}', r"`x\[1\].a`: NaN"),
        (b'{"x": [' + b"9" * 400 + b"]}", r"`x\[0\]`: a whole number has 400 digits"),
        (b'{"x": {"y": -1e999}}', "`x.y`: -1e999 is beyond"),
        (b"[NaN]", "NaN is not a number"),
        (b"[-Infinity]", "Infinity is not a number"),
        (b"[1e999]", "beyond what a number can hold"),
        (b"[" + b"9" * (MAX_DIGITS + 1) + b"]", "digits"),
        (b"[" + b"9" * 100_000 + b"]", "digits"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too deeply"),
        (b"\xff\xfe{}", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"", "not valid JSON"),
    ],
)
def test_what_is_refused_is_named(data: bytes, says: str) -> None:
    with pytest.raises(JsonError, match=says) as refused:
        parse_json(data, "the file")
    assert "the file" in refused.value.cause and len(str(refused.value)) < 300


def test_the_limits_themselves_are_allowed() -> None:
    assert parse_json(b"9" * MAX_DIGITS, "x") == int("9" * MAX_DIGITS)
    parse_json(b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1), "x")
    assert parse_json(b"\xef\xbb\xbf{}", "x") == {}


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_the_error(data: bytes) -> None:
    try:
        parse_json(data, "x")
    except JsonError as error:
        assert error.cure


def test_a_file_is_bounded_and_an_object(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(JsonError, match="is missing"):
        read_json_object(path, "make it")
    with pytest.raises(JsonError, match="is not a file"):
        read_json_object(tmp_path, "make it")
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(JsonError, match="does not hold a JSON object"):
        read_json_object(path, "make it")
    path.write_text('{"a": 1}', encoding="utf-8")
    assert read_json_object(path, "make it", most_bytes=8) == {"a": 1}
    with pytest.raises(JsonError, match="larger than 7 bytes"):
        read_json_object(path, "make it", most_bytes=7)
    with pytest.raises(JsonError):
        parse_json_object(b"1", "x")


@given(JSON)
def test_text_for_people_is_the_same_json_and_steers_nothing(value: object) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert all(character.isprintable() or character == "\n" for character in text)


def test_text_for_people_keeps_what_they_can_read() -> None:
    assert json_text({"麻雀": "\x1b[2J\u202e\ud800😀"}) == '{\n  "麻雀": "\\u001b[2J\\u202e\\ud800😀"\n}\n'

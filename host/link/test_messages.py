"""Messages in Python: golden payloads, every field's bounds, and bytes that are not a message."""

import struct
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import golden, messages
from .codec import U8, FieldLayout, MessageError, Payload, Rest, check_declared
from .messages import FIRST_SEQUENCED_TYPE, MAX_PAYLOAD, MESSAGES, Info, Log, WindowResult, decode, name_of

RANGES = {"u8": (0, 2**8 - 1), "i8": (-(2**7), 2**7 - 1), "u16": (0, 2**16 - 1), "u32": (0, 2**32 - 1)}


def _values(field: FieldLayout) -> st.SearchStrategy[Any]:
    if field.kind in RANGES:
        return st.integers(*RANGES[field.kind])
    if field.kind == "rest":
        return st.binary(max_size=200)
    if field.kind.startswith("text"):
        texts = st.text(st.characters(min_codepoint=1, codec="utf-8"), max_size=field.length)
        return texts.filter(lambda text: len(text.encode()) <= field.length)
    return st.binary(min_size=field.length, max_size=field.length)


def messages_of(kind: type[Payload]) -> st.SearchStrategy[Payload]:
    """Any message of a type."""
    return st.builds(kind, **{field.name: _values(field) for field in kind.LAYOUT})


def test_golden_payloads_are_what_python_writes_and_reads() -> None:
    recorded = golden.read()["messages"]
    assert recorded == golden.vectors()["messages"]
    for entry, kind in zip(recorded, MESSAGES, strict=True):
        assert decode(entry["type"], bytes.fromhex(entry["payload"])) == golden.example(kind)


def test_a_golden_payload_written_out_by_hand() -> None:
    window = WindowResult(0x01020304, 5, 6, 7, 8, 9, 0x0A0B, 2, 1, b"\x80\x7f\x00\x01")
    expected = "04030201 05000000 06000000 07000000 08000000 09000000 0b0a 02 01 807f0001"
    assert window.encode() == bytes.fromhex(expected)


def test_types_and_names_are_unique_and_every_message_fits_a_frame() -> None:
    assert len({kind.TYPE for kind in MESSAGES}) == len({kind.NAME for kind in MESSAGES}) == len(MESSAGES)
    assert all(0 < kind.TYPE <= 0xFF and kind.fixed_size() <= MAX_PAYLOAD for kind in MESSAGES)
    own = {kind.NAME for kind in MESSAGES if kind.TYPE < FIRST_SEQUENCED_TYPE}
    assert own == {"SYNC", "SYNC_ACK", "ACK", "HELLO", "ANSWER"}


@given(st.sampled_from(MESSAGES).flatmap(messages_of))
def test_what_is_encoded_decodes_to_the_same(message: Payload) -> None:
    assert decode(message.TYPE, message.encode()) == message


@given(st.integers(0, 255), st.binary(max_size=MAX_PAYLOAD))
def test_any_bytes_are_a_message_or_a_message_error(message_type: int, data: bytes) -> None:
    try:
        message = decode(message_type, data)
    except MessageError as error:
        assert error.cure
        return
    if not any(field.kind.startswith("text") for field in message.LAYOUT):
        assert message.encode() == data


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.NAME)
def test_a_wrong_length_is_refused(kind: type[Payload]) -> None:
    data = golden.example(kind).encode()
    for length in range(kind.fixed_size()):
        with pytest.raises(MessageError, match=kind.NAME):
            kind.decode(data[:length])
    if not kind.has_rest():
        with pytest.raises(MessageError, match=kind.NAME):
            kind.decode(data + b"\0")


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.NAME)
def test_a_value_that_does_not_fit_its_field_is_refused(kind: type[Payload]) -> None:
    for field in kind.LAYOUT:
        if field.kind in RANGES:
            low, high = RANGES[field.kind]
            wrong: list[Any] = [low - 1, high + 1]
        elif field.kind.startswith("text"):
            wrong = ["é" * field.length]
        elif field.length:
            wrong = [bytes(field.length + 1), bytes(field.length - 1)]
        else:
            continue
        for value in wrong:
            with pytest.raises(MessageError):
                replace(golden.example(kind), **{field.name: value}).encode()  # type: ignore[type-var]


def test_text_is_padded_and_damaged_text_is_still_text() -> None:
    assert Info(board="virtual").encode()[18:30] == b"virtual" + bytes(5)
    data = bytearray(Info().encode())
    data[18:20] = b"\xff\xfe"
    assert Info.decode(bytes(data)).board == "\ufffd\ufffd"


def test_only_the_last_field_may_be_rest_and_every_field_is_on_the_wire() -> None:
    with pytest.raises(TypeError, match="only the last"):

        class Wrong(Payload, number=0xF0):
            data: Rest
            number: U8

    @dataclass(frozen=True)
    class Forgotten(Payload, number=0xF1):
        number: U8 = 0
        plain: int = 0

    with pytest.raises(TypeError, match="wire annotation"):
        check_declared(Forgotten)


def test_unknown_types_have_a_number_for_a_name() -> None:
    assert name_of(Log.TYPE) == "LOG"
    assert name_of(0xEE) == "0xee"
    with pytest.raises(MessageError, match="0xee"):
        messages.decode(0xEE, b"")


def test_structs_are_packed() -> None:
    assert struct.calcsize("<HIB") == 7  # what the layout relies on
    assert WindowResult.fixed_size() == 28


def test_a_reserved_number_is_not_given_again() -> None:
    class Reused(IntEnum):
        OLD = 5
        NEW = 6

    messages.check_reserved(Reused, frozenset({7}))
    with pytest.raises(TypeError, match=r"Reused\.NEW: the number 6 is reserved"):
        messages.check_reserved(Reused, frozenset({6, 7}))
    for kind, reserved in ((messages.ErrorCode, {6, 10, 11, 12}), (messages.DeployState, {0})):
        assert messages.RESERVED[kind] == reserved and not reserved & {int(member) for member in kind}

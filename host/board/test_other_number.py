"""Answers under another message's number: what their bytes can be is told, where that is one thing."""

from typing import Any

import pytest

from ..link import messages as m
from ..link.codec import MessageError
from .client import Client
from .other_number import OF_MANY_LENGTHS, OF_ONE_LENGTH, WHERE, decoded, may_be


@pytest.mark.parametrize(
    ("number", "payload", "told"),
    [
        (
            m.StreamStarted,
            m.StreamDone(stream=1).encode(),
            "STREAM_STARTED has 18 bytes, 2 are right{}STREAM_DONE",
        ),
        (m.Info, m.Status().encode(), "INFO has 88 bytes, 198 are right{}STATUS"),
        (m.ProofRequest, m.Proof().encode(), "PROOF_REQUEST has 16 bytes, 4 are right{}PROOF"),
        (m.Status, bytes(2), None),  # so few bytes are STREAM_STARTED's by chance
        (m.StreamDone, bytes(17), None),
        (m.Proof, bytes(6), None),
        (m.Proof, bytes(7), "PROOF has 7 bytes, 16 are right{}DETECTION"),
        (m.Proof, bytes(9), "PROOF has 9 bytes, 16 are right{}TRACE_ARMED"),
    ],
)
def test_bytes_that_are_as_many_as_another_message_has(
    number: type[m.Payload], payload: bytes, told: str | None
) -> None:
    with pytest.raises(MessageError) as error:
        decoded(number.TYPE, payload)
    as_if = f", as if that came under another message's number; {WHERE}".replace(", as if", " has: as if")
    seen = str(error.value).partition("\n")[0]
    if told is None:
        assert "as if" not in seen
    else:
        assert seen == told.format(f", and {len(payload)} bytes are what ") + as_if


def test_what_is_right_is_decoded_and_an_unknown_number_is_refused() -> None:
    assert decoded(m.Status.TYPE, m.Status(gaps=3).encode()) == m.Status(gaps=3)
    with pytest.raises(MessageError, match="unknown type"):
        decoded(0x7E, bytes(18))
    assert not any(kind.has_rest() for kind in OF_ONE_LENGTH)
    assert all(kind.has_rest() for kind in OF_MANY_LENGTHS)


@pytest.mark.parametrize(
    ("came", "wanted", "told"),
    [
        (m.EchoRequest(data=b"abc"), m.Echo, ": its 3 bytes can be those of ECHO"),
        (m.EchoRequest(data=bytes(88)), m.Status, ": its 88 bytes can be those of STATUS"),
        (m.EchoRequest(data=bytes(87)), m.Status, ""),
        (m.Status(), m.StreamDone, ""),
        (m.Info(bundle_name=b"one"), m.Echo, ""),  # answered twice, say
        (m.Proof(), m.Echo, ""),
        (m.Info(), m.Build, ""),
    ],
)
def test_an_answer_in_the_place_of_another(came: m.Payload, wanted: type[m.Payload], told: str) -> None:
    client: Any = Client.__new__(Client)
    client.connection = type("Line", (), {"port": type("Port", (), {"name": "here"})()})()
    as_if = f"{told}, as if that came under another message's number" if told else ""
    assert may_be(came, wanted) == as_if
    error = client.unasked(came, wanted)
    if told:
        assert error.cause == f"the board at here sent {came.NAME} where {wanted.NAME} is owed{as_if}"
        assert error.cure.startswith(WHERE)
    else:
        assert (
            error.cause
            == client.unasked(came).cause
            == (f"the board at here sent {came.NAME}, which answers nothing that was asked")
        )

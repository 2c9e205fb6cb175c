"""Requests of which every answer is known beforehand: echoes, what nobody knows, what comes where it does not belong.

The rules are those of docs/protocol.md. None of the requests changes the board, and none writes its flash.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, TypeGuard, runtime_checkable

from ...board.wrong_bytes import how_bytes
from ...bundle.load import Bundle
from ...core.session_answers import Owed
from ...link import messages as m
from ...link.codec import Payload
from ..diagnosis.dialogue import Dialogue
from .checked import Checked, shown

Request = tuple[int, bytes]
# 253 to 255 and 508 bytes are where COBS begins a new block, the last ones where a frame is full.
ECHOES = (0, 1, 3, 252, 253, 254, 255, 508, 1023, 1024)
STREAMS = (777, 1078)  # numbers of two bytes that no file of a run has: theirs count from 1 and are few
BURST = 40  # requests at once: their answers are longer than what any board's link holds of them
RESULTS = (m.Features, m.WindowResult, m.Detection)
NAMED: dict[tuple[type[Payload], str], type[IntEnum]] = {
    (m.Error, "code"): m.ErrorCode,
    (m.DeployStatus, "state"): m.DeployState,
}
UNKNOWN_TYPES = (0x7F, 0xFF)


@runtime_checkable
class Exchanging(Protocol):
    """A device that can be sent any request."""

    @property
    def max_payload(self) -> int:
        """Bytes that a message to it may carry."""
        ...

    def exchange(self, requests: list[Request]) -> list[Payload]:
        """Send requests as they are, and return all that they bring, refusals among it.

        Raises:
            HilError: the board failed.
        """
        ...


@dataclass(frozen=True)
class Case:
    """Requests that belong together, and what they owe.

    Attributes:
        name: what they are, in words.
        requests: one after the other.
        owed: answers in order; results of streams are left out.
    """

    name: str
    requests: tuple[Request, ...]
    owed: tuple[Owed, ...]


def ask_answers(device: Exchanging, bundle: Bundle, info: m.Info) -> Checked:
    """Send every case and hold the answers against what is owed.

    Args:
        device: idle.
        bundle: that it runs.
        info: what it said of itself.

    Raises:
        HilError: the board failed.
    """
    heard = Dialogue("requests with known answers")
    found = Checked(heard=heard)
    asked = 0
    for case in cases(bundle, info, device.max_payload):
        brought = device.exchange(list(case.requests))
        heard.asked(case.requests, brought)
        answers = [a for a in brought if not isinstance(a, RESULTS)]
        asked += len(case.requests)
        compare_case(found, case, answers)
    found.what = f"{asked} requests with known answers"
    return found


def compare_case(found: Checked, case: Case, answers: list[Payload]) -> None:
    """Note the first answer of a case that is not the one owed, or refuses and gives no reason."""
    for place, (answer, owed) in enumerate(zip(answers, case.owed, strict=False)):
        if owed.matches(answer):
            continue
        if len(answers) > len(case.owed) and place and case.owed[place - 1].matches(answer):
            found.note(f"{case.name}: the board answers {answer.NAME}{_why(answer)} once more than is owed")
        elif len(answers) > len(case.owed) and _match(answers[place + 1 :], case.owed[place:]):
            found.note(f"{case.name}: the board answers {answer.NAME}{_why(answer)} where nothing is owed")
        elif len(answers) < len(case.owed) and _match(answers[place:], case.owed[place + 1 :]):
            found.note(f"{case.name}: the board does not answer, owed is {_owed(owed)}")
        else:
            found.note(f"{case.name}: the board answers {_told(answer, owed)}, owed is {_owed(owed)}")
        return
    if len(answers) > len(case.owed):
        extra = answers[len(case.owed)]
        found.note(f"{case.name}: the board answers {extra.NAME}{_why(extra)} where nothing is owed")
    elif len(answers) < len(case.owed):
        found.note(f"{case.name}: the board does not answer, owed is {_owed(case.owed[len(answers)])}")
    else:
        mute = next((answer for answer in answers if _refuses(answer) and not answer.text), None)
        if mute is not None:
            found.note(f"{case.name}: the board answers {mute.NAME}{_why(mute)} without a reason in words")


def _refuses(answer: Payload) -> TypeGuard[m.Error | m.DeployStatus]:
    """Whether an answer must say in words why a request is refused."""
    return isinstance(answer, m.Error) or (
        isinstance(answer, m.DeployStatus) and answer.state == m.DeployState.REFUSED
    )


def _match(answers: Sequence[Payload], owed: Sequence[Owed]) -> bool:
    """Whether as many answers as there are are those owed."""
    return all(each.matches(answer) for answer, each in zip(answers, owed, strict=False))


def _told(answer: Payload, owed: Owed) -> str:
    if not isinstance(answer, owed.kind):
        return f"{answer.NAME}{_why(answer)}"
    wrong = [
        f"{name} {_value(owed.kind, name, getattr(answer, name))}{_of_bytes(getattr(answer, name), right)}"
        f"{_of_other(answer, name, owed)}"
        for name, right in owed.fields.items()
        if getattr(answer, name) != right
    ]
    return f"{answer.NAME} with {', '.join(wrong)}"


def _value(kind: type[Payload], name: str, value: object) -> str:
    """A field in a sentence, with its name where it is one of few."""
    names = NAMED.get((kind, name))
    known = next((each.name for each in names or () if each == value), "")
    return f"{shown(value)} ({known})" if known else shown(value)


def _of_other(answer: Payload, name: str, owed: Owed) -> str:
    """Which other field must have what this one has, where there is one."""
    value = getattr(answer, name)
    others = [other for other, right in owed.fields.items() if other != name and right == value]
    return f" (what {others[0]} must be)" if value and len(others) == 1 else ""


def _of_bytes(theirs: object, right: object) -> str:
    return how_bytes(theirs, right) if isinstance(theirs, bytes) and isinstance(right, bytes) else ""


def _why(answer: Payload) -> str:
    if isinstance(answer, m.Error):
        return f" (code {answer.code} to {m.name_of(answer.request)})"
    return f" (state {answer.state})" if isinstance(answer, m.DeployStatus) else ""


def _owed(owed: Owed) -> str:
    fields = ", ".join(f"{name} {_value(owed.kind, name, value)}" for name, value in owed.fields.items())
    return f"{owed.kind.NAME} with {fields}" if fields else owed.kind.NAME


# ---- the table


def cases(bundle: Bundle, info: m.Info, most: int) -> Iterator[Case]:
    """All cases for a board.

    Args:
        bundle: that it runs.
        info: what it says that it can do.
        most: bytes of a payload.
    """
    yield _echoes(most)
    yield _burst(info)
    yield _unknown()
    yield _malformed(info)
    yield _missing(info)
    yield _audio()
    if info.capabilities & m.Capability.INFERENCE:
        yield from _tensors(bundle, info)
    if info.capabilities & m.Capability.SLOT:
        yield _deployments(bundle, info)
    yield _stream(bundle, info)


def all_requests(bundle: Bundle, info: m.Info, most: int) -> list[Request]:
    """What the cases send, and what is answered by something that no case knows; see `cases`."""
    told: tuple[tuple[m.Capability, Payload], ...] = (
        (m.Capability.BUILD, m.BuildRequest()),
        (m.Capability.PROOF, m.ProofRequest(nonce=1)),
        (m.Capability.PROFILE, m.ProfileRequest()),
    )
    return [request for case in cases(bundle, info, most) for request in case.requests] + [
        send(request) for bit, request in told if info.capabilities & bit
    ]


def send(request: Payload) -> Request:
    """A request, to be sent."""
    return request.TYPE, request.encode()


def refused(kind: type[Payload], code: m.ErrorCode, **fields: int) -> Owed:
    """An ERROR to a kind of request, and fields of it."""
    return Owed(m.Error, {"request": kind.TYPE, "code": code, **fields})


def _echoes(most: int) -> Case:
    data = [
        filled
        for size in dict.fromkeys(min(size, most) for size in ECHOES)
        for filled in (bytes(size), b"\xff" * size, random.Random(size).randbytes(size))
    ]
    return Case(
        "echoes",
        tuple((m.EchoRequest.TYPE, each) for each in data),
        tuple(Owed(m.Echo, {"data": each}) for each in data),
    )


def _burst(info: m.Info) -> Case:
    """Where the line is full the board must wait: an answer that it drops is lost for good."""
    same = Owed(m.Info, {"model_hash": info.model_hash, "bundle_name": info.bundle_name})
    return Case("more answers than the line takes at once", (send(m.InfoRequest()),) * BURST, (same,) * BURST)


def _unknown() -> Case:
    return Case(
        "requests that nobody knows",
        tuple((kind, b"?") for kind in UNKNOWN_TYPES),
        tuple(
            Owed(m.Error, {"request": kind, "code": m.ErrorCode.UNKNOWN_TYPE, "value": kind})
            for kind in UNKNOWN_TYPES
        ),
    )


_MALFORMED: tuple[tuple[type[Payload], bytes], ...] = (
    (m.InfoRequest, b"\1"),
    (m.StatusRequest, b""),
    (m.StreamStart, b"\1"),
    (m.StreamEnd, b"\1"),
    (m.TensorBegin, b"\1\2\3"),
    (m.ProofRequest, b"\1\2"),
    (m.LiveStart, b""),
    (m.LiveStop, b"\1"),
    (m.Baud, bytes(4)),
    (m.DeployBegin, bytes(7)),
    (m.DeployCommit, b"\1"),
    (m.DeployTry, b"\1"),
    (m.DeployAbandon, b"\1"),
    (m.ProfileRequest, b"\1"),
    (m.BuildRequest, b"\1"),
)


# Requests that came with a capability: a firmware from before does not know them.
_NEWER: dict[type[Payload], m.Capability] = {
    m.ProofRequest: m.Capability.PROOF,
    m.DeployTry: m.Capability.TRIAL,
    m.DeployAbandon: m.Capability.TRIAL,
    m.BuildRequest: m.Capability.BUILD,
}


def _knows(info: m.Info, kind: type[Payload]) -> bool:
    """Whether the board's firmware knows a request, by what it says."""
    return not _NEWER.get(kind, m.Capability(0)) & ~info.capabilities


def _malformed(info: m.Info) -> Case:
    asked = [(kind, payload) for kind, payload in _MALFORMED if _knows(info, kind)]
    return Case(
        "malformed requests",
        tuple((kind.TYPE, payload) for kind, payload in asked),
        tuple(refused(kind, m.ErrorCode.BAD_REQUEST, value=len(payload)) for kind, payload in asked),
    )


def _missing(info: m.Info) -> Case:
    """What the board says that it lacks must be refused as such."""
    requests: list[Payload] = [
        request
        for bit, request in (
            (m.Capability.MICROPHONE, m.LiveStart()),
            (m.Capability.BAUD, m.Baud(rate=9600)),
            (m.Capability.PROFILE, m.ProfileRequest()),
        )
        if not info.capabilities & bit
    ]
    return Case(
        "requests for what the board lacks",
        tuple(map(send, requests)),
        tuple(refused(type(request), m.ErrorCode.NOT_SUPPORTED) for request in requests),
    )


def _audio() -> Case:
    """Audio without a stream is answered once, up to the next STREAM_END."""
    audio = send(m.Audio(bytes(64)))
    end = send(m.StreamEnd(STREAMS[0]))
    no_stream = refused(m.Audio, m.ErrorCode.NO_STREAM, value=64)
    return Case(
        "audio without a stream",
        (audio, audio, audio, end, end, audio, audio, end, send(m.LiveStop())),
        (
            no_stream,
            refused(m.StreamEnd, m.ErrorCode.NO_STREAM),
            no_stream,
            refused(m.LiveStop, m.ErrorCode.NO_STREAM),
        ),
    )


def _tensors(bundle: Bundle, info: m.Info) -> Iterator[Case]:
    cells = bundle.frames * bundle.settings.bands
    piece = send(m.TensorData(0, bytes(8)))
    requests: list[Request] = []
    owed: list[Owed] = []
    for length in (cells - 1, cells + 1, 0):
        requests += [send(m.TensorBegin(1, length)), piece]
        owed.append(refused(m.TensorBegin, m.ErrorCode.WRONG_LENGTH, value=length, limit=cells))
    yield Case("tensors of a wrong length", tuple(requests), tuple(owed))
    if cells < 2 * 8:
        return
    begin = send(m.TensorBegin(2, cells))
    unfit = refused(m.TensorData, m.ErrorCode.BAD_REQUEST)
    yield Case(
        "a tensor's pieces that do not follow each other",
        (begin, send(m.TensorData(4, bytes(8))), piece, begin, piece, piece, piece),
        (unfit, unfit),
    )
    if info.capabilities & m.Capability.SLOT:
        yield Case(
            "a deployment in a tensor",
            (begin, piece, send(m.DeployCommit()), send(m.TensorBegin(3, cells + 1))),
            (refused(m.DeployCommit, m.ErrorCode.BUSY), owed[1]),
        )


def _deployments(bundle: Bundle, info: m.Info) -> Case:
    """Pieces and ends of deployments that were never begun; the first piece alone is answered."""
    piece, nothing = send(m.DeployData(0, bytes(8))), Owed(m.DeployStatus, {"state": m.DeployState.REFUSED})
    requests, owed = [piece, piece, send(m.DeployCommit())], [nothing, nothing]
    if _knows(info, m.DeployTry):
        requests += [send(m.DeployTry()), send(m.DeployAbandon())]
        abandoned = {"state": m.DeployState.ABANDONED, "text": bundle.name.encode()}
        owed += [nothing, Owed(m.DeployStatus, abandoned)]
    return Case("a deployment that was not begun", tuple(requests), tuple(owed))


def _stream(bundle: Bundle, info: m.Info) -> Case:
    """What does not belong into a stream is refused, the stream goes on, and a new one takes its place."""
    settings = bundle.settings
    samples = settings.samples_for(2)
    sound = random.Random(2).randbytes(2 * samples)
    pieces = [send(m.Audio(sound[at : at + 64])) for at in range(0, len(sound), 64)]
    columns = settings.columns(samples)
    first, second = STREAMS
    alien: list[Payload] = []
    if info.capabilities & m.Capability.SLOT:
        every: list[Payload] = [m.DeployData(0, bytes(8)), m.DeployCommit(), m.DeployTry(), m.DeployAbandon()]
        alien = [each for each in every if _knows(info, type(each))]
    requests = (
        send(m.StreamStart(first, m.StreamFlag.FEATURES)),
        pieces[0],
        send(m.TensorBegin(4, bundle.frames * settings.bands)),
        send(m.Audio(b"\1\2\3")),
        send(m.LiveStop()),
        *map(send, alien),
        send(m.StreamStart(second, m.StreamFlag.FEATURES)),
        *pieces,
        send(m.StreamEnd(second)),
    )
    done = {"stream": second, "samples": samples, "columns": columns, "detections": 0}
    return Case(
        "requests in a stream",
        requests,
        (
            Owed(m.StreamStarted, {"stream": first}),
            refused(m.TensorBegin, m.ErrorCode.BUSY),
            refused(m.Audio, m.ErrorCode.BAD_REQUEST, value=3),
            refused(m.LiveStop, m.ErrorCode.NO_STREAM),
            *(refused(type(each), m.ErrorCode.BUSY) for each in alien),
            Owed(m.StreamStarted, {"stream": second}),
            Owed(m.StreamDone, done),
        ),
    )

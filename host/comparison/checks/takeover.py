"""A host that takes the board over: nothing that the one before it had begun goes on."""

import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from ...bundle.load import Bundle
from ...core.session_answers import Owed
from ...link import messages as m
from ...link.codec import Payload
from ...model.interpreter import Interpreter
from ...printable import counted
from ..claims.identity import differing_proof, wrong_info
from ..diagnosis.dialogue import Dialogue
from ..proof import Proving
from .answers import STREAMS, Exchanging, Request, compare_case, refused, send
from .answers import Case as Answered
from .checked import GONE, Checked
from .cut_streams import ask_streams
from .kept_counts import lost_counts

PIECE = bytes(8)
STAGE_BYTES = 8


@runtime_checkable
class TakenOver(Exchanging, Proving, Protocol):
    """A device that another host takes over."""

    def connect(self) -> m.Info:
        """Begin a new connection, as another host would.

        Raises:
            HilError: it does not answer.
        """
        ...

    def status(self, clear: bool = False) -> m.Status:
        """The firmware's counters."""
        ...

    def echo(self, data: bytes) -> bytes:
        """Send bytes there and back."""
        ...


@dataclass(frozen=True)
class Begun:
    """What a host leaves unfinished, and what the next one asks.

    Attributes:
        name: in words, after "a host before".
        left: requests of the first.
        then: requests of the next, and what they owe.
    """

    name: str
    left: tuple[Request, ...]
    then: Answered


def ask_takeover(
    device: TakenOver,
    bundle: Bundle,
    info: m.Info,
    interpreter: Interpreter | None,
    deploy: bool,
    known: Collection[str] = (),
    whole: bool = False,
) -> Checked:
    """Leave things unfinished, connect anew, and hold what the board does against an idle one's.

    Args:
        device: idle.
        bundle: that it runs.
        info: what it said of itself.
        interpreter: the reference, None when the model does not run.
        deploy: whether its flash may be written.
        known: what was wrong with its streams before.
        whole: whether the line loses nothing.

    Raises:
        HilError: the board failed.
    """
    heard = Dialogue("hosts that are gone")
    found = Checked(heard=heard)
    before = wrong_info(info, bundle, interpreter is not None)
    nonce = secrets.randbits(32)
    proof = device.prove(nonce)
    cases = list(unfinished(bundle, info, deploy))
    for case in cases:
        heard.asked(case.left, device.exchange(list(case.left)))
        device.connect()
        heard.connected()
        brought = device.exchange(list(case.then.requests))
        heard.asked(case.then.requests, brought)
        answers = [a for a in brought if not isinstance(a, m.Features)]
        compare_case(found, case.then, answers)
    connected, lost, why = lost_counts(device, device.connect, whole)
    if lost:
        found.note(lost, why)
    for text in _wrong(device, connected, bundle, interpreter, nonce, proof):
        if text not in before and text not in known:
            found.note(f"{GONE}: {text}")
    found.what = f"{counted(len(cases), 'host')} gone in the midst of something, and sound after them"
    return found


def _wrong(
    device: TakenOver,
    info: m.Info,
    bundle: Bundle,
    interpreter: Interpreter | None,
    nonce: int,
    before: m.Proof | None,
) -> list[str]:
    """What the board says of itself behind a new connection, and computes, where it is not the bundle's."""
    said = wrong_info(info, bundle, interpreter is not None)
    streamed, _ = ask_streams(device, bundle, interpreter, 0)
    after = device.prove(nonce)  # the same question, the same answer
    changed = [] if after is None or after == before else differing_proof(bundle, nonce, after)
    return [*said, *changed, *streamed.wrong]


def unfinished(bundle: Bundle, info: m.Info, deploy: bool) -> Iterator[Begun]:
    """All that a host can leave behind.

    Args:
        bundle: in use.
        info: what the board says that it can do.
        deploy: whether its flash may be written.
    """
    settings, number = bundle.settings, STREAMS[0]
    sound = np.ones(settings.samples_for(2), "<i2").tobytes()[:512]
    audio, end = send(m.Audio(sound)), send(m.StreamEnd(number))
    none = refused(m.Audio, m.ErrorCode.NO_STREAM, value=len(sound))
    idle = Answered(
        "audio in a stream that a host before had begun",
        (audio, audio, end, end),
        (none, refused(m.StreamEnd, m.ErrorCode.NO_STREAM)),
    )
    inference = bool(info.capabilities & m.Capability.INFERENCE)
    flags = m.StreamFlag.FEATURES
    if inference:
        flags |= m.StreamFlag.INFERENCE
    yield Begun("a stream", (send(m.StreamStart(number, flags)), audio), idle)
    again = Answered("audio after a host before was refused its own", idle.requests, idle.owed)
    yield Begun("audio without a stream", (audio,), again)
    if inference:
        begin = m.TensorBegin(1, bundle.frames * settings.bands)
        piece = Answered(
            "a piece of a tensor that a host before had begun",
            (send(m.TensorData(len(PIECE), PIECE)),),
            (refused(m.TensorData, m.ErrorCode.BAD_REQUEST),),
        )
        yield Begun("a tensor", (send(begin), send(m.TensorData(0, PIECE))), piece)
    if info.capabilities & m.Capability.STAGES:
        yield _stage(bundle)
    if deploy:
        yield _deployment()


def _stage(bundle: Bundle) -> Begun:
    samples, number = bundle.settings.samples_for(1), STREAMS[1]
    sound = bytes(2 * samples)
    requests: list[Payload] = [m.StreamStart(number, 0)]
    requests += [m.Audio(sound[at : at + 512]) for at in range(0, len(sound), 512)]
    requests.append(m.StreamEnd(number))
    done = {"stream": number, "samples": samples, "columns": 1}
    plain = Answered(
        "a stream after a host before had armed a stage",
        tuple(map(send, requests)),
        (Owed(m.StreamStarted, {"stream": number}), Owed(m.StreamDone, done)),
    )
    return Begun("an armed stage", (send(m.StageArm(0, 0, 0, STAGE_BYTES)),), plain)


def _deployment() -> Begun:
    begin = m.DeployBegin(4 * len(PIECE), 0, bytes(32))
    piece = Answered(
        "a piece of a deployment that a host before had begun",
        (send(m.DeployData(len(PIECE), PIECE)),),
        (Owed(m.DeployStatus, {"state": m.DeployState.REFUSED}),),
    )
    return Begun("a deployment", (send(begin), send(m.DeployData(0, PIECE))), piece)

"""What a device sends: damaged bytes into the link, and runs against a board whose answers are damaged at random."""

from __future__ import annotations

import io
import json
import random
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from host.board import line_rate
from host.board import scripted as s
from host.board.device import Device
from host.board.limits import Limits as Patience
from host.bundle.write import write_bundle
from host.comparison import board_share
from host.comparison.device import OnLog
from host.comparison.events import RunEnded
from host.comparison.fakes import FakeDevice, FakeInterpreter, bundle_info
from host.comparison.proof import expected_proof
from host.comparison.result import PASS, RunComparison
from host.comparison.run import Run
from host.errors import HilError
from host.link import link as link_module
from host.link import messages as m
from host.link.codec import MessageError, Payload
from host.link.events import Message
from host.link.framing import Frame, decode_frame, encode_frame
from host.link.link import Link
from host.model.samples import sample_values
from host.report.html import render_html
from host.report.json_report import report_values
from host.report.screen import Screen
from host.terminal import Terminal

from .mutate import mutated
from .target import Target, check_refusal

NONCE = 0x5EED_0000_0001 | 0x1234 << 16
AUDIO_S = 1.2
# A broken board is noticed soon here, so that there are many cases.
PATIENCE = Patience(answer_s=0.3, silence_s=0.4, allowance_s=1.0, rate_try_s=0.2, restart_s=0.4)
DEAD_AFTER_S = 0.3
# Fields that are compared: whoever changes them, and nothing else, must not get a PASS.
COMPARED: dict[type[Payload], tuple[str, ...]] = {
    m.Features: ("first_column", "cells"),
    m.WindowResult: ("index", "first_column", "outputs"),
    m.Detection: ("label", "active", "window", "score"),
}
CONNECT_S = 0.8
CAPABILITIES = m.Capability.PROOF | m.Capability.MICROPHONE | m.Capability.PROFILE
RUNS_SHARE = 0.35  # of cases: a run takes a hundred times as long


class LinkFuzz(Target):
    """Recorded conversations, damaged; and runs with a board that answers rightly but for some messages."""

    def __init__(self) -> None:
        link_module.SILENCE_US, link_module.FRAME_PAUSE_US = 100_000, 200_000
        line_rate.FALL_BACK_S, s.ASKS_AFTER_S = 0.05, 0.05
        board_share.RECONNECT_S = 0.4
        self._home = tempfile.TemporaryDirectory()  # goes with this object
        self._bundle = write_bundle(Path(self._home.name) / "b", sample_values("softmax"))
        self._wav = Path(self._home.name) / "a.wav"
        rate = self._bundle.settings.sample_rate
        time_s = np.arange(int(AUDIO_S * rate)) / rate
        samples = (9000 * np.sin(2 * np.pi * (500 + 900 * time_s) * time_s)).astype(np.int16)
        soundfile.write(self._wav, samples, rate)
        super().__init__("link", [_conversation(self._firmware(), samples)], _damaged_frames)

    def _firmware(self) -> s.HonestFirmware:
        bundle = self._bundle
        info = bundle_info(bundle)
        info = replace(info, capabilities=info.capabilities | CAPABILITIES)
        fake = FakeDevice(bundle, FakeInterpreter(bundle), quick=True)

        def results(audio: bytes, flags: int) -> list[Payload]:
            wanted = bool(flags & m.StreamFlag.FEATURES), bool(flags & m.StreamFlag.INFERENCE)
            return list(fake.stream([np.frombuffer(audio, "<i2").astype(np.int16)], *wanted))

        def infer(cells: bytes) -> bytes:
            return fake.infer(np.frombuffer(cells, np.int8)).outputs

        return s.HonestFirmware(
            info, results, fake.status, lambda nonce: expected_proof(bundle, nonce), infer
        )

    def one(self, rng: random.Random, folder: Path) -> str:
        """See `Target.one`; some cases are whole runs."""
        return self._run(rng) if rng.random() < RUNS_SHARE else super().one(rng, folder)

    def take(self, data: bytes, rng: random.Random, folder: Path) -> str:  # noqa: ARG002
        """Bytes into a link that asks for a connection, in pieces, while time passes."""
        link, now_us, came = Link(NONCE), 0, 0
        link.connect()
        link.output(now_us)
        while data:
            size = rng.choice((1, 7, 64, 500, 5000))
            events = link.receive(data[:size], now_us)
            data = data[size:]
            if link.connected and rng.random() < 0.2:
                link.send(m.EchoRequest.TYPE, bytes(rng.randrange(link.max_payload)))
            link.output(now_us)
            now_us += rng.choice((10, 1000, 100_000, 2_000_000))
            events += link.poll(now_us)
            link.deadline(now_us)
            came += sum(_decoded(event) for event in events if isinstance(event, Message))
        if min(link.counters.as_dict().values()) < 0 or link.pending_bytes < 0:
            raise AssertionError(f"a negative count: {link.counters}")
        return "messages" if came else "noise"

    def _run(self, rng: random.Random) -> str:
        """A run as `hil` makes it, with its reports, against a board that lies."""
        board = _Board(self._firmware(), rng)
        run = Run(
            [self._wav], board, self._bundle, interpreters=lambda bundle: (FakeInterpreter(bundle), None)
        )
        shown = io.StringIO()
        ended: list[RunComparison] = []
        run.subscribe(Screen(Terminal(file=shown), claims=True))
        run.subscribe(lambda event: ended.append(event.result) if isinstance(event, RunEnded) else None)
        try:
            run.execute()
        except HilError as error:
            check_refusal(error)
        _check(ended[0], shown.getvalue(), board)
        return f"run: {ended[0].verdict}"


def _check(result: RunComparison, shown: str, board: _Board) -> None:
    text = json.dumps(report_values(result), allow_nan=False) + render_html(result)
    for foreign in (text, shown):
        foreign.encode("utf-8")
        if "\x1b" in foreign or "\u202e" in foreign:
            raise AssertionError("a device's text steers whoever reads it")
    if result.verdict == PASS and board.lies:
        raise AssertionError(f"a pass, although the board lied in {sorted(board.lies)}")


class _Board:
    """Leads to a `_Liar`: a `BoardUnderTest`."""

    kind, description, patience_s = "virtual", "a liar", 0.5

    def __init__(self, firmware: s.HonestFirmware, rng: random.Random) -> None:
        self.lies: set[str] = set()
        self._port = _Liar(firmware, rng, self.lies)

    def connect(self, on_log: OnLog | None = None) -> tuple[Device, m.Info]:
        """See `BoardUnderTest.connect`."""
        device = Device(self._port, on_log, DEAD_AFTER_S, limits=PATIENCE)
        return device, device.connect(CONNECT_S)

    def close(self) -> None:
        """See `BoardUnderTest.close`."""


class _Liar(s.ScriptedDevice):
    """A board that answers rightly but for some messages of some kinds.

    Args:
        lies: takes the names of messages in which something that is compared was changed.
    """

    def __init__(self, firmware: s.HonestFirmware, rng: random.Random, lies: set[str]) -> None:
        super().__init__(firmware)
        self._rng, self._lies = rng, lies
        self._share = rng.choice((0.003, 0.03, 0.3))
        self._kinds = {kind.TYPE for kind in m.MESSAGES if rng.random() < 0.3}

    def _spoilt(self, request: type[Payload], raw: s.Raw) -> list[s.Raw]:
        if raw[0] not in self._kinds or self._rng.random() > self._share:
            return super()._spoilt(request, raw)
        told = self._lie(raw)
        kind = type(m.decode(*raw))
        if kind in COMPARED and _compared(told) != _compared([raw]):
            self._lies.add(kind.NAME)
        return told

    def _lie(self, raw: s.Raw) -> list[s.Raw]:
        rng = self._rng
        way = rng.randrange(8)
        if way == 0:
            return []
        if way == 1:
            return [raw] * rng.choice((2, 3, 200))
        if way == 2:
            return [raw, (rng.choice(m.MESSAGES).TYPE, raw[1])]
        if way == 3:
            return [(raw[0], mutated(raw[1] or b"\0", [raw[1] or b"\0"], rng, m.MAX_PAYLOAD))]
        if way == 4:
            text = rng.choice((b"\x1b[2J\x1b]0;x\x07", b"<script>", b"\xff\xfe", "\u202e麻".encode())) * 5
            return [(m.Log.TYPE, m.Log(level=rng.randrange(256), text=text).encode()), raw]
        return [_changed(raw, rng)]


def _compared(raws: Iterable[s.Raw]) -> list[tuple[str, Any]]:
    """What of messages is compared, the rest left out."""
    found: list[tuple[str, Any]] = []
    for raw in raws:
        try:
            payload = m.decode(*raw)
        except MessageError:
            found.append(("broken", raw))
            continue
        found += [(payload.NAME, getattr(payload, name)) for name in COMPARED.get(type(payload), ())]
    return found


def _changed(raw: s.Raw, rng: random.Random) -> s.Raw:
    """One field of a message at the end of its range, or near what it was."""
    payload = m.decode(*raw)
    if not payload.LAYOUT:
        return raw[0], b"\0"
    field = rng.choice(payload.LAYOUT)
    old = getattr(payload, field.name)
    if isinstance(old, int):
        most = 1 << 8 * {"u8": 1, "i8": 1, "u16": 2, "u32": 4}[field.kind]
        value: Any = rng.choice((0, 1, most - 1, most // 2, old + 1, old - 1, old * 2)) % most
        value = value - most if field.kind == "i8" and value >= most // 2 else value
    elif isinstance(old, bytes):
        value = mutated(old or b"\0", [old or b"\0"], rng, m.MAX_PAYLOAD - payload.fixed_size())
        value = value[: field.length].ljust(field.length, b"\0") if field.length else value
    else:
        value = rng.choice(("", "\x1b[2J"[: field.length], "<b>"[: field.length]))
    return raw[0], replace(payload, **{field.name: value}).encode()  # type: ignore[type-var]


def _damaged_frames(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Bytes that a line may make of a conversation; mostly whole frames, because few others come past the check sum."""
    if rng.random() < 0.3:
        return mutated(data, others, rng)
    pieces = data.split(b"\0")
    for _ in range(rng.choice((1, 2, 5, 20))):
        place = rng.randrange(len(pieces))
        frame = decode_frame(pieces[place])
        if frame is None or rng.random() < 0.3:
            pieces[place : place + 1] = rng.choice(
                ([], [pieces[place]] * 3, [pieces[place], rng.choice(pieces)])
            )
            pieces = pieces or [b""]
        else:
            pieces[place] = encode_frame(_changed_frame(frame, rng))[:-1]
    return b"\0".join(pieces)


def _changed_frame(frame: Frame, rng: random.Random) -> Frame:
    if rng.random() < 0.4:
        payload = mutated(frame.payload or b"\0", [frame.payload or b"\0"], rng, m.MAX_PAYLOAD)
        return frame._replace(payload=payload)
    field = rng.choice(("type", "flags", "connection", "seq", "ack", "credit"))
    most = 0x100 if field in ("type", "flags") else 0x10000
    old = getattr(frame, field)
    changed: Any = rng.choice((0, most - 1, most // 2, old + 1, old - 1, rng.randrange(most))) % most
    return frame._replace(**{field: changed})


def _decoded(message: Message) -> bool:
    try:
        m.decode(message.type, message.payload)
    except MessageError:
        return False
    return True


def _conversation(firmware: s.HonestFirmware, samples: NDArray[np.int16]) -> bytes:
    """All that a board sends to a link with `NONCE` that asks for everything."""
    link, device, said = Link(NONCE), s.ScriptedDevice(firmware), b""
    link.connect()
    requests: list[Payload] = [
        m.InfoRequest(), m.StatusRequest(), m.ProofRequest(nonce=1), m.EchoRequest(data=b"there and back"),
        m.StreamStart(stream=1, flags=m.StreamFlag.FEATURES | m.StreamFlag.INFERENCE),
        m.Audio(samples=samples[:500].tobytes()), m.StreamEnd(), m.ProfileRequest(), m.LiveStart(), m.LiveStop(),
    ]  # fmt: skip
    for now_us in range(0, 10_000_000, 50_000):
        device.write(link.output(now_us))
        heard = device.read(0.0)
        said += heard
        link.receive(heard, now_us)
        if link.connected and requests:
            request = requests.pop(0)
            link.send(request.TYPE, request.encode())
    return said


def make() -> LinkFuzz:
    """The target."""
    return LinkFuzz()

"""The session against a model of what it owes: any request, in any mode, of any length, in any order, and a new host at
any moment, on hardware that fails."""

import atexit
import zlib
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ..bundle.load import Bundle
from ..bundle.write import write_bundle
from ..link import messages as m
from ..link.codec import Payload
from ..model.samples import sample_values
from .fake_target import ROOM, FakeTarget, build_target
from .session_answers import Owed, Results
from .session_model import Int16, SessionModel, images

pytestmark = [pytest.mark.native, pytest.mark.slow]
FLASH = 2 * 9 * 4096
AUDIO = np.random.default_rng(8).integers(-12_000, 12_000, 1 << 16).astype("<i2").tobytes()
TYPES = sorted(
    kind.TYPE for kind in m.MESSAGES if kind.TYPE >= m.FIRST_SEQUENCED_TYPE and kind is not m.Reset
)
FAULTS = (
    *("erase_fails", "write_fails", "writes_wrong", "microphone_fails", "baud_fails", "keep_fails"),
    "stateful",
)


@cache
def scratch() -> Path:
    """A folder that goes with the process."""
    folder = TemporaryDirectory(prefix="session-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    return Path(folder.name)


@cache
def bundles() -> dict[str, Bundle]:
    """Small ones of different shapes, made once."""
    names = ("flat", "sigmoid", "svdf")
    return {name: write_bundle(scratch() / name, sample_values(name)) for name in names}


@cache
def target() -> FakeTarget:
    """The one board, with `flat` built in."""
    flat = bundles()["flat"]
    return FakeTarget(build_target(scratch(), flat), flat, FLASH)


def heard(left: int, count: int) -> Int16:
    """What the fake microphone hears while it has `left` samples."""
    numbers = np.arange(left, left - count, -1, dtype=np.uint32) * np.uint32(2654435761)
    return (numbers >> np.uint32(18)).astype(np.uint16).view(np.int16)


class Session(RuleBasedStateMachine):
    """A host without manners."""

    sounds: ClassVar[st.SearchStrategy[int]] = st.integers(0, 4000)

    @initialize(stateful=st.booleans())
    def begin(self, stateful: bool) -> None:
        self.board = target()
        self.board.power_on(FLASH)
        if stateful:
            self.board.controls.stateful = True
            self.board.boot()
        known = images(list(bundles().values()))
        self.model = SessionModel(self.board.bundle, known, FLASH, self.board.controls, lambda n: heard(n, n))
        self.answers: list[Payload] = []
        self.pending = 0
        self.at = 0
        self.logs: list[bytes] = []

    # ---- requests

    def send(self, request: Payload) -> None:
        self.send_raw(request.TYPE, request.encode())

    def send_raw(self, kind: int, payload: bytes) -> None:
        if kind in (m.LiveStart.TYPE, m.Reset.TYPE):
            self.settle()
        self.board.send(kind, payload)
        self.model.take(kind, payload)
        self.pending += 1

    @rule(
        kind=st.one_of(st.sampled_from(TYPES), st.integers(m.FIRST_SEQUENCED_TYPE, 255)),
        payload=st.binary(max_size=60),
    )
    def anything(self, kind: int, payload: bytes) -> None:
        if kind != m.Reset.TYPE:
            self.send_raw(kind, payload)

    @rule(
        kind=st.sampled_from(
            [
                m.InfoRequest,
                m.StatusRequest,
                m.ProfileRequest,
                m.StreamEnd,
                m.LiveStop,
                m.DeployTry,
                m.DeployCommit,
                m.DeployAbandon,
                m.CaseOpen,
            ]
        )
    )
    def plain(self, kind: type[Payload]) -> None:
        self.send(kind())

    @rule(nonce=st.integers(0, 2**32 - 1))
    def prove(self, nonce: int) -> None:
        self.send(m.ProofRequest(nonce))

    @rule(size=st.sampled_from([0, 1, 500, 1023, 1024]))
    def echo(self, size: int) -> None:
        self.send(m.EchoRequest(AUDIO[:size]))

    @rule(rate=st.sampled_from([0, 9600, 921600]))
    def baud(self, rate: int) -> None:
        self.send(m.Baud(rate))

    @rule(stream=st.integers(0, 0xFFFE), flags=st.integers(0, 3))
    def start_stream(self, stream: int, flags: int) -> None:
        self.send(m.StreamStart(stream, flags))

    @rule(sizes=st.lists(st.sampled_from([0, 1, 2, 255, 256, 1023, 1024]), min_size=1, max_size=8))
    def audio(self, sizes: list[int]) -> None:
        for size in sizes:
            self.send(m.Audio(AUDIO[self.at : self.at + size]))
            self.at = (self.at + size) % (len(AUDIO) - 1024)

    @rule()
    def whole_stream(self) -> None:
        self.send(m.StreamStart(1, 3))
        self.audio([1024] * 5)
        self.send(m.StreamEnd(1))

    @rule(flags=st.integers(0, 3))
    def start_live(self, flags: int) -> None:
        self.send(m.LiveStart(flags))
        self.settle()

    @rule(count=sounds)
    def sound(self, count: int) -> None:
        self.settle()
        if self.model.mode == "live":
            self.board.controls.sound = count
            self.model.listen(count)
            self.settle()
            self.board.controls.sound = 0

    @rule(
        identity=st.integers(0, 0xFFFF),
        wrong=st.sampled_from([0, 0, 0, 1, -1]),
        piece=st.sampled_from([100, 333, 1016]),
        longer=st.sampled_from([0, 0, 1]),
        swap=st.booleans(),
    )
    def tensor(self, identity: int, wrong: int, piece: int, longer: int, swap: bool) -> None:
        length = self.model.bundle.frames * self.model.bundle.settings.bands
        self.send(m.TensorBegin(identity, length + wrong))
        data = AUDIO[identity % 1000 :][: length + longer]
        pieces = [m.TensorData(at, data[at : at + piece]) for at in range(0, len(data), piece)]
        if swap and len(pieces) > 1 and identity % 3 == 0:
            pieces[0], pieces[1] = pieces[1], pieces[0]
        for each in pieces[: identity % (len(pieces) + 1) if identity % 5 == 0 else len(pieces)]:
            self.send(each)

    @rule(
        name=st.sampled_from(["flat", "sigmoid", "svdf"]),
        harm=st.sampled_from(["", "", "", "", "crc", "sha", "cut", "swap", "garbage", "odd", "stop"]),
        commit=st.booleans(),
        trial=st.sampled_from(["", "", "tensor", "stream", "abandon", "stay"]),
    )
    def deploy(self, name: str, harm: str, commit: bool, trial: str) -> None:
        image = next(key for key, bundle in self.model.known.items() if bundle.name == f"sample {name}")
        if harm == "garbage":
            image = bytes(300)
        crc = zlib.crc32(image) ^ (harm == "crc")
        digest = sha256(image + (b"x" if harm == "sha" else b"")).digest()
        self.send(m.DeployBegin(len(image), crc, digest))
        size = 1011 if harm == "odd" else 1016
        pieces = [m.DeployData(at, image[at : at + size]) for at in range(0, len(image), size)]
        if harm == "cut":
            pieces = pieces[:-1]
        if harm == "swap":
            pieces.reverse()
        for each in pieces[: len(pieces) // 2] if harm == "stop" else pieces:
            self.send(each)
        if trial:
            self.send(m.DeployTry())
            self.send(m.InfoRequest())
        if trial == "tensor":
            self.tensor(1, 0, 1016, 0, False)
        if trial == "stream":
            self.whole_stream()
        if trial == "abandon":
            self.send(m.DeployAbandon())
        elif trial != "stay" and (commit or not harm):
            self.send(m.DeployCommit())

    @rule(length=st.sampled_from([0, 0, 5000, FLASH // 2 - 4096, FLASH // 2 - 4095, 2**32 - 1]))
    def begin_deploy(self, length: int) -> None:
        self.send(m.DeployBegin(length, 0, bytes(32)))

    @rule(text=st.text(max_size=30), repeat=st.integers(1, 60))
    def log(self, text: str, repeat: int) -> None:
        self.settle()
        line = text.replace("\0", "").encode() * repeat
        self.board.log(3, line)
        self.logs.append(line[:1023])

    # ---- traces

    @rule(window=st.sampled_from([0, 0, 1, 2, 9]), shift=st.sampled_from([0, 0, 0, 1, 200, 201]))
    def arm(self, window: int, shift: int) -> None:
        self.send(m.TraceArm(window, shift))

    @rule(
        windows=st.integers(0, 3),
        beyond=st.sampled_from([0, 0, 0, 1, 700]),
        arm=st.sampled_from([-1, 0, 0, 0, 1]),
        first=st.sampled_from([0, 0, 39, 62, 63, 64, 0xFFFF]),
        again=st.booleans(),
    )
    def traced_stream(self, windows: int, beyond: int, arm: int, first: int, again: bool) -> None:
        """Up to a window's last sample, or further; armed for that window, for another, or not. What was armed is so
        for one stream: the same one again finds nothing of it."""
        bundle = self.model.bundle
        columns = bundle.frames + windows * bundle.stride
        samples = bundle.settings.span + (columns - 1) * bundle.settings.hop + beyond
        if arm >= 0:
            self.send(m.TraceArm(windows + arm))
        for _ in range(1 + again):
            self.send(m.StreamStart(2, 3))
            for at in range(0, 2 * samples, 1024):
                self.send(m.Audio((AUDIO * 2)[at : min(at + 1024, 2 * samples)]))
            self.send(m.StreamEnd(2))
            self.send(m.TraceRequest(first))
            self.settle()

    @rule(first=st.sampled_from([0, 1, 63, 100]))
    def trace(self, first: int) -> None:
        self.send(m.TraceRequest(first))

    @rule(
        source=st.integers(0, 3),
        index=st.sampled_from([0, 0, 1, 2, 3, 62, 63, 0xFFFF]),
        offset=st.sampled_from([0, 0, 1, 4, 5, 100, 2**32 - 1]),
        length=st.sampled_from([0, 1, 5, 500, 1012, 1013, 1014, 0xFFFF]),
    )
    def trace_bytes(self, source: int, index: int, offset: int, length: int) -> None:
        self.send(m.TraceBytesRequest(source, index, offset, length))

    @rule(
        column=st.sampled_from([0, 0, 1, 3, 30, 2**32 - 1]),
        stage=st.integers(0, 6),
        offset=st.sampled_from([0, 0, 1, 100, 2**32 - 1]),
        length=st.sampled_from([0, 1, 500, 1012, 0xFFFF]),
    )
    def look(self, column: int, stage: int, offset: int, length: int) -> None:
        self.send(m.StageArm(column, stage, offset, length))

    @rule(
        data=st.binary(min_size=1, max_size=50),
        given=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 31), st.binary(max_size=20)), max_size=3),
        then=st.sampled_from(["", "", "commit", "try", "abandon", "stream", "again"]),
    )
    def case(self, data: bytes, given: list[tuple[int, int, bytes]], then: str) -> None:
        self.send(m.DeployBegin(len(data), zlib.crc32(data), sha256(data).digest()))
        self.send(m.DeployData(0, data))
        self.send(m.CaseOpen())
        for number, offset, some in given:
            self.send(m.CaseInput(number, offset, some))
        self.send(m.TraceRequest(0))
        self.trace_bytes(0, 0, 0, 500)
        more: dict[str, list[Payload]] = {
            "commit": [m.DeployCommit()],
            "try": [m.DeployTry()],
            "abandon": [m.DeployAbandon()],
            "stream": [m.StreamStart(3, 3)],
            "again": [m.CaseOpen()],
        }
        for request in more.get(then, ()):
            self.send(request)

    # ---- time, faults, hosts

    @rule(room=st.sampled_from([1, 40, 700, ROOM]), turns=st.integers(1, 6))
    def go_on(self, room: int, turns: int) -> None:
        for _ in range(turns):
            _, came = self.board.turn(room)
            self.answers += came

    @rule(name=st.sampled_from(FAULTS))
    def change_fault(self, name: str) -> None:
        self.settle()
        if name == "stateful" and self.model.mode != "idle":
            return
        setattr(self.board.controls, name, not getattr(self.board.controls, name))
        if name == "stateful":  # a property of the model: it holds from its next load on
            self.board.boot()
            self.model.boot()

    @rule(loads=st.integers(0, 2), invokes=st.integers(0, 2))
    def fail(self, loads: int, invokes: int) -> None:
        self.settle()
        self.board.controls.loads_to_fail = loads
        self.board.controls.invokes_to_fail = invokes
        self.model.arm()

    @rule()
    def mend(self) -> None:
        self.settle()
        for name in FAULTS[:-1]:
            setattr(self.board.controls, name, False)
        self.fail(0, 0)

    @rule()
    def reset(self) -> None:
        self.send(m.Reset())
        self.send(m.StreamStart(9, 3))
        self.send(m.DeployBegin(0, 0, bytes(32)))
        self.settle()
        assert self.board.controls.restarts == 1
        self.board.boot()
        self.model.boot()

    @rule()
    def another_host(self) -> None:
        """With nothing under way, so that it is known what the one before has done."""
        self.settle()
        self.board.connect()
        self.model.connect()

    @rule(room=st.sampled_from([0, 1, 40, 700, ROOM]))
    def another_host_in_the_midst(self, room: int) -> None:
        """The board tells what it has done of the work under way; then a reset, so that the model knows the rest."""
        committed = {self.board.bundle.name, self.model.bundle.name} | {
            owed.fields["text"].decode()
            for owed in self.model.owed
            if owed.kind is m.DeployStatus and owed.fields["state"] == m.DeployState.ACTIVE
        }
        before = self.committed_before
        self.board.turn(room)
        self.board.connect()
        assert not self.board.controls.microphone_on
        (info,) = self.board.ask(m.InfoRequest())
        assert isinstance(info, m.Info)
        assert info.bundle_name.decode() in committed | {before}
        self.board.controls.loads_to_fail = self.board.controls.invokes_to_fail = 0
        self.model.arm()
        self.board.boot()
        (info,) = self.board.ask(m.InfoRequest())
        assert isinstance(info, m.Info)
        by_name = {bundle.name: image for image, bundle in self.model.known.items()}
        self.model.slot = by_name[info.bundle_name.decode()] if info.bundle_source else None
        self.model.boot()
        self.answers, self.logs, self.pending = [], [], 0

    @property
    def committed_before(self) -> str:
        slot = self.model.slot
        return self.board.bundle.name if slot is None else self.model.known[slot].name

    # ---- what must hold

    @precondition(lambda self: self.pending > 40)
    @rule()
    def settle_now(self) -> None:
        self.settle()

    def settle(self) -> None:
        """All that is owed arrives, in order, and nothing else."""
        self.answers += self.board.rest()
        came, self.answers, self.pending = self.answers, [], 0
        owed, self.model.owed = self.model.owed, []
        results = self.received_results
        lines = []
        answers: list[Payload] = []
        for answer in came:
            if isinstance(answer, m.StreamStarted):
                results.append(Results())
            if isinstance(answer, m.Log):
                lines.append(answer.text)
            elif not results or not results[-1].take(answer):
                answers.append(answer)
        assert lines == self.logs
        self.logs = []
        told = _told(answers, owed)
        assert len(answers) == len(owed) and all(map(Owed.matches, owed, answers)), told
        assert len(results) == len(self.model.results)
        for got, expected in zip(results, self.model.results, strict=True):
            assert got.windows == expected.windows
            assert got.changes == expected.changes
            if expected.features:
                assert expected.features.startswith(got.features)
        live = self.model.stream_id == m.LIVE_STREAM_ID  # its columns come with detections only
        if self.model.mode != "stream" and not live and results:
            last = self.model.results[-1].features
            assert self.board.controls.stateful or last[: len(results[-1].features)] == results[-1].features

    @property
    def received_results(self) -> list[Results]:
        """One a stream of this connection."""
        if getattr(self, "_results_of", None) is not self.model.results:
            self._results_of: list[Results] = self.model.results
            self._received: list[Results] = []
        return self._received

    @invariant()
    def microphone_follows_the_mode(self) -> None:
        if hasattr(self, "board") and self.pending == 0:
            assert bool(self.board.controls.microphone_on) == (self.model.mode == "live")

    def teardown(self) -> None:
        if hasattr(self, "board"):
            self.settle()
            self.send(m.InfoRequest())
            self.send(m.StatusRequest())
            self.send(m.ProofRequest(1))
            self.settle()
            if self.board.can_compare:
                assert self.board.differs() == ""


def _told(answers: list[Payload], owed: list[Owed]) -> str:
    lines = [f"{len(answers)} answers, {len(owed)} owed"]
    for index in range(max(len(answers), len(owed))):
        answer = answers[index] if index < len(answers) else None
        due = owed[index] if index < len(owed) else None
        if answer is None or due is None or not due.matches(answer):
            lines.append(f"first difference at {index}: {answer} came, {due} was owed")
            break
    return "\n".join(lines)


TestSession = pytest.mark.timeout(900)(Session.TestCase)
TestSession.settings = settings(stateful_step_count=30)

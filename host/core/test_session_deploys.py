"""Deployments by the session: what it says at each step, how often it loads a model, and what a failure leaves."""

import zlib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from ..bundle.image import bundle_image
from ..bundle.load import Bundle
from ..bundle.write import write_bundle
from ..link import messages as m
from ..link.codec import Payload
from ..model.samples import sample_values
from .fake_target import FakeTarget, build_target

pytestmark = [pytest.mark.native, pytest.mark.slow]
FLASH = 2 * 9 * 4096
STATES = m.DeployState
PIECE = 1000
NONE = b"no deployment has begun"
NO_BUNDLE = b"what was sent is a model and no bundle"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FakeTarget:
    folder: Path = tmp_path_factory.mktemp("target")
    bundle = write_bundle(folder / "flat", sample_values("flat"))
    return FakeTarget(build_target(folder, bundle), bundle, FLASH)


@pytest.fixture
def target(made: FakeTarget) -> FakeTarget:
    """The board, new."""
    made.power_on(FLASH)
    return made


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle that fits into the slot."""
    return write_bundle(tmp_path_factory.mktemp("bundle") / "svdf", sample_values("svdf"))


def sent(data: bytes, crc: int = 0, digest: bytes | None = None) -> list[Payload]:
    """The requests that bring `data` to the board."""
    begin = m.DeployBegin(len(data), zlib.crc32(data) ^ crc, digest or sha256(data).digest())
    return [begin, *(m.DeployData(at, data[at : at + PIECE]) for at in range(0, len(data), PIECE))]


def told(target: FakeTarget, *requests: Payload) -> list[m.DeployStatus]:
    """What the board says of a deployment, and that it says nothing else."""
    answers = target.ask(*requests)
    assert all(isinstance(answer, m.DeployStatus) for answer in answers), answers
    return [answer for answer in answers if isinstance(answer, m.DeployStatus)]


def in_use(target: FakeTarget) -> tuple[str, int]:
    (info,) = target.ask(m.InfoRequest())
    assert isinstance(info, m.Info)
    return info.bundle_name.decode(), info.bundle_source


def receiving() -> m.DeployStatus:
    return m.DeployStatus(STATES.RECEIVING, 0, b"")


@pytest.mark.parametrize("tried", [0, 1, 2])
def test_a_deployment_says_each_step_and_loads_its_model_once(
    target: FakeTarget, other: Bundle, tried: int
) -> None:
    image, name = bundle_image(other), other.name.encode()
    loads = target.controls.loads
    trials = [m.DeployTry()] * tried
    assert told(target, *sent(image), *trials, m.DeployCommit()) == [
        receiving(),
        *[m.DeployStatus(STATES.TRIAL, len(image), name)] * tried,
        m.DeployStatus(STATES.ACTIVE, len(image), name),
    ]
    assert in_use(target) == (other.name, 1)
    assert target.controls.loads == loads + 1


@pytest.mark.parametrize("tried", [False, True])
def test_what_was_committed_is_no_deployment_any_more(target: FakeTarget, other: Bundle, tried: bool) -> None:
    """There is nothing left of it to be tried, committed or taken back, by this host or another."""
    image = bundle_image(other)
    target.ask(*sent(image), *[m.DeployTry()] * tried, m.DeployCommit())
    loads = target.controls.loads
    refused = m.DeployStatus(STATES.REFUSED, len(image), NONE)
    for request in (m.DeployTry(), m.DeployCommit(), m.CaseOpen(), m.DeployTry()):
        assert told(target, request) == [refused]
    assert told(target, m.DeployAbandon()) == [
        m.DeployStatus(STATES.ABANDONED, len(image), other.name.encode())
    ]
    target.connect()
    assert target.controls.loads == loads and in_use(target) == (other.name, 1)


def test_pieces_of_nothing_are_refused_once(target: FakeTarget) -> None:
    """Until a deployment begins."""
    piece = m.DeployData(0, b"1234")
    refused = m.DeployStatus(STATES.REFUSED, 0, NONE)
    emptied = m.DeployStatus(STATES.ACTIVE, 4, target.bundle.name.encode())
    for _ in range(2):
        assert told(target, piece, piece, piece) == [refused]
        assert told(target, m.DeployBegin(4, 0, bytes(32)), piece) == [receiving()]
        (status,) = told(target, m.DeployCommit())
        assert (status.state, status.received) == (STATES.REFUSED, 4)
        assert told(target, piece) == []
        assert told(target, m.DeployBegin(), piece, piece) == [
            emptied,
            m.DeployStatus(STATES.REFUSED, 4, NONE),
        ]
        target.connect()


@pytest.mark.parametrize("end", ["abandon", "another host", "another deployment", "the same again"])
def test_what_is_given_up_brings_the_bundle_of_before_back_with_one_load(
    target: FakeTarget, other: Bundle, end: str
) -> None:
    image, before = bundle_image(other), (target.bundle.name, 0)
    assert told(target, *sent(image), m.DeployTry())[-1].state == STATES.TRIAL
    assert in_use(target) == (other.name, 2)
    loads = target.controls.loads
    if end == "abandon":
        answer = m.DeployStatus(STATES.ABANDONED, len(image), target.bundle.name.encode())
        assert told(target, m.DeployAbandon()) == [answer]
    elif end == "another host":
        target.connect()
    elif end == "another deployment":
        assert told(target, m.DeployBegin(100, 0, bytes(32))) == [receiving()]
    else:
        assert told(target, *sent(image)) == [receiving()]
    assert in_use(target) == before and target.controls.loads == loads + 1
    assert told(target, m.DeployAbandon())[-1].text == target.bundle.name.encode()
    assert target.controls.loads == loads + 1, "it is given up once"


DIFFERS = b"the image in flash differs from what was announced (CRC or SHA-256)"
BROKEN_OFF = b"writing flash failed"


def swapped(image: bytes) -> list[Payload]:
    begin, first, second, *others = sent(image)
    return [begin, second, first, *others]


# Requests, what fails from the beginning, what fails once a deployment has begun, and the reason.
FAULTS: dict[str, tuple[Callable[[bytes], list[Payload]], str, str, bytes]] = {
    "checksum": (lambda image: sent(image, crc=1), "", "", DIFFERS),
    "digest": (lambda image: sent(image, digest=bytes(32)), "", "", DIFFERS),
    "cut": (lambda image: sent(image)[:-1], "", "", b"the image is not complete"),
    "order": (swapped, "", "", b"the image's pieces do not follow each other"),
    "erase": (sent, "erase_fails", "", b"erasing flash failed"),
    "erase on the way": (sent, "", "erase_fails", BROKEN_OFF),
    "write": (sent, "", "write_fails", BROKEN_OFF),
    "load": (sent, "loads_to_fail", "", b"load fails"),
    "garbage": (lambda _: sent(bytes(400)), "", "", b"this is not a bundle image"),
    "short": (lambda _: sent(bytes(100)), "", "", b"the image is cut off"),
    "a case": (lambda _: [*sent(b"abc`"), m.CaseOpen()], "", "", NO_BUNDLE),
    "in use": (lambda image: [*sent(image), m.DeployTry(), m.CaseOpen()], "", "", b"what was sent is in use"),
    "too long": (
        lambda _: [m.DeployBegin(8 * 4096 + 1, 0, bytes(32))],
        "",
        "",
        b"the image is larger than the slot",
    ),
}


@pytest.mark.parametrize("request_", [m.DeployTry, m.DeployCommit], ids=["try", "commit"])
@pytest.mark.parametrize("fault", FAULTS)
def test_what_goes_wrong_is_told_once_and_leaves_the_bundle_of_before(
    target: FakeTarget, other: Bundle, fault: str, request_: type[Payload]
) -> None:
    make, at_once, later, reason = FAULTS[fault]
    requests = make(bundle_image(other))
    if at_once:
        setattr(target.controls, at_once, 1)
    answers = target.ask(requests[0])
    if later:
        setattr(target.controls, later, 1)
    answers += target.ask(*requests[1:], request_())
    statuses = [answer for answer in answers if isinstance(answer, m.DeployStatus)]
    reasons = [answer.text for answer in statuses if answer.state == STATES.REFUSED]
    assert reasons[0] == reason and set(reasons[1:]) <= {NONE}
    assert not [answer for answer in statuses if answer.state == STATES.ACTIVE]
    target.controls.erase_fails = target.controls.write_fails = False
    assert in_use(target) == (target.bundle.name, 0)
    target.boot()
    assert in_use(target) == (target.bundle.name, 0)


def test_a_piece_without_its_fields_ends_the_deployment(target: FakeTarget, other: Bundle) -> None:
    assert told(target, *sent(bundle_image(other))[:-1]) == [receiving()]
    target.send(m.DeployData.TYPE, b"12")
    (refused,) = told(target)
    assert (refused.state, refused.text) == (STATES.REFUSED, b"malformed DEPLOY_DATA")
    assert told(target, m.DeployCommit())[0].text == NONE


def test_a_slot_that_cannot_be_emptied_is_told_and_stays_in_use(target: FakeTarget, other: Bundle) -> None:
    image = bundle_image(other)
    target.ask(*sent(image), m.DeployCommit())
    target.controls.erase_fails = True
    loads = target.controls.loads
    assert told(target, m.DeployBegin()) == [
        m.DeployStatus(STATES.REFUSED, len(image), b"erasing flash failed")
    ]
    assert in_use(target) == (other.name, 1) and target.controls.loads == loads
    target.controls.erase_fails = False
    assert told(target, m.DeployBegin()) == [
        m.DeployStatus(STATES.ACTIVE, len(image), target.bundle.name.encode())
    ]
    assert in_use(target) == (target.bundle.name, 0)


@pytest.mark.parametrize("length", [0, 4])
def test_a_board_without_a_slot_says_so(target: FakeTarget, length: int) -> None:
    target.power_on(0)
    refused = m.DeployStatus(STATES.REFUSED, 0, b"this board has no model slot")
    assert told(target, m.DeployBegin(length, 0, bytes(32))) == [refused]
    assert told(target, m.DeployAbandon()) == [
        m.DeployStatus(STATES.ABANDONED, 0, target.bundle.name.encode())
    ]


def test_why_the_slots_bundle_is_not_used_is_logged_for_each_host(target: FakeTarget, other: Bundle) -> None:
    target.ask(*sent(bundle_image(other)), m.DeployCommit())
    target.controls.loads_to_fail = 1
    target.boot()
    line = b"the bundle in the model slot is not used: its model does not load, deploying it says why"
    assert in_use(target) == (target.bundle.name, 0)
    for _ in range(2):
        target.link = target.another_link()
        assert target.rest() == [m.Log(m.LogLevel.WARNING, line)]
    (info,) = target.ask(m.InfoRequest())
    assert isinstance(info, m.Info) and info.capabilities & m.Capability.SET_ASIDE
    assert told(target, *sent(bundle_image(other)), m.DeployCommit())[-1].state == STATES.ACTIVE
    (info,) = target.ask(m.InfoRequest())
    assert isinstance(info, m.Info) and not info.capabilities & m.Capability.SET_ASIDE
    target.link = target.another_link()
    assert target.rest() == []


def test_a_case_is_no_bundle_and_a_bundle_no_case(target: FakeTarget) -> None:
    """What is refused of it gives it up: the model of before is loaded again."""
    loads = target.controls.loads
    answers = target.ask(*sent(b"abcb"), m.CaseOpen())
    assert answers == [receiving(), m.CaseOpened(inputs=2, outputs=1, arena_used=4)]
    (refusal,) = target.ask(m.CaseOpen())
    assert refusal == m.DeployStatus(STATES.REFUSED, 4, b"what was sent is in use")
    assert target.controls.loads == loads + 2
    (refusal,) = target.ask(m.CaseInput(0, 0, b"1"))
    assert isinstance(refusal, m.Error) and refusal.text == b"no case is open"


def test_inputs_of_a_case_are_filled_up_to_their_ends(target: FakeTarget) -> None:
    target.ask(*sent(b"abcb"), m.CaseOpen())  # inputs of 10 and of 20 bytes
    ends = b"the input ends before"
    none = b"the case's model has no such input"
    for number, size in ((0, 10), (1, 20)):
        for offset, data in (
            (0, bytes(size + 1)),
            (size, b"1"),
            (size - 3, b"1234"),
            (size + 1, b""),
            (2**32 - 1, b"1"),
        ):
            wanted = m.Error(m.CaseInput.TYPE, m.ErrorCode.WRONG_LENGTH, offset, size, ends)
            assert target.ask(m.CaseInput(number, offset, data)) == [wanted]
        filled = bytes(range(1, size + 1))
        assert target.ask(m.CaseInput(number, 0, filled), m.CaseInput(number, size, b"")) == []
        assert target.ask(m.CaseInput(number, size - 1, b"Z")) == []
        (piece,) = target.ask(m.TraceBytesRequest(m.TraceSource.MODEL_INPUT, number, 0, 100))
        assert isinstance(piece, m.TraceBytes) and piece.data == filled[:-1] + b"Z"
    wanted = m.Error(m.CaseInput.TYPE, m.ErrorCode.BAD_REQUEST, 0, 0, none)
    assert target.ask(m.CaseInput(2, 0, b"")) == [wanted]

"""What the session owes besides answers: the deployed bundle after a reset, the old rate, no turn without need."""

import zlib
from hashlib import sha256
from itertools import product

import pytest

from ..bundle.image import bundle_image
from ..bundle.load import Bundle, load_bundle
from ..bundle.write import write_bundle
from ..checkout import DEFAULT_BUNDLE
from ..link import messages as m
from ..model.samples import sample_values
from .fake_target import FakeTarget, build_target

pytestmark = [pytest.mark.native, pytest.mark.slow]
FLASH = 2 * 9 * 4096
LIVE_PERIOD_US = 4000
CONFIRM_US = 1_000_000
RESTART_US = 200_000
LONG_US = 10_000_000  # longer than anything that the link waits for when it is idle
FAST = 921_600


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FakeTarget:
    return FakeTarget(build_target(tmp_path_factory.mktemp("target"), load_bundle(DEFAULT_BUNDLE)))


@pytest.fixture
def target(made: FakeTarget) -> FakeTarget:
    """The board, new."""
    made.power_on(FLASH)
    return made


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle that fits into the slot."""
    return write_bundle(tmp_path_factory.mktemp("bundle") / "flat", sample_values("flat"))


def deploy(target: FakeTarget, image: bytes) -> list[m.DeployState]:
    """Deploy an image and return the states that the board told."""
    begin = m.DeployBegin(len(image), zlib.crc32(image), sha256(image).digest())
    pieces = [m.DeployData(at, image[at : at + 1000]) for at in range(0, len(image), 1000)]
    answers = target.ask(begin, *pieces, m.DeployCommit())
    return [m.DeployState(answer.state) for answer in answers if isinstance(answer, m.DeployStatus)]


def in_use(target: FakeTarget) -> tuple[str, int]:
    """The bundle's name, and whether it is from the slot."""
    (info,) = target.ask(m.InfoRequest())
    assert isinstance(info, m.Info)
    return info.bundle_name.decode(), info.bundle_source


def test_the_deployed_bundle_is_in_use_at_once_and_after_each_reset(
    target: FakeTarget, other: Bundle
) -> None:
    builtin = (target.bundle.name, 0)
    assert in_use(target) == builtin
    assert deploy(target, bundle_image(other))[-1] == m.DeployState.ACTIVE
    assert in_use(target) == (other.name, 1)
    for _ in range(2):
        target.boot()
        assert in_use(target) == (other.name, 1)
    target.ask(m.DeployBegin())  # empties the slot
    assert in_use(target) == builtin
    target.boot()
    assert in_use(target) == builtin


def test_a_deployed_bundle_that_does_not_load_leaves_the_builtin_one(
    target: FakeTarget, other: Bundle
) -> None:
    target.controls.loads_to_fail = 1
    assert deploy(target, bundle_image(other))[-1] == m.DeployState.REFUSED
    assert in_use(target) == (target.bundle.name, 0)
    target.boot()
    assert in_use(target) == (target.bundle.name, 0)


def test_damage_in_flash_leaves_the_builtin_bundle(target: FakeTarget, other: Bundle) -> None:
    target.controls.writes_wrong = True
    assert deploy(target, bundle_image(other))[-1] == m.DeployState.REFUSED
    target.controls.writes_wrong = False
    target.boot()
    assert in_use(target) == (target.bundle.name, 0)


def change_rate(target: FakeTarget) -> None:
    """Ask for another rate, and go on until the board runs at it."""
    assert target.ask(m.Baud(FAST)) == [m.BaudReady(FAST)]
    target.turn()
    assert target.controls.baud == FAST


def test_a_rate_at_which_nothing_arrives_is_given_up_once(target: FakeTarget) -> None:
    change_rate(target)
    assert 0 < target.due_us <= CONFIRM_US
    target.now_us += CONFIRM_US - 10_000
    target.turn(lost=True)
    assert target.controls.baud == FAST  # there is time yet
    target.now_us += 20_000
    target.turn(lost=True)
    assert target.controls.baud == 115_200
    target.controls.baud = 1  # nobody sets it again
    for _ in range(3):
        target.now_us += CONFIRM_US
        target.turn(lost=True)
    assert target.controls.baud == 1
    assert target.due_us > LONG_US


def test_a_rate_at_which_something_arrives_stays(target: FakeTarget) -> None:
    change_rate(target)
    assert target.ask(m.EchoRequest(b"x")) == [m.Echo(b"x")]
    assert target.due_us > LONG_US
    target.now_us += 2 * CONFIRM_US
    target.turn()
    assert target.controls.baud == FAST


def test_a_restart_waits_for_its_acknowledgement_so_long_and_no_longer(target: FakeTarget) -> None:
    target.ask(m.EchoRequest(b"x"))
    for request in (m.EchoRequest(b"y"), m.Reset()):  # the answer to the first is never acknowledged
        target.send(request.TYPE, request.encode())
    asked = target.now_us
    target.turn()
    target.now_us = asked + RESTART_US - 1
    target.turn(lost=True)
    assert target.controls.restarts == 0
    target.now_us = asked + RESTART_US
    target.turn(lost=True)
    assert target.controls.restarts == 1


def test_a_session_with_nothing_to_do_wants_no_turn(target: FakeTarget) -> None:
    assert target.due_us > LONG_US
    target.controls.sound = 100_000
    target.ask(m.LiveStart())
    assert 0 < target.due_us <= LIVE_PERIOD_US
    target.ask(m.LiveStop())
    assert target.due_us > LONG_US


def test_a_model_that_lies_elsewhere_is_proven_there(target: FakeTarget) -> None:
    """An interpreter with a copy of the model tells the copy's bytes, or why it cannot."""
    start = zlib.crc32((9).to_bytes(4, "little"))
    model = target.bundle.model_bytes
    for copies, expected in ((False, model), (True, b"copy"), (False, model)):
        target.controls.copies_model = copies
        (proof,) = target.ask(m.ProofRequest(nonce=9))
        assert isinstance(proof, m.Proof)
        assert (proof.nonce, proof.model) == (9, zlib.crc32(expected, start))
        assert proof.settings == zlib.crc32(target.bundle.settings_block, start)
        assert proof.frontend == zlib.crc32(target.bundle.frontend_image, start)
    target.controls.copies_model = target.controls.copy_fails = True
    for _ in range(2):
        (refusal,) = target.ask(m.ProofRequest(nonce=9))
        assert isinstance(refusal, m.Error)
        assert (refusal.code, refusal.text) == (m.ErrorCode.INFERENCE_FAILED, b"copy is unreadable")
    target.controls.copy_fails = False
    (proof,) = target.ask(m.ProofRequest(nonce=9))
    assert isinstance(proof, m.Proof)


@pytest.mark.parametrize("one_op", [True, False])
def test_a_profile_has_a_row_for_each_op(target: FakeTarget, one_op: bool) -> None:
    target.controls.one_op = one_op
    cells = bytes(target.bundle.model.cells)
    target.ask(
        m.TensorBegin(id=2, length=len(cells)),
        *(m.TensorData(at, cells[at : at + 500]) for at in range(0, len(cells), 500)),
    )
    for _ in range(2):
        rows = target.ask(m.ProfileRequest(), m.EchoRequest(b"behind it"))
        names = [b"FIRST"] if one_op else [b"FIRST", b"SECOND"]
        assert rows == [
            *(m.Profile(index, len(names), 1000 * (index + 1), 1, name) for index, name in enumerate(names)),
            m.Echo(b"behind it"),
        ]


def test_a_profile_waits_where_the_line_is_full(target: FakeTarget) -> None:
    """Whatever is queued before it: with some of it there is room for the first row, and not for the second."""
    cells = bytes(target.bundle.model.cells)
    pieces = [m.TensorData(at, cells[at : at + 500]) for at in range(0, len(cells), 500)]
    target.ask(m.TensorBegin(2, len(cells)), *pieces)
    for infos, length in product(range(16), range(0, 240, 8)):
        for request in [*[m.InfoRequest()] * infos, m.EchoRequest(bytes(length)), m.ProfileRequest()]:
            target.send(request.TYPE, request.encode())
        _, at_once = target.turn(room=1)
        answers = [type(answer) for answer in at_once + target.rest()]
        assert answers == [*[m.Info] * infos, m.Echo, m.Profile, m.Profile]


def test_what_a_board_was_built_with_is_told_in_its_own_words(target: FakeTarget) -> None:
    assert target.ask(m.BuildRequest()) == [m.Build(b"compiler none\nfake 1.2")]


def test_a_case_of_which_nothing_was_sent_is_refused_with_the_slots_reason(target: FakeTarget) -> None:
    (refusal,) = target.ask(m.CaseOpen())
    assert isinstance(refusal, m.DeployStatus)
    assert refusal.text == b"no deployment has begun"


def test_why_a_model_did_not_load_is_told_to_whoever_wants_it_to_run(target: FakeTarget) -> None:
    target.controls.loads_to_fail = 1
    target.boot()
    (refusal,) = target.ask(m.TensorBegin(2, 100))
    assert isinstance(refusal, m.Error)
    assert (refusal.code, refusal.text) == (m.ErrorCode.NO_MODEL, b"load fails")


def test_a_reason_that_fills_its_room_is_told_whole(target: FakeTarget) -> None:
    target.controls.loads_to_fail = 1
    target.controls.long_words = True
    target.boot()
    for _ in range(2):
        (refusal,) = target.ask(m.TensorBegin(2, 100))
        assert isinstance(refusal, m.Error) and refusal.text == b"x" * 127


def test_lines_of_the_log_that_found_no_room_are_counted(target: FakeTarget) -> None:
    text = b"x" * 600
    for _ in range(9):
        target.log(3, text)
    lines = target.rest()
    (status,) = target.ask(m.StatusRequest())
    assert isinstance(status, m.Status) and 0 < len(lines) < 9
    assert status.log_dropped == 9 - len(lines)
    assert lines == [m.Log(3, text)] * len(lines)


def test_flags_in_info_are_0_or_1(target: FakeTarget) -> None:
    (info,) = target.ask(m.InfoRequest())
    assert isinstance(info, m.Info) and info.has_logits == 1

"""Answers, windows and the line: an honest device holds each check, and each lie is noted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...board.disturbing import Disturbed
from ...bundle.load import Bundle
from ...link import messages as m
from ...link.codec import Payload
from ..fakes import FakeDevice, FakeInterpreter, bundle_info
from .answers import Exchanging, ask_answers, cases
from .line import Disturbing, ask_line
from .sent_windows import ask_windows, windows_to_send

pytestmark = pytest.mark.native
SLOT = m.Capability.SLOT
ALL = SLOT | m.Capability.TRIAL | m.Capability.PROOF | m.Capability.BUILD


def _device(bundle: Bundle, **options: Any) -> FakeDevice:
    info = bundle_info(bundle)
    info = replace(info, capabilities=info.capabilities | ALL)
    return FakeDevice(bundle, FakeInterpreter(bundle), info=info, **options)


# ---- answers


def test_an_honest_board_answers_rightly(bundle: Bundle) -> None:
    device = _device(bundle)
    assert isinstance(device, Exchanging) and isinstance(device, Disturbing)
    found = ask_answers(device, bundle, device.info())
    assert not found.wrong
    assert int(found.what.split()[0]) > 90


def _other(kind: type[Payload], **fields: Any) -> Callable[[list[Payload]], list[Payload]]:
    """Changes every answer of a kind."""
    return lambda answers: [replace(a, **fields) if isinstance(a, kind) else a for a in answers]  # type: ignore[type-var]


def _cut_echo(answers: list[Payload]) -> list[Payload]:
    return [
        m.Echo(answer.data[:-1]) if isinstance(answer, m.Echo) and len(answer.data) == 254 else answer
        for answer in answers
    ]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (_cut_echo, "echoes: the board answers ECHO with data"),
        (lambda answers: answers[:-1], "the board does not answer, owed is"),
        (lambda answers: [*answers, m.Status()], "the board answers STATUS where nothing is owed"),
        (lambda answers: [*answers, m.Error(code=7)], "ERROR (code 7 to 0x00) where nothing is owed"),
        (
            _other(m.Error, code=m.ErrorCode.NO_MODEL),
            "ERROR with code 4 (NO_MODEL), owed is ERROR with request",
        ),
        (_other(m.Error, limit=7), "tensors of a wrong length: the board answers ERROR with limit 7"),
        (_other(m.DeployStatus, state=m.DeployState.ACTIVE), "a deployment that was not begun"),
        (_other(m.DeployStatus, text=b"other"), "owed is DEPLOY_STATUS with state 5 (ABANDONED), text"),
        (
            _other(m.StreamDone, samples=7),
            "requests in a stream: the board answers STREAM_DONE with samples 7",
        ),
    ],
)
def test_a_wrong_answer_is_noted(
    bundle: Bundle, answers: Callable[[list[Payload]], list[Payload]], words: str
) -> None:
    device = _device(bundle, answers=answers)
    found = ask_answers(device, bundle, device.info())
    assert any(words in text for text in found.wrong), found.wrong


def test_what_a_board_cannot_do_is_not_asked_of_it(bundle: Bundle) -> None:
    info = replace(bundle_info(bundle), capabilities=m.Capability(0))
    names = {case.name for case in cases(bundle, info, m.MAX_PAYLOAD)}
    assert not [name for name in names if "tensor" in name or "deployment" in name]
    (missing,) = (c for c in cases(bundle, info, m.MAX_PAYLOAD) if "lacks" in c.name)
    assert [kind for kind, _ in missing.requests] == [
        m.LiveStart.TYPE,
        m.Baud.TYPE,
        m.ProfileRequest.TYPE,
    ]
    every = replace(info, capabilities=m.Capability.MICROPHONE | m.Capability.BAUD | m.Capability.PROFILE)
    (missing,) = (c for c in cases(bundle, every, m.MAX_PAYLOAD) if "lacks" in c.name)
    assert not missing.requests


def test_a_firmware_from_before_is_not_asked_what_it_does_not_know(bundle: Bundle) -> None:
    info = replace(bundle_info(bundle), capabilities=SLOT | m.Capability.INFERENCE)
    asked = {kind for case in cases(bundle, info, m.MAX_PAYLOAD) for kind, _ in case.requests}
    assert not asked & {m.DeployTry.TYPE, m.DeployAbandon.TYPE, m.ProofRequest.TYPE, m.BuildRequest.TYPE}
    assert m.DeployCommit.TYPE in asked


def test_payloads_stay_within_what_the_board_takes(bundle: Bundle) -> None:
    info = replace(bundle_info(bundle), capabilities=SLOT | m.Capability.INFERENCE)
    for most in (64, 600, m.MAX_PAYLOAD):
        sizes = [len(data) for case in cases(bundle, info, most) for _, data in case.requests]
        assert max(sizes) == most


# ---- windows


def _columns(bundle: Bundle) -> NDArray[np.int8]:
    rng = np.random.default_rng(4)
    steps = rng.normal(0, 9, (3 * bundle.frames, bundle.settings.bands)).cumsum(axis=0)
    return np.clip(steps, -128, 127).astype(np.int8)


def test_an_honest_board_computes_windows(bundle: Bundle) -> None:
    found, sent = ask_windows(_device(bundle), bundle, FakeInterpreter(bundle), _columns(bundle))
    assert not found.wrong and sent >= 7
    none = _columns(bundle)[: bundle.frames - 1]
    assert not ask_windows(_device(bundle), bundle, FakeInterpreter(bundle), none)[0].wrong


def test_windows_share_a_beginning_or_an_end(bundle: Bundle) -> None:
    one, begun, other, ended, again, turned, *_ = windows_to_send(
        bundle, FakeInterpreter(bundle), _columns(bundle)
    )
    half = bundle.frames // 2
    assert np.array_equal(one[:half], begun[:half]) and np.array_equal(other[half:], begun[half:])
    assert np.array_equal(other[:half], ended[:half]) and np.array_equal(one[half:], ended[half:])
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    assert np.array_equal(turned, (other if np.array_equal(one, one[::-1]) else one)[::-1])


class Cached(FakeDevice):
    """Answers as before when a window begins as the one before did."""

    def infer(self, cells: NDArray[np.int8], begun: Callable[[], None] | None = None) -> m.TensorResult:
        begin = cells.tobytes()[:40]
        if getattr(self, "begin", None) != begin:
            self.begin, self.answer = begin, super().infer(cells, begun)
        return self.answer


def test_a_cache_of_outputs_is_noted(bundle: Bundle) -> None:
    device = Cached(bundle, FakeInterpreter(bundle))
    found, _ = ask_windows(device, bundle, FakeInterpreter(bundle), _columns(bundle))
    assert any(
        text.startswith("window 1 of those sent by themselves (the first half of window 0, ")
        for text in found.wrong
    )


def test_outputs_that_are_missing_are_noted(bundle: Bundle) -> None:
    device = _device(bundle, probe=lambda result: replace(result, outputs=result.outputs[:-1]))
    found, _ = ask_windows(device, bundle, FakeInterpreter(bundle), _columns(bundle))
    assert (
        found.wrong[0]
        == "window 0 of those sent by themselves (of the last file's columns, or noise) has 9 outputs, 10 are right"
    )


# ---- the line


def _more(**fields: int) -> Callable[[Disturbed], Disturbed]:
    """Changes what STATUS says afterwards."""
    return lambda done: replace(
        done, after=replace(done.after, **{n: getattr(done.before, n) + by for n, by in fields.items()})
    )


def test_an_honest_line_is_counted(bundle: Bundle) -> None:
    for whole in (True, False):
        assert not ask_line(_device(bundle), whole).wrong


@pytest.mark.parametrize(
    ("field", "by"),
    [
        ("crc_errors", 2),
        ("crc_errors", 4),
        ("framing_errors", 0),
        ("framing_errors", 3),
        ("noise_bytes", 49),
        ("duplicates", 0),
        ("gaps", 0),
        ("retransmitted", 0),
    ],
)
def test_what_is_not_counted_is_noted(bundle: Bundle, field: str, by: int) -> None:
    device = _device(bundle, disturbed=_more(**{field: by}))
    (text,) = ask_line(device, True).wrong
    assert text.startswith(f"STATUS counts {by} {field} more")
    # a line that damages frames itself damages these as well; that something was sent again shows on any
    assert bool(ask_line(device, False).wrong) == (field == "retransmitted")


@pytest.mark.parametrize("fields", [{"crc_errors": 0, "framing_errors": 0}, {"noise_bytes": 0}])
def test_some_damage_must_be_counted_on_any_line(bundle: Bundle, fields: dict[str, int]) -> None:
    (text,) = ask_line(_device(bundle, disturbed=_more(**fields)), False).wrong
    assert text.startswith("STATUS counts no damaged frame more, or no noise")


def test_counters_that_do_not_begin_anew_are_noted(bundle: Bundle) -> None:
    found = ask_line(_device(bundle, disturbed=lambda done: replace(done, cleared=done.after)), True)
    assert len(found.wrong) == 1 and "after its counters began anew" in found.wrong[0]

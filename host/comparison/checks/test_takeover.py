"""Hosts that leave something unfinished: an honest device has forgotten it, and each remnant is noted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ...bundle.load import Bundle
from ...core.conversation import Asked, Connected
from ...link import messages as m
from ...link.codec import Payload
from ..cause import Cause
from ..fakes import FakeDevice, FakeInterpreter, bundle_info
from . import takeover
from .answers import Request
from .checked import Checked
from .takeover import TakenOver, ask_takeover, unfinished

pytestmark = pytest.mark.native
ALL = m.Capability.INFERENCE | m.Capability.STAGES | m.Capability.SLOT


class Left(FakeDevice):
    """Notes in which order it is asked and taken over."""

    def __init__(self, bundle: Bundle, **options: Any) -> None:
        info = bundle_info(bundle)
        info = replace(info, capabilities=info.capabilities | ALL)
        super().__init__(bundle, FakeInterpreter(bundle), info=info, **options)
        self.asked: list[str] = []

    def connect(self, timeout_s: float | None = None) -> m.Info:
        self.asked.append("connect")
        return super().connect(timeout_s)

    def exchange(self, requests: list[Request]) -> list[Payload]:
        self.asked.append(m.name_of(requests[0][0]))
        return super().exchange(requests)


def _found(device: Left, bundle: Bundle, deploy: bool = False) -> list[str]:
    return ask_takeover(device, bundle, device.info(), FakeInterpreter(bundle), deploy).wrong


def test_an_honest_board_holds(bundle: Bundle) -> None:
    device = Left(bundle)
    assert isinstance(device, TakenOver)
    found = ask_takeover(device, bundle, device.info(), FakeInterpreter(bundle), False)
    assert not found.wrong
    assert found.what == "4 hosts gone in the midst of something, and sound after them"
    assert device.asked[:9] == [
        *("STREAM_START", "connect", "AUDIO", "AUDIO", "connect", "AUDIO"),
        *("TENSOR_BEGIN", "connect", "TENSOR_DATA"),
    ]
    assert device.asked[9:14] == ["STAGE_ARM", "connect", "STREAM_START", "AUDIO", "connect"]
    assert found.heard is not None
    steps = (
        (Asked(each.left), Connected(), Asked(each.then.requests))
        for each in unfinished(bundle, device.info(), False)
    )
    assert found.heard.steps == [step for three in steps for step in three], "kept for the diagnosis"
    assert [answers is None for answers in found.heard.answers] == [False, True, False] * 4


def test_flash_is_written_where_it_may_be(bundle: Bundle) -> None:
    info = Left(bundle).info()
    kinds = [
        [{kind for kind, _ in begun.left} for begun in unfinished(bundle, info, deploy)]
        for deploy in (False, True)
    ]
    assert kinds[1] == [*kinds[0], {m.DeployBegin.TYPE, m.DeployData.TYPE}]
    none = replace(info, capabilities=m.Capability(0))
    assert len(list(unfinished(bundle, none, False))) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: [], "audio in a stream that a host before had begun: the board does not answer"),
        (
            lambda answers: [*answers, m.StageBytes()],
            "a stream after a host before had armed a stage: the board answers STAGE_BYTES where nothing is owed",
        ),
        (
            lambda answers: [m.TensorResult() if _unfit(a) else a for a in answers],
            "a piece of a tensor that a host before had begun: the board answers TENSOR_RESULT",
        ),
    ],
)
def test_what_goes_on_is_noted(
    bundle: Bundle, change: Callable[[list[Payload]], list[Payload]], words: str
) -> None:
    found = _found(Left(bundle, taken_over=change), bundle)
    assert any(text.startswith(words) for text in found), found


def _unfit(answer: Payload) -> bool:
    return isinstance(answer, m.Error) and answer.request == m.TensorData.TYPE


def test_what_is_another_board_afterwards_is_noted(bundle: Bundle) -> None:
    changed = Left(bundle)
    changed._change_proof = lambda p: replace(p, settings=p.settings ^ (len(changed.asked) > 9))
    (told,) = _found(changed, bundle)
    assert told.startswith("once other hosts were gone: ") and "thresholds" in told
    assert not _found(Left(bundle, proof=lambda p: replace(p, settings=p.settings ^ 1)), bundle), "known"
    lost = Left(bundle, streamed=lambda answers: [a for a in answers if not isinstance(a, m.WindowResult)])
    told = _found(lost, bundle)[0]
    begin = "once other hosts were gone: "
    assert told.startswith(f"{begin}the same sound is wrong in whole messages too")
    args = (lost, bundle, lost.info(), FakeInterpreter(bundle), False)
    assert told not in ask_takeover(*args, [told.removeprefix(begin)]).wrong


@pytest.mark.parametrize(
    ("model", "told"), [(True, ["INFO says that the board has no INFERENCE"]), (False, [])]
)
def test_a_board_that_lost_its_model_once_others_were_gone(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, model: bool, told: list[str]
) -> None:
    class Forgetful(Left):
        def connect(self, timeout_s: float | None = None) -> m.Info:
            info = super().connect(timeout_s)
            return replace(info, capabilities=info.capabilities & ~m.Capability.INFERENCE)

    monkeypatch.setattr(takeover, "ask_streams", lambda *_: (Checked(), []))
    interpreter = FakeInterpreter(bundle) if model else None
    device = Forgetful(bundle)
    assert takeover._wrong(device, device.connect(), bundle, interpreter, 5, None) == told


@pytest.mark.parametrize("of_link", [True, False])
def test_counts_that_a_new_connection_sets_back_are_told(bundle: Bundle, of_link: bool) -> None:
    def lost(status: m.Status) -> m.Status:
        return replace(status, tx_high_water=8) if of_link else replace(status, inferences=0)

    class Losing(Left):
        BEFORE = 4  # connections of the cases that come first

        def status(self, clear: bool = False) -> m.Status:
            told = replace(super().status(clear), inferences=5)
            return lost(told) if self.asked.count("connect") > self.BEFORE else told

    (told,) = _found(Losing(bundle), bundle)
    figures, where = (
        ("tx_high_water 8 (800 before)", "link_begin_connection in firmware/core/link/link.c")
        if of_link
        else ("inferences 0 (5 before)", "forget_old_host in firmware/core/session/session.c")
    )
    assert told == (
        f"behind a new connection STATUS tells less: {figures}: only a STATUS_REQUEST that says so, or a restart, "
        f"sets them back; look at what a connection begins with ({where})"
    )
    assert isinstance(told, Cause)


@pytest.mark.parametrize("lost", [True, False])
def test_what_was_wrong_before_is_not_told_once_more(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    device = Left(bundle)
    before = device.info()
    without = replace(before, capabilities=before.capabilities & ~m.Capability.INFERENCE)
    device.device_info = without
    monkeypatch.setattr(takeover, "ask_streams", lambda *_: (Checked(), []))
    found = ask_takeover(device, bundle, before if lost else without, FakeInterpreter(bundle), False)
    told = "once other hosts were gone: INFO says that the board has no INFERENCE"
    assert (told in found.wrong) == lost

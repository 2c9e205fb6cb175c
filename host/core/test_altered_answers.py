"""Requests in a replayed session: answers as the firmware's, a slot that outlives a restart, one change of the code."""

import binascii
import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ..build.alteration import Alteration
from ..build.altered_data_path import library_of
from ..bundle.image import bundle_image
from ..bundle.load import Bundle
from ..bundle.write import prepare_bundle
from ..link import messages as m
from ..link.codec import Payload
from ..model.samples import TESTDATA, sample_values
from .altered_session import AlteredSession
from .changed_process import NONE
from .conversation import Asked, Connected, Step, Stream

pytestmark = pytest.mark.native


class SomeAltered(AlteredSession):
    """With changes of little code, which is soon compiled."""

    @staticmethod
    def _built(bundle: Bundle) -> tuple[Path, tuple[Alteration, ...]]:
        del bundle
        return library_of("some-answers", ("session/echo.c",))


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return prepare_bundle(TESTDATA, sample_values("softmax"))


@pytest.fixture(scope="module")
def session(bundle: Bundle) -> Iterator[AlteredSession]:
    session = SomeAltered(bundle, 64)
    yield session
    session.close()


def asked(*requests: Payload) -> Asked:
    return Asked(tuple((each.TYPE, each.encode()) for each in requests))


INFO, STATUS = asked(m.InfoRequest()), asked(m.StatusRequest())


def answers(session: AlteredSession, *steps: Step) -> list[list[Payload]]:
    return session.steps(session.records(NONE, steps) or b"")


def test_requests_are_answered_step_by_step(bundle: Bundle, session: AlteredSession) -> None:
    samples = np.zeros(bundle.settings.samples_for(bundle.frames), np.int16)
    echoes, _, stream, (status,), _ = answers(
        session,
        asked(m.EchoRequest(b"abc"), m.EchoRequest(b"")),
        Connected(),
        Stream(samples, deaf=True),
        STATUS,
        asked(m.LiveStop()),
    )
    assert echoes == [m.Echo(b"abc"), m.Echo(b"")]
    assert isinstance(status, m.Status) and (status.columns, status.windows) == (bundle.frames, 1)
    assert any(isinstance(each, m.StreamDone) for each in stream)


def test_a_slot_outlives_a_restart_and_not_another_conversation(
    bundle: Bundle, session: AlteredSession
) -> None:
    image = bundle_image(bundle)
    begin = m.DeployBegin(len(image), binascii.crc32(image), hashlib.sha256(image).digest())
    pieces = [m.DeployData(at, image[at : at + 1016]) for at in range(0, len(image), 1016)]
    deploy = asked(begin, *pieces, m.DeployCommit())
    states, (before,), _, (after,) = answers(session, deploy, INFO, asked(m.Reset()), INFO)
    assert [each.state for each in states if isinstance(each, m.DeployStatus)] == [
        m.DeployState.RECEIVING,
        m.DeployState.ACTIVE,
    ]
    assert isinstance(before, m.Info) and isinstance(after, m.Info)
    assert before.bundle_source == after.bundle_source == 1
    assert after.boot_id != before.boot_id and after.reset_reason == m.ResetReason.SOFTWARE
    (other,) = answers(session, INFO)
    assert isinstance(other[0], m.Info) and other[0].bundle_source == 0


def test_a_change_of_the_code_answers_otherwise(session: AlteredSession) -> None:
    number = next(
        at for at, what in enumerate(session.alterations) if "(uint8_t)message->length" in what.after
    )
    steps = [asked(m.EchoRequest(b"x" * 300)), asked(m.EchoRequest(b"y"))]
    given = session.differing([(number, 0)], steps)
    assert session.steps(given[number, 0]) == [[m.Echo(b"x" * 44)], [m.Echo(b"y")]]
    assert session.differing([(number, 0)], steps[1:]) == {}

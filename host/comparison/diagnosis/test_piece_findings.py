"""Devices with one change of the code that takes messages apart, asked with sound in pieces."""

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...core.changed_process import NONE, Change
from ...link import messages as m
from ..checks.cut_streams import PIECES, made_sound
from .data_path import session_of
from .diagnose import diagnose
from .dialogue import Dialogue
from .evidence import DiagnosisRecord
from .fakes_session import number_of
from .finding import Finding

pytestmark = [pytest.mark.native, pytest.mark.slow]


def _asked(bundle: Bundle, change: Change) -> DiagnosisRecord:
    """What a device with a change answers to streams in messages of each size."""
    settings, session = bundle.settings, session_of(bundle)
    heard = Dialogue("sound in pieces")
    for size in PIECES:
        count = -(-settings.samples_for(3) // size)
        samples = made_sound(count * size, settings.sample_rate).reshape(count, size)
        audio = [(m.Audio.TYPE, m.Audio(piece.astype("<i2").tobytes()).encode()) for piece in samples]
        begin = (m.StreamStart.TYPE, m.StreamStart(7, m.StreamFlag.FEATURES).encode())
        heard.brought([begin, *audio, (m.StreamEnd.TYPE, m.StreamEnd(7).encode())], [])
    records = session.records(change, heard.steps)
    assert records is not None
    heard.answers[:] = session.steps(records)
    record = DiagnosisRecord(bundle)
    record.in_pieces = heard
    return record


def _found(bundle: Bundle, file: str, before: str, after: str) -> tuple[list[Finding], int]:
    session = session_of(bundle)
    number = number_of(session, file, before, after)
    return diagnose(_asked(bundle, (number, 0))), session.alterations[number].line


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [("frontend/frontend.c", "7", "3"), ("detect/stream.c", "(uint32_t)taken", "(uint32_t)count")],
)
def test_the_line_is_named(bundle: Bundle, file: str, before: str, after: str) -> None:
    (finding,), line = _found(bundle, file, before, after)
    assert finding.stage == "messages" and f"({file}, line {line})" in finding.explanation
    assert finding.pattern == "the same sound is right in whole messages"


def test_nothing_is_told_of_a_right_device_or_of_what_no_change_gives(bundle: Bundle) -> None:
    record = _asked(bundle, NONE)
    assert diagnose(record) == []
    assert record.in_pieces is not None
    answers = record.in_pieces.answers[3]
    assert answers is not None
    (first, *_) = [answer for answer in answers if isinstance(answer, m.Features)]
    cells = np.frombuffer(first.cells, np.int8) ^ 5
    answers[answers.index(first)] = m.Features(first_column=first.first_column, cells=cells.tobytes())
    assert diagnose(record) == []

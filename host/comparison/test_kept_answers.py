"""Which conversations a diagnosis is given, and when."""

from dataclasses import replace

import numpy as np
import pytest

from ..bundle.load import Bundle
from ..core.conversation import Asked, Stream
from ..link import messages as m
from .checks.checked import ANSWERS, GONE, ON_SOUND, SLOT, TAKEOVER, Checked
from .diagnosis.dialogue import Dialogue
from .fakes import bundle_info, sample_status, settle
from .file import FileComparison
from .kept_answers import heard_of
from .record import RunRecord


def run_of(bundle: Bundle, **checks: Checked) -> RunRecord:
    run = RunRecord("virtual", bundle, bundle_info(bundle))
    settle(run)
    run.checks |= {name: Checked(heard=Dialogue(name)) for name in (ANSWERS, TAKEOVER, SLOT)} | checks
    return run


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        (ANSWERS, "echoes: none", True),
        (SLOT, "after a restart: none", True),
        (SLOT, f"{ON_SOUND}: 3 scores differ", False),
        (TAKEOVER, f"{GONE}: 3 scores differ", False),
    ],
)
def test_conversations_are_kept_where_an_answer_is_wrong(
    bundle: Bundle, name: str, text: str, kept: bool
) -> None:
    assert not heard_of(run_of(bundle))
    run = run_of(bundle, **{name: Checked(wrong=[text], heard=Dialogue(name))})
    assert [each.name for each in heard_of(run)] == [ANSWERS, TAKEOVER, SLOT] * kept
    run.checks[SLOT] = replace(run.checks[SLOT], heard=None)
    assert [each.name for each in heard_of(run)] == [ANSWERS, TAKEOVER] * kept
    run.info = replace(run.info, hop=run.info.hop + 1)
    assert [each.name for each in heard_of(run)] == [ANSWERS, TAKEOVER]


def test_files_are_streamed_again_before_their_status(bundle: Bundle) -> None:
    run = run_of(bundle)
    rate = bundle.settings.sample_rate
    for seconds in (2, 58, 2):
        file = FileComparison(f"{seconds}.wav", bundle)
        file.finished, file.samples, file.windows = True, seconds * rate, 3
        file.status = replace(sample_status(), columns=7)
        run.files.append(file)
    heard = heard_of(run)[0]
    streams = [step for step in heard.steps if isinstance(step, Stream)]
    assert [len(step.samples) for step in streams] == [2 * rate, 58 * rate], "a minute in all"
    assert all(step.deaf and step.raw is not None and len(step.raw) == 3 for step in streams)
    status = Asked(((m.StatusRequest.TYPE, m.StatusRequest().encode()),))
    assert heard.steps[1::2] == [status] * 2 and heard.answers == [None, [run.files[0].status]] * 2
    short, first, again, second = heard.probe
    assert isinstance(short, Stream) and again is short and first == second == status
    assert len(short.samples) == bundle.settings.samples_for(bundle.frames + 3 * bundle.stride)
    assert np.count_nonzero(short.samples) == 0 and short.column == 0
    assert short.raw is not None and len(short.raw) == 4, "windows that it has"
    run.files[0].finished = False
    assert not heard_of(run)[0].steps

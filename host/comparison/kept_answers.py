"""What a run's device answered besides streams, where it is not as it must be: for the diagnosis."""

import numpy as np

from ..core.conversation import Stream
from ..link import messages as m
from .checks.checked import ANSWERS, GONE, ON_SOUND, SLOT, TAKEOVER, Checked
from .claims.counters import find_counters
from .claims.finding import Status
from .claims.identity import find_identity, find_proof
from .diagnosis.dialogue import Dialogue
from .record import RunRecord

CONVERSATIONS = (ANSWERS, TAKEOVER, SLOT)  # the short ones first
MOST_S = 60.0  # of all files whose counters are looked at
PROBED_STRIDES = 3


def heard_of(run: RunRecord) -> list[Dialogue]:
    """All conversations, where one of them, or a counter, is not as it must be; else none."""
    counters = find_counters(run).status == Status.BROKEN
    checks = [run.checks[name] for name in CONVERSATIONS if name in run.checks]
    broken = any(find(run).status == Status.BROKEN for find in (find_identity, find_proof))
    if not (counters or broken or any(map(_answered_wrongly, checks))):
        return []
    kept = [check.heard for check in checks if check.heard is not None]
    return ([_counted(run)] if counters else []) + kept


def _answered_wrongly(check: Checked) -> bool:
    """Whether something else is wrong than values of a stream."""
    return any(not text.startswith((ON_SOUND, GONE)) for text in check.wrong)


def _counted(run: RunRecord) -> Dialogue:
    """The first files, each with the STATUS behind it."""
    bundle = run.bundle
    heard = Dialogue("STATUS after files")
    left = MOST_S * bundle.settings.sample_rate
    for file in run.files:
        left -= file.samples
        if left < 0 or not file.finished or file.status is None:
            break
        heard.streamed(_stream(run, file.samples, file.windows))
        heard.asked([(m.StatusRequest.TYPE, m.StatusRequest().encode())], [file.status])
    strides = bundle.frames + PROBED_STRIDES * bundle.stride
    short = _stream(run, bundle.settings.samples_for(strides), PROBED_STRIDES + 1)
    status = heard.steps[1:2]
    heard.probe = [short, *status, short, *status]
    return heard


def _stream(run: RunRecord, samples: int, windows: int) -> Stream:
    """A stream of so many samples, whatever they are."""
    raw = np.zeros((windows, run.bundle.model.values), np.int8) if run.inference else None
    return Stream(np.zeros(samples, np.int16), 0, raw, deaf=True)

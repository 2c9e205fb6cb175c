"""A device that is the firmware's session with one change of its code. For tests."""

import numpy as np

from ...build.alteration import Alteration
from ...bundle.load import Bundle
from ...core.altered_session import AlteredSession, raw_outputs
from ...core.changed_process import Change
from ...core.conversation import Stream
from ...link import messages as m
from ...model.interpreter import joined
from ...model.reference import ReferenceInterpreter
from .changed_outputs import cells_of_inputs
from .data_path import session_of
from .diagnose import diagnose
from .fakes_device import Int16, compare_all, sound
from .finding import Finding

RESULTS = (m.Features, m.WindowResult, m.Detection, m.StreamDone)


class ChangedDevice:
    """Computes a stream's results as the firmware does with a change, behind the stream before.

    Args:
        bundle: what it runs.
        session: runs it.
        change: of its code.
    """

    def __init__(self, bundle: Bundle, session: AlteredSession, change: Change) -> None:
        self.bundle = bundle
        self._session, self._change = session, change
        self._before: list[Stream] = []

    def fresh(self) -> ReferenceInterpreter:
        """Its model."""
        return ReferenceInterpreter(self.bundle.model_bytes, self.bundle.model)

    def results(self, samples: Int16) -> list[m.Payload]:
        """All messages of one stream."""
        none = np.zeros((1, self.bundle.model.values), np.int8)
        cells = cells_of_inputs(self.bundle, self._session.told(self._records(samples, none)).inputs)
        assert cells is not None
        raw = raw_outputs(self.bundle.model.scores.type, joined(self.fresh().run(cells)))
        records = self._records(samples, raw)
        self._before = [Stream(samples, 0, raw)]
        return [message for message in self._session.messages(records) if isinstance(message, RESULTS)]

    def _records(self, samples: Int16, raw: np.ndarray) -> bytes:  # type: ignore[type-arg]
        records = self._session.records(self._change, [*self._before, Stream(samples, 0, raw)])
        assert records is not None
        return records


def number_of(session: AlteredSession, file: str, before: str, after: str) -> int:
    """Of the change that makes `after` of `before`, both given in part."""
    return next(
        number
        for number, what in enumerate(session.alterations)
        if what.file == file and before in what.before and after in what.after and not what.below
    )


def told_of(bundle: Bundle, file: str, before: str, after: str) -> tuple[list[Finding], Alteration]:
    """What is said of a device with that change in its code."""
    session = session_of(bundle)
    number = number_of(session, file, before, after)
    device = ChangedDevice(bundle, session, (number, 0))
    rate = bundle.settings.sample_rate
    record = compare_all(device, [sound(rate, 1, 4), sound(rate, 2, 4), sound(rate, 3, 3)])  # type: ignore[arg-type]
    return diagnose(record), session.alterations[number]

"""All checks of a run, in their order: those that leave nothing behind, then those after which the board is another."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...board.crash import FirmwareCrashedError
from ...bundle.load import Bundle
from ...errors import HilError
from ...line.connection import DeviceResetError
from ...link import messages as m
from ...model.interpreter import Interpreter
from ..claims.counters import bytes_agree, frames_agree
from ..device import DeviceUnderTest
from ..diagnosis.seen_window import SeenWindow
from ..file import FileComparison
from ..record import Probe, RunRecord
from .answers import Exchanging, Request, all_requests, ask_answers
from .checked import ANSWERS, LINE, RESTART, SLOT, STREAMS, TAKEOVER, TRACES, WINDOWS, Checked
from .cut_streams import CHANGING_WINDOWS, ask_streams, many_changes
from .line import Disturbing, ask_line
from .looked_into import Traceable, ask_traced, seen_sent
from .overheard import SlotDevice
from .sent_windows import ask_windows, made_window
from .slot import SlotCheck
from .slot_size import slot_may_be_tried
from .slot_sources import tell_sources_once
from .slow_columns import ask_slow_columns
from .takeover import TakenOver, ask_takeover
from .worth_asking import files_differ, traces_may_be_tried

RESTARTS = (DeviceResetError, FirmwareCrashedError)
SOUND_STRIDES = 10  # windows after the first one that a deployed bundle is tried on
MOST_SOUND_S = 30.0
BYTE, BEYOND = 256, 4  # inferences: what is counted in one byte begins anew
MOST_COUNTED_S = 3.0  # for windows to be sent up to there
MOST_CHANGING_S = 10.0  # for a sound of many changes to be streamed


class Examination:
    """The checks of one run.

    Args:
        device: connected.
        record: takes what is found.
        interpreter: the reference, None when the model does not run.
        recover: takes the board over anew, after it did not answer as it must.
        keep: takes the streams of a check where they differ, for the diagnosis.
        deployed: takes what bundles that were deployed gave, right or not: each with the bundle.
    """

    def __init__(
        self,
        device: DeviceUnderTest,
        record: RunRecord,
        interpreter: Interpreter | None,
        recover: Callable[[], Any],
        keep: Callable[[FileComparison], None] = lambda _: None,
        deployed: Callable[[list[tuple[Bundle, FileComparison]]], None] = lambda _: None,
    ) -> None:
        self._device, self._record = device, record
        self._interpreter = interpreter
        self._recover, self._keep, self._deployed = recover, keep, deployed

    def harmless(self, columns: NDArray[np.int8], count: Callable[[int], int]) -> None:
        """What changes nothing on the board.

        Args:
            columns: of some sound, int8 [n, bands].
            count: tells how many inferences the board counted for as many windows sent.

        Raises:
            HilError: the board restarted.
        """
        device, record = self._device, self._record
        if isinstance(device, Exchanging):
            self._check(ANSWERS, lambda: ask_answers(device, record.bundle, record.info))
            if not files_differ(record):
                self._check(STREAMS, lambda: self._streams(device))
                count(0)  # what they ran is no window sent
            self._ask_slowest(device)
        if traces_may_be_tried(record) and isinstance(device, Traceable):
            self._check(TRACES, lambda: self._traces(device, count))
        if self._interpreter is not None:
            self._check(WINDOWS, lambda: self._windows(columns, count))

    def _ask_slowest(self, device: Exchanging) -> None:
        """Where times contradict each other, which column's is told as the slowest one's."""
        record = self._record
        if not any(file.times.understated for file in record.files):
            return
        try:
            record.slowest_told = ask_slow_columns(device, record.bundle)
        except RESTARTS:
            raise
        except HilError:
            self._recover()  # what is wrong with its times is told without it

    def _streams(self, device: Exchanging) -> Checked:
        found, files = ask_streams(device, self._record.bundle, self._interpreter, self._changing_windows)
        if not all(file.agreed for file in files):
            for file in files:  # all of them: what came before a stream is part of its story
                self._keep(file)
        return found

    @property
    def _changing_windows(self) -> int:
        """Of a sound of many changes, in the time that is taken for it."""
        return int(MOST_CHANGING_S / max(self._window_s, MOST_CHANGING_S / CHANGING_WINDOWS))

    @property
    def _window_s(self) -> float:
        """How long the board took for a window of the run's files."""
        files = [file for file in self._record.files if file.windows]
        return sum(file.wall_s for file in files) / max(1, sum(file.windows for file in files))

    def _takeover(self, device: TakenOver) -> Checked:
        record = self._record
        known = record.checks.get(STREAMS, Checked()).wrong
        may_deploy = slot_may_be_tried(record)
        return ask_takeover(
            device, record.bundle, record.info, self._interpreter, may_deploy, known, record.exact_line
        )

    def _traces(self, device: Traceable, count: Callable[[int], int]) -> Checked:
        record = self._record
        window = None if self._interpreter is None else made_window(record.bundle)
        found, sent = ask_traced(device, record.bundle, record.info, window)
        count(sent)  # none of them is of a file, or of a window that `tensors` sends
        return found

    def _windows(self, columns: NDArray[np.int8], count: Callable[[int], int]) -> Checked:
        assert self._interpreter is not None
        found, sent = ask_windows(
            self._device, self._record.bundle, self._interpreter, columns, self._sent_again
        )
        self._record.sent_windows = (count(sent), sent)
        more, bundle = self._windows_to_a_byte(), self._record.bundle
        zeros = np.zeros(bundle.frames * bundle.settings.bands, np.int8)
        for _ in range(more):
            asked_s = time.perf_counter()
            result = self._device.infer(zeros)
            took_s = time.perf_counter() - asked_s
            self._record.further_probes.append(Probe(took_s, 0.0, result.inference_ns, result.total_ns))
        self._record.counted_on = (count(more), more) if more else (0, 0)
        return found

    def _sent_again(self, name: str, window: NDArray[np.int8]) -> SeenWindow | None:
        """Send a window once more, and see what the model is given, where the board can tell."""
        device, bundle = self._device, self._record.bundle
        can = traces_may_be_tried(self._record) and self._record.info.capabilities & m.Capability.TRACE
        if can and isinstance(device, Traceable):
            device.trace_arm(0)
            device.infer(window)
            return seen_sent(device, bundle, window, name)
        device.infer(window)
        return None

    def _windows_to_a_byte(self) -> int:
        """How many windows more let the count of inferences pass what 8 bits hold; 0: it did, or that takes long."""
        more = BYTE + BEYOND - self._device.status().inferences
        return max(0, more) if more * self._window_s <= MOST_COUNTED_S else 0

    def after_all(self, sound: Callable[[], NDArray[np.int16]]) -> None:
        """What makes counts worthless, or another board of it. A restart that nobody asked for is found here.

        Args:
            sound: some of the run's audio.
        """
        device, record = self._device, self._record
        if isinstance(device, Disturbing):
            whole = record.exact_line
            prompt = not record.info.capabilities & m.Capability.EMULATED
            requests: list[Request] = []
            if isinstance(device, Exchanging):
                requests = all_requests(record.bundle, record.info, device.max_payload)
            agree = frames_agree(record), bytes_agree(record)
            self._check(LINE, lambda: ask_line(device, whole, requests, *agree, prompt=prompt), raising=())
        if isinstance(device, TakenOver) and not files_differ(record):
            self._check(TAKEOVER, lambda: self._takeover(device), raising=())
        if slot_may_be_tried(record) and isinstance(device, SlotDevice):
            self._check(SLOT, lambda: self._slot(device, sound()), raising=())

    def _slot(self, device: SlotDevice, sound: NDArray[np.int16]) -> Checked:
        bundle, interpreter = self._record.bundle, self._interpreter
        sounds = many_changes(bundle, interpreter, self._changing_windows)
        rate = self._record.uptime.rate
        decides = not any(file.detection_mismatches for file in self._record.files)
        sound = sounds[-1] if sounds else sound
        check = SlotCheck(device, bundle, interpreter, sound, rate=rate, decides=decides)
        self._record.checks |= {SLOT: check.slot, RESTART: check.restart}  # as far as they come
        check.run()
        tell_sources_once(check.slot)
        self._deployed(check.streamed)
        return check.slot

    def _check(
        self, name: str, check: Callable[[], Checked], raising: tuple[type[HilError], ...] = RESTARTS
    ) -> None:
        """Make a check. A board that fails in it fails the claim, and not the run."""
        checks = self._record.checks
        try:
            checks[name] = check()
        except raising:
            raise
        except HilError as error:
            found = checks.setdefault(name, Checked())
            if error.cause in checks.get(RESTART, found).wrong:  # which is told once
                found.ended = error.cause
            else:
                found.note(error.cause)
            try:
                self._recover()
            except HilError as lost:
                # a board that did not restart cannot be taken over either: the first of both is the reason
                raise (error if found.ended else lost) from None

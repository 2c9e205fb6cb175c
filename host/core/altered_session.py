"""The session with one small change of its code and a recorded conversation, tried in a process of its own."""

import signal
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..build.alteration import Alteration
from ..build.altered_data_path import altered_answers, altered_session, altered_tensors, altered_windows
from ..bundle.image import bundle_image
from ..bundle.load import Bundle
from ..detector.detector import Change as Detected
from ..errors import HilError
from ..frontend.normalised.settings import NormalisedSettings
from ..link.codec import MessageError, Payload
from ..link.messages import Detection, Features, StreamDone, WindowResult, decode
from .changed_process import NONE, Change, ChangedProcess, allow, answer, forked, write_all
from .conversation import Asked, Connected, Step, Stream

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]

DECLARATIONS = """
int replay_open(const uint8_t *image, size_t length);
void replay_learn(bool learns);
void replay_choose(int change, uint32_t column);
void replay_hear(bool hears);
void replay_begin(uint8_t *out, size_t capacity);
void replay_outputs(const int8_t *raw, size_t windows);
void replay_stream(const int16_t *samples, size_t count, size_t in_message, uint32_t column, bool inference);
void replay_windows(const int8_t *raw, size_t windows);
void replay_ask(uint8_t type, const uint8_t *bytes, size_t length);
void replay_connect(void);
void replay_mark(void);
size_t replay_end(void);
"""
RECORD = struct.Struct("<BxxxI")  # type of a message, or 0 for an input of the model; its length
FOUND = struct.Struct(
    "<III"
)  # place among the changes, whether the records are those of no change, their length
LEAST_S, MOST_TIMES = 0.005, 5  # of processor time for one change: as often as the right session needs
MOST_S = 40.0  # of processor time for all changes: where a conversation needs more, none is tried
SAME, OTHER = 0, 1
SLACK = 4  # times the records of no change are what there is room for


@dataclass
class Told:
    """What a session told of its last stream.

    Attributes:
        columns: int8 [n, bands] by their numbers, one piece for each message: number of its first, and the columns.
        windows: number, first column, outputs, int8 [values].
        changes: detections.
        inputs: what the model was given, as bytes.
        done: the numbers at its end; None when it did not come to it.
        late: by how many windows the first detection behind another than it tells comes; below 0: it tells a later one.
    """

    columns: list[tuple[int, Int8]] = field(default_factory=list)
    windows: list[tuple[int, int, Int8]] = field(default_factory=list)
    changes: list[Detected] = field(default_factory=list)
    inputs: list[bytes] = field(default_factory=list)
    done: StreamDone | None = None
    late: int = 0


class AlteredSession(ChangedProcess):
    """Runs sessions with altered data paths. Close it.

    What a change's bound would be is the column of each stream from which on it is made; 0: from the beginning on.

    Args:
        bundle: that the board has.
        in_message: samples of an AUDIO message.

    Attributes:
        telling: changes with which a short stream tells something else, by whether it has inference, once they were
            looked for: they are the same as long as it runs.

    Raises:
        HilError: there is no C compiler, this system cannot fork processes, or the core refuses the bundle.
    """

    def __init__(self, bundle: Bundle, in_message: int) -> None:
        library, alterations = self._built(bundle)
        self._bands = bundle.settings.bands
        self.telling: dict[bool, list[Change]] = {}
        super().__init__("altered_session", alterations, (library, bundle_image(bundle), in_message))

    @staticmethod
    def _built(bundle: Bundle) -> tuple[Path, tuple[Alteration, ...]]:
        windowed = isinstance(bundle.settings, NormalisedSettings)
        return altered_windows() if windowed else altered_session()

    def differing(self, changes: Sequence[Change], streams: Sequence[Step]) -> dict[Change, bytes]:
        """Records of a conversation's last stream, of those changes with which they are others than without one.

        Changes with which nothing came are left out; all are where the conversation is so long that they would take
        minutes.
        """
        found: dict[Change, bytes] = self._ask((list(changes), list(streams)))
        return found

    def records(self, change: Change, streams: Sequence[Step]) -> bytes | None:
        """Records of a conversation's last stream; None where the change crashes or hangs."""
        found: bytes | None = self._ask((None, [change, list(streams)]))
        return found

    def steps(self, records: bytes) -> list[list[Payload]]:
        """What a conversation with requests brought, step by step."""
        steps: list[list[Payload]] = [[]]
        for payload, message in _read(records):
            if message is not None:
                steps[-1].append(message)
            elif not payload:
                steps.append([])
        return steps[:-1]

    def told(self, records: bytes) -> Told:
        """What records say."""
        told = Told()
        for payload, message in _read(records):
            if message is None:
                told.inputs.append(payload)
            elif isinstance(message, Features) and len(message.cells) % self._bands == 0:
                cells = np.frombuffer(message.cells, np.int8).reshape(-1, self._bands)
                told.columns.append((message.first_column, cells))
            elif isinstance(message, WindowResult):
                values = np.frombuffer(message.outputs, np.int8)
                told.windows.append((message.index, message.first_column, values))
            elif isinstance(message, Detection):
                last = told.windows[-1][0] if told.windows else -1
                told.late = told.late or last - message.window
                told.changes.append(
                    Detected(message.window, message.label, bool(message.active), message.score)
                )
            elif isinstance(message, StreamDone):
                told.done = message
        return told

    def messages(self, records: bytes) -> list[Payload]:
        """The messages in records."""
        return [message for _, message in _read(records) if message is not None]


class AlteredTensors(AlteredSession):
    """Runs sessions that take windows sent by themselves otherwise. Close it."""

    @staticmethod
    def _built(bundle: Bundle) -> tuple[Path, tuple[Alteration, ...]]:
        del bundle
        return altered_tensors()


class AlteredAnswers(AlteredSession):
    """Runs sessions whose answering is altered. Close it."""

    @staticmethod
    def _built(bundle: Bundle) -> tuple[Path, tuple[Alteration, ...]]:
        del bundle
        return altered_answers()


def _read(records: bytes) -> Iterator[tuple[bytes, Payload | None]]:
    """The model's inputs, without a message, and messages; those that cannot be read are left out, as a host would."""
    at = 0
    while at + RECORD.size <= len(records):
        kind, length = RECORD.unpack_from(records, at)
        at += RECORD.size
        payload, at = records[at : at + length], at + length
        try:
            yield payload, _message(kind, payload) if kind else None
        except MessageError:
            continue


@lru_cache(maxsize=1 << 14)
def _message(kind: int, payload: bytes) -> Payload:
    """A message; with most changes of the code nearly all are those of other changes."""
    return decode(kind, payload)


def changes_with(given: Mapping[Change, bytes], fits: Callable[[bytes], bool]) -> list[Change]:
    """Changes whose records fit. Many changes give the same records: these are looked at once."""
    judged = {records: fits(records) for records in set(given.values())}
    return [change for change, records in given.items() if judged[records]]


def raw_outputs(output_type: str, values: Int8) -> Int8:
    """Outputs as the model gives them, from those that WINDOW tells, int8 [windows, values].

    It is what model_ends_take in firmware/core/bundle/model_ends.c does, backwards.
    """
    if output_type == "uint8":
        return values ^ np.int8(-128)
    if output_type == "int16":
        raw = np.empty_like(values)
        half = values.shape[1] // 2
        raw[:, 1::2], raw[:, ::2] = values[:, :half], values[:, half:] ^ np.int8(-128)
        return raw
    return values


# ---- the process


class _Replays:
    """Replays conversations in children of this process."""

    def __init__(self, library: Path, image: bytes, in_message: int) -> None:
        from cffi import FFI

        self._ffi = FFI()
        self._ffi.cdef(DECLARATIONS)
        self._core: Any = self._ffi.dlopen(str(library))
        self._memory = self._ffi.new("char[]", len(image) + 16)
        place = int(self._ffi.cast("uintptr_t", self._memory))
        self._image = self._ffi.cast("uint8_t *", place + -place % 16)
        self._ffi.memmove(self._image, image, len(image))
        self._sane = image
        refused = self._core.replay_open(self._image, len(image))
        if refused:
            raise HilError(f"the core refuses the bundle: result {refused}", "report this")
        self._in_message = in_message
        self._took_s, self._allowed_s = 0.0, LEAST_S
        self._hopeless: set[Change] = set()  # no board with one of them would have answered
        self._room = self._ffi.new("uint8_t[]", 1 << 16)

    def _replay(self, change: Change, steps: Sequence[Step]) -> bytes:
        """Records of the last stream, or of all steps where there are others; empty: there is no room for them."""
        asks = any(not isinstance(step, Stream) for step in steps)
        hears = not next((step.deaf for step in steps if isinstance(step, Stream)), True)
        hears = hears or any(isinstance(step, Asked) and step.hears for step in steps)
        self._core.replay_choose(change[0] + 1, change[1])
        self._core.replay_hear(hears)
        self._core.replay_begin(self._room, len(self._room))
        before = 0
        for step in steps:
            before = 0 if asks else self._core.replay_end()
            self._step(step)
            if asks:
                self._core.replay_mark()
        return bytes(self._ffi.buffer(self._room, self._core.replay_end()))[before:]

    def _step(self, step: Step) -> None:
        if isinstance(step, Stream):
            self._stream(step)
        elif isinstance(step, Connected):
            self._core.replay_connect()
        else:
            for kind, payload in step.requests:
                self._core.replay_ask(kind, payload, len(payload))

    def _stream(self, stream: Stream) -> None:
        raw = np.ascontiguousarray(np.empty((0, 1), np.int8) if stream.raw is None else stream.raw)
        if not stream.heard:
            self._core.replay_windows(self._ffi.from_buffer("int8_t[]", raw), len(raw))
            return
        samples = np.ascontiguousarray(stream.samples, np.int16)
        self._core.replay_outputs(self._ffi.from_buffer("int8_t[]", raw), len(raw))
        self._core.replay_stream(
            self._ffi.from_buffer("int16_t[]", samples),
            len(samples),
            self._in_message,
            stream.column,
            stream.raw is not None,
        )

    def _right(self, streams: Sequence[Step]) -> bytes:
        """The records without a change, after which there is room for those with one."""
        while True:
            self._core.replay_learn(True)
            begun = time.process_time()
            if right := self._replay(NONE, streams):
                break
            self._room = self._ffi.new("uint8_t[]", 4 * len(self._room))
        self._allowed_s = LEAST_S + MOST_TIMES * (time.process_time() - begun)
        self._core.replay_learn(False)
        # most changes leave the columns as they are, which are known now
        begun = time.process_time()
        self._replay(NONE, streams)
        self._took_s = time.process_time() - begun
        if len(self._room) < SLACK * len(right):
            self._room = self._ffi.new("uint8_t[]", SLACK * len(right))
        return right

    def differing(self, changes: list[Change], streams: Sequence[Step]) -> dict[Change, bytes]:
        """See `AlteredSession`."""
        found: dict[Change, bytes] = {}
        right = self._right(streams)
        if self._took_s * len(changes) > MOST_S:
            return found
        changes = [change for change in changes if change not in self._hopeless]
        begin = 0
        while begin < len(changes):
            begin = self._child(changes, begin, streams, right, found)
        # a change may have written over what its own child held them against
        return {change: records for change, records in found.items() if records != right}

    def _child(
        self,
        changes: list[Change],
        begin: int,
        streams: Sequence[Step],
        right: bytes,
        found: dict[Change, bytes],
    ) -> int:
        """Try changes from `begin` on; returns where another child goes on: beyond one that brought nothing."""

        def work(out: int) -> None:
            for place in range(begin, len(changes)):
                allow(self._allowed_s)
                records = self._replay(changes[place], streams)
                same = records == right
                write_all(out, FOUND.pack(place, SAME if same else OTHER, 0 if same else len(records)))
                if not same:
                    write_all(out, records)
                    if place + 1 < len(changes) and (
                        self._overwrote() or self._replay(NONE, streams) != right
                    ):
                        return  # it wrote over what others need

        ended: list[int] = []
        done, data = begin, b""
        for piece in forked(work, ended):
            data, done = _taken(data + piece, changes, found, done)
            if done == len(changes):
                return done
        if done > begin and ended != [signal.SIGPROF]:
            return done  # the next one may have found what those before it left: it has a child of its own
        self._hopeless.add(changes[done])
        return done + 1

    def _overwrote(self) -> bool:
        """Whether tables are not as they were: no column shows it that was computed before."""
        return bytes(self._ffi.buffer(self._image, len(self._sane))) != self._sane

    def records(self, change: Change, streams: Sequence[Step]) -> bytes | None:
        """See `AlteredSession`."""
        self._right(streams)
        found: dict[Change, bytes] = {}
        self._child([change], 0, streams, b"", found)
        return found.get(change)


def _taken(data: bytes, changes: list[Change], found: dict[Change, bytes], done: int) -> tuple[bytes, int]:
    """Take what has come whole; returns the rest, and how many changes are done."""
    while len(data) >= FOUND.size:
        place, other, length = FOUND.unpack_from(data)
        if len(data) < FOUND.size + length:
            break
        if other and length:
            found[changes[place]] = data[FOUND.size : FOUND.size + length]
        data, done = data[FOUND.size + length :], place + 1
    return data, done


def _replays(*first: Any) -> Callable[..., object]:
    replays = _Replays(*first)

    def asked(changes: list[Change] | None, more: list[Any]) -> object:
        return replays.records(*more) if changes is None else replays.differing(changes, more)

    return asked


if __name__ == "__main__":
    answer(_replays)

"""Where detections do not follow from scores: many more of them, which hardly any rule but the true one gives."""

import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from ..detector.detector import Change
from ..model.interpreter import Interpreter
from .changing_sounds import changing_sounds
from .device import DeviceUnderTest
from .diagnosis.detections import wrongly_decided
from .diagnosis.evidence import DiagnosisRecord, FileRecord
from .file import FileComparison
from .stimuli.thorough import MadeSound
from .streaming import Sound, compare_file

Int16 = NDArray[np.int16]

WINDOWS = 400  # of the sound
AROUND = 40  # windows of a file before and behind one that was decided wrongly
BLOCK = 2048  # samples that are sent at once
PATIENCE_S = 20.0  # after which a sound ends early
NAME = "a sound of many changes"


def ask_for_changes(
    device: DeviceUnderTest,
    record: DiagnosisRecord,
    sources: Mapping[str, Sound],
    interpreter: Interpreter,
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Where detections do not follow from scores: stream two sounds more in which many should come.

    Args:
        device: connected, and checked to run the record's bundle.
        record: says what was decided wrongly, and takes what comes.
        sources: the run's files, by the names that the record tells them by.
        interpreter: the reference.
        now: a clock, in seconds.

    Raises:
        HilError: a file or the board failed.
    """
    wrong = wrongly_decided(record)
    if not wrong:
        return
    bundle = record.bundle
    heard = [_around_wrong(record, file, sources[file.name]) for file in wrong if file.name in sources]
    sounds = changing_sounds(bundle, heard, interpreter, WINDOWS)
    if sounds is None:
        return
    end = now() + PATIENCE_S

    def blocks(sound: Int16) -> Iterator[Int16]:
        for at in range(0, len(sound), BLOCK):
            if now() < end:
                yield sound[at : at + BLOCK]

    def streamed(sound: Int16) -> FileComparison:
        return compare_file(device, bundle, MadeSound(NAME, lambda: blocks(sound)), interpreter)

    before, changes = streamed(sounds[0]), list[Change]()
    changes += before.host_changes
    if (record.changes + len(changes)) % 2 == 0 and len(changes) % 2:
        before = streamed(sounds[0])  # else what begins is every second one of the run from here on, too
        changes += before.host_changes
    file = streamed(sounds[1])
    record.add_asked((before.recorder, changes), file.recorder, file.host_changes, file.device_changes)


def _around_wrong(record: DiagnosisRecord, file: FileRecord, source: Sound) -> Int16:
    """What a file has around the first change that is on one side alone."""
    settings, bundle = record.bundle.settings, record.bundle
    apart = set(file.expected_changes) ^ set(file.device_changes)
    window = min((change.window for change in apart), default=0)
    first = max(0, window - AROUND) * bundle.stride * settings.hop
    wanted = first + settings.samples_for(bundle.frames + 2 * AROUND * bundle.stride)
    kept, have = [np.empty(0, np.int16)], 0
    for block in source.blocks():
        kept.append(block[max(0, first - have) :].copy())
        have += len(block)
        if have >= wanted:
            break
    return np.concatenate(kept)[: wanted - first]

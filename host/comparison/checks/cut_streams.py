"""Streams as no recording has them: in odd pieces, of odd lengths, silent and clipped, with requests in between."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...bundle.key import BundleKey
from ...bundle.load import Bundle
from ...link import messages as m
from ...link.codec import Payload
from ...model.interpreter import Interpreter
from ...printable import counted
from ..changing_sounds import changing_sounds
from ..diagnosis.dialogue import Dialogue
from ..expected import Expected
from ..file import FileComparison
from .answers import RESULTS, Exchanging, Request, send
from .checked import Checked
from .departures import departures

Int16 = NDArray[np.int16]

SEED = 5
FIRST_STREAM = 65_000  # files of a run count from 1
# Samples of a message: around what a processor, a buffer or a loop may take at once.
PIECES = (1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 255, 257, 511)
ASKED_EVERY = 7  # pieces
# Columns' first samples come again and again, so that one that is lost moves all that follow.
TAILS = (1, 2, 3, 5, 7, 9, 63, 65)
SHORT_COLUMNS = 3
MORE_WINDOWS = 2  # after the first
CHANGING_WINDOWS, LEAST_CHANGING = 80, 4  # of a sound of many changes
MOST_COLUMNS = 1500  # of it
_MADE: dict[tuple[BundleKey, str, int], tuple[Int16, Int16] | None] = {}  # of the last bundle
SILENCE_S = 0.3  # longer than what a gate waits for
SOUND_S = 0.15


@dataclass(frozen=True)
class CutStream:
    """A stream, and how it is sent.

    Attributes:
        name: what it is, in words.
        samples: int16.
        pieces: samples of each message.
        asked: whether other requests come in between.
        inference: whether the model runs.
    """

    name: str
    samples: Int16
    pieces: tuple[int, ...]
    asked: bool = False
    inference: bool = False


def ask_streams(
    device: Exchanging, bundle: Bundle, interpreter: Interpreter | None, changing: int = CHANGING_WINDOWS
) -> tuple[Checked, list[FileComparison]]:
    """Send every stream and hold what it brings against the reference.

    Args:
        device: idle.
        bundle: that it runs.
        interpreter: the reference, None when the model does not run.
        changing: windows of a sound of many changes, at most; 0: there is none.

    Returns:
        What was found, and the comparisons of the sounds in whole messages. Where a stream differs that was cut, these
        are of the same sound, sent once more: a diagnosis can tell of values, and not of how they were sent.

    Raises:
        HilError: the board failed.
    """
    found = Checked()
    files: list[FileComparison] = []
    most = device.max_payload // 2
    cut = list(streams(bundle, most, interpreter is not None))
    for number, stream in enumerate([*cut, *_changing(bundle, most, interpreter, changing)]):
        file = _compare(found, device, bundle, stream, interpreter, FIRST_STREAM + number)
        for text in departures(file):
            found.note(f"{stream.name}: {text}")
        files.append(file)
    samples, windows = sum(file.samples for file in files), sum(file.windows for file in files)
    found.what = f"{counted(len(files), 'stream')}, {samples:,} samples, {counted(windows, 'window')}"
    if not all(file.agreed for file in files[: len(cut)]):
        heard = Dialogue("sound in pieces")
        why, files = _narrowed(device, bundle, interpreter, most, heard)
        found.wrong.insert(0, why)
        found.heard = heard if heard.steps else None
        return found, files
    return found, files[len(cut) :]


def many_changes(
    bundle: Bundle, interpreter: Interpreter | None, windows: int
) -> tuple[Int16, Int16] | tuple[()]:
    """Sounds in which classes begin and end often, as few recordings have them; the first leaves one active.

    Of one bundle they are made once in a process. Empty where no class changes, or nothing runs the model.
    """
    if interpreter is None or windows < LEAST_CHANGING:
        return ()
    # each column may come in a message of its own
    windows = min(windows, max(LEAST_CHANGING, (MOST_COLUMNS - bundle.frames) // bundle.stride + 1))
    key = BundleKey.of(bundle), interpreter.name, windows
    if key not in _MADE:
        _MADE.clear()
        _MADE[key] = changing_sounds(bundle, [], interpreter, windows)
    return _MADE[key] or ()


def _changing(
    bundle: Bundle, most: int, interpreter: Interpreter | None, windows: int
) -> Iterator[CutStream]:
    sounds = many_changes(bundle, interpreter, windows)
    for name, sound in zip(("until a class is active", "many changes"), sounds, strict=False):
        yield CutStream(name, sound, _whole_pieces(len(sound), most), inference=True)


def _narrowed(
    device: Exchanging, bundle: Bundle, interpreter: Interpreter | None, most: int, heard: Dialogue
) -> tuple[str, list[FileComparison]]:
    """What decides, found out by sending the sound otherwise: how it is cut, what comes in between, or what it is.

    Where it is not what it holds, streams that show it are kept in `heard`.
    """
    odd = next(iter(streams(bundle, most, interpreter is not None)))
    count, at = len(odd.samples), FIRST_STREAM
    whole = replace(odd, name="in whole messages", pieces=_whole_pieces(count, most), asked=False)
    twice = [_compare(Checked(), device, bundle, whole, interpreter, at) for _ in range(2)]
    wrong = [file for file in twice if not file.agreed]
    if len(wrong) == 1:
        return (
            "the same sound in the same messages is right in one stream and wrong in the next: something of a stream "
            "stays for the one behind it (stream_start, fe_reset)",
            wrong,
        )
    if wrong:
        return (
            "the same sound is wrong in whole messages too: not how it is cut decides, but what it holds (silence, "
            "full scale), or what came before it",
            wrong[:1],
        )
    said = Checked(heard=heard)
    sizes = _wrong_sizes(said, device, bundle, odd.samples, most)
    if not sizes:
        _compare(said, device, bundle, replace(odd, inference=False), None, at)
    if not sizes and _compare(Checked(), device, bundle, replace(odd, asked=False), interpreter, at).agreed:
        return (
            "the same sound is right without other requests in between: look at what they change in a stream",
            [],
        )
    told = (
        f"wrong in messages of {', '.join(map(str, sizes))} samples" if sizes else "wrong where sizes change"
    )
    return (
        f"the same sound is right in messages of {most} samples, and {told}: look at how AUDIO messages are taken "
        "apart (use_samples, fe_push)"
    ), []


def _wrong_sizes(said: Checked, device: Exchanging, bundle: Bundle, samples: Int16, most: int) -> list[int]:
    """Sizes of messages with which the beginning of a sound comes out wrong, all messages being as long.

    What is sent and answered is kept with `said`.
    """
    short = bundle.settings.samples_for(SHORT_COLUMNS)
    wrong = []
    for size in (size for size in PIECES if size <= most):
        count = -(-short // size)
        stream = CutStream("of one size", samples[: count * size], (size,) * count)
        if (
            len(stream.samples) == count * size
            and not _compare(said, device, bundle, stream, None, FIRST_STREAM).agreed
        ):
            wrong.append(size)
    return wrong


def streams(bundle: Bundle, most: int, inference: bool) -> Iterator[CutStream]:
    """All streams for a bundle.

    Args:
        bundle: in use.
        most: samples that a message may carry.
        inference: whether the model runs.
    """
    settings = bundle.settings
    whole = settings.samples_for(bundle.frames + MORE_WINDOWS * bundle.stride)
    sound = made_sound(whole, settings.sample_rate)
    yield CutStream("odd pieces", sound, _odd_pieces(whole, most), asked=True, inference=inference)
    short = settings.samples_for(SHORT_COLUMNS)
    for tail in TAILS:
        if tail < short:
            name = f"{counted(tail, 'sample')} in the last message"
            yield CutStream(name, sound[:short], (*_whole_pieces(short - tail, most), tail))
    yield CutStream("a sample less than a column", sound[: short - 1], _whole_pieces(short - 1, most))


def made_sound(samples: int, rate: int) -> Int16:
    """Noise of unlike levels, full scale and beyond it, and digital silence between them; int16 [samples]."""
    rng = np.random.default_rng(SEED)
    size, silent = round(SOUND_S * rate), np.zeros(round(SILENCE_S * rate), np.int16)
    square = np.where(np.arange(size) // 8 % 2, -32768, 32767).astype(np.int16)
    pieces: list[Int16] = []
    while sum(map(len, pieces)) < samples:
        for level in (9000.0, 2.0, 200_000.0):
            noise = np.clip(rng.normal(0, level, size), -32768, 32767)
            pieces += [noise.astype(np.int16), silent]
        pieces.append(square)
    return np.concatenate(pieces)[:samples]


def _odd_pieces(samples: int, most: int) -> tuple[int, ...]:
    pieces: list[int] = []
    left = samples
    while left > 0:
        size = min(PIECES[len(pieces) % len(PIECES)], most, left)
        pieces.append(size)
        left -= size
    return tuple(pieces)


def _whole_pieces(samples: int, most: int) -> tuple[int, ...]:
    return tuple(min(most, samples - at) for at in range(0, samples, most))


def _requests(stream: CutStream, number: int) -> tuple[list[Request], list[type[Payload]]]:
    """What is sent, and what it owes besides results."""
    flags = m.StreamFlag.FEATURES
    if stream.inference:
        flags |= m.StreamFlag.INFERENCE
    requests = [send(m.StreamStart(number, flags))]
    owed: list[type[Payload]] = [m.StreamStarted]
    between: Iterator[tuple[Payload, type[Payload]]] = itertools.cycle(
        (
            (m.EchoRequest(bytes(range(100))), m.Echo),
            (m.InfoRequest(), m.Info),
            (m.StatusRequest(), m.Status),
        )
    )
    at = 0
    for count, size in enumerate(stream.pieces):
        requests.append(send(m.Audio(stream.samples[at : at + size].astype("<i2").tobytes())))
        at += size
        if stream.asked and count % ASKED_EVERY == 0:
            request, answer = next(between)
            requests.append(send(request))
            owed.append(answer)
    return [*requests, send(m.StreamEnd(number))], owed


def _compare(
    found: Checked,
    device: Exchanging,
    bundle: Bundle,
    stream: CutStream,
    interpreter: Interpreter | None,
    number: int,
) -> FileComparison:
    """Send one stream; what is answered besides results is noted here."""
    requests, owed = _requests(stream, number)
    reference = interpreter if stream.inference else None
    file = FileComparison(f"streams: {stream.name}", bundle, stream.inference)
    file.add_host(Expected(bundle, reference).push(stream.samples), len(stream.samples))
    file.end_audio()
    others = []
    answers = device.exchange(requests)
    if found.heard is not None:
        found.heard.brought(requests, answers)
    for answer in answers:
        if isinstance(answer, (*RESULTS, m.StreamDone)):
            file.add_device(answer)
            if isinstance(answer, m.StreamDone):
                found.hold(f"{stream.name}: the stream that is said to be done", answer.stream, number)
        else:
            others.append(type(answer))
    if others != owed:
        named = [[kind.NAME for kind in kinds] for kinds in (others, owed)]
        wrong = next((pair for pair in zip(*named, strict=False) if pair[0] != pair[1]), None)
        told = f"{wrong[0]} where {wrong[1]} is owed" if wrong else f"{len(others)} answers of {len(owed)}"
        found.note(f"{stream.name}: besides results come {told}")
    if not file.finished:
        found.note(f"{stream.name}: the stream's end is not told")
    return file

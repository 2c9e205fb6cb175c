"""The session with changes of its code: without one it is the firmware's, and one that kills its process harms none."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ..build.altered_data_path import altered_session
from ..bundle.image import bundle_image
from ..bundle.load import Bundle
from ..bundle.write import prepare_bundle
from ..detector.detector import Detector
from ..frontend.microfrontend.settings import MicrofrontendSettings
from ..model.ends import to_tensors
from ..model.samples import TESTDATA, sample_values
from . import altered_session as module
from .altered_session import AlteredSession, raw_outputs
from .c_frontend import FrontEnd
from .changed_process import NONE
from .conversation import Stream

pytestmark = pytest.mark.native
IN_MESSAGE = 512
COLUMNS_BEYOND = 20  # the first window


def samples_for(bundle: Bundle, columns: int, seed: int = 1) -> Any:
    count = bundle.settings.samples_for(columns)
    return np.random.default_rng(seed).integers(-9000, 9000, count).astype(np.int16)


def outputs_for(bundle: Bundle, windows: int) -> Any:
    """Any outputs; scores that come and go."""
    return np.random.default_rng(2).integers(-128, 128, (windows, bundle.model.values)).astype(np.int8)


@pytest.fixture(scope="module", params=["softmax", "uint8", "int16", "stream"])
def bundle(request: pytest.FixtureRequest) -> Bundle:
    return prepare_bundle(TESTDATA, sample_values(request.param))


@pytest.fixture(scope="module")
def session(bundle: Bundle) -> Iterator[AlteredSession]:
    session = AlteredSession(bundle, IN_MESSAGE)
    yield session
    session.close()


@pytest.mark.parametrize("first", [0, 14, 61])
def test_without_a_change_it_tells_what_the_firmware_tells(
    bundle: Bundle, session: AlteredSession, first: int
) -> None:
    """Also from some column on: numbers go on as if all before had come."""
    frames, stride = bundle.frames, bundle.stride
    samples = samples_for(bundle, frames + COLUMNS_BEYOND)
    columns = FrontEnd(bundle.settings, bundle.model.input.scale, bundle.model.input.zero_point).features(
        samples
    )
    starts = list(range(-first % stride, len(columns) - frames + 1, stride))
    values = outputs_for(bundle, len(starts))
    raw = raw_outputs(bundle.model.scores.type, values)
    told = session.told(session.records(NONE, [Stream(samples, first, raw)]) or b"")
    assert np.array_equal(np.concatenate([cells for _, cells in told.columns]), columns)
    numbers = np.cumsum([first, *(len(cells) for _, cells in told.columns)])
    assert [number for number, _ in told.columns] == numbers[:-1].tolist()
    windows = np.stack([columns[at : at + frames] for at in starts])
    assert told.inputs == [tensor.tobytes() for tensor in to_tensors(bundle.model.input, windows)]
    number = -(-first // stride)
    assert [window[:2] for window in told.windows] == [
        (number + place, first + at) for place, at in enumerate(starts)
    ]
    assert np.array_equal(np.stack([outputs for *_, outputs in told.windows]), values)
    expected = Detector(bundle.thresholds).update(values[:, : len(bundle.labels)])
    assert [change.window - number for change in told.changes] == [change.window for change in expected]
    assert told.done is not None and told.done.columns == first + len(columns)


def test_of_outputs_alone_it_decides_as_the_rule_does(bundle: Bundle, session: AlteredSession) -> None:
    values = outputs_for(bundle, 50)
    streams = [
        Stream(np.empty(0, np.int16), raw=raw_outputs(bundle.model.scores.type, rows), heard=False)
        for rows in (values[::-1], values)
    ]
    told = session.told(session.records(NONE, streams) or b"")
    assert told.changes == Detector(bundle.thresholds).update(values[:, : len(bundle.labels)])
    assert len(told.changes) > 4
    assert np.array_equal(np.stack([outputs for *_, outputs in told.windows]), values)


def test_a_board_that_does_not_hear_tells_the_same_numbers(bundle: Bundle, session: AlteredSession) -> None:
    samples = samples_for(bundle, bundle.frames + COLUMNS_BEYOND)
    raw = raw_outputs(bundle.model.scores.type, outputs_for(bundle, 30))
    heard, deaf = (
        session.told(session.records(NONE, [Stream(samples, 0, raw, deaf=deaf)]) or b"")
        for deaf in (False, True)
    )
    assert [first for first, _ in deaf.columns] == [first for first, _ in heard.columns]
    assert not any(cells.any() for _, cells in deaf.columns)
    assert [window[:2] for window in deaf.windows] == [window[:2] for window in heard.windows]
    assert (deaf.changes, deaf.done) == (heard.changes, heard.done)


def test_without_inference_there_are_columns_alone(bundle: Bundle, session: AlteredSession) -> None:
    samples = samples_for(bundle, bundle.frames + COLUMNS_BEYOND)
    told = session.told(session.records(NONE, [Stream(samples)]) or b"")
    assert sum(len(cells) for _, cells in told.columns) == bundle.frames + COLUMNS_BEYOND
    assert told.inputs == [] and all(len(outputs) == 0 for *_, outputs in told.windows)


def test_changes_that_would_take_minutes_are_not_tried(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, alterations = altered_session()
    replays = module._Replays(library, bundle_image(bundle), IN_MESSAGE)
    streams = [Stream(samples_for(bundle, bundle.frames + bundle.stride))]
    changes = [(number, 0) for number, what in enumerate(alterations) if what.before == "s->stream.columns"]
    assert replays.differing(changes, streams)
    monkeypatch.setattr(module, "MOST_S", 0.0)
    assert replays.differing(changes, streams) == {}


def test_a_change_shows_in_what_is_told_and_harms_no_other(bundle: Bundle, session: AlteredSession) -> None:
    samples = samples_for(bundle, bundle.frames + 2 * bundle.stride)
    streams = [Stream(samples, 0, raw_outputs(bundle.model.scores.type, outputs_for(bundle, 3)))]
    right = session.records(NONE, streams)
    every = [(number, 0) for number, what in enumerate(session.alterations) if not what.below]
    differing = session.differing(every, streams)
    assert 150 < len(differing) < len(every) // 2
    assert all(records != right for records in differing.values())
    assert session.records(NONE, streams) == right
    put = next(
        number
        for number, what in enumerate(session.alterations)
        if what.after == "nothing"
        and "model_ends_put(" in what.before
        and "oldest, stream->ring" in what.before
    )
    inputs = session.told(right or b"").inputs
    assert inputs[0] == session.told(session.records((put, 0), streams) or b"").inputs[0], (
        "no column has wrapped"
    )
    if bundle.stride % bundle.frames:
        assert session.told(differing[put, 0]).inputs[1] != inputs[1]
    refused = next(
        number
        for number, what in enumerate(session.alterations)
        if what.before.startswith("s->mode == SESSION_ENDING") and what.after == "1"
    )
    assert session.records((refused, 0), streams) is None or (refused, 0) in differing


@pytest.mark.parametrize("remembers", [False, True])
def test_no_column_is_computed_twice_and_all_are_the_same(remembers: bool) -> None:
    """Of a front end that remembers nothing between columns, and of one that does."""
    values = sample_values("softmax")
    if remembers:
        values = replace(
            values, settings=MicrofrontendSettings(16000, 480, 320, bands=64, quantisation="esphome")
        )
    made = prepare_bundle(TESTDATA, values)
    library, _ = altered_session()
    streams = [Stream(samples_for(made, made.frames + more, seed=more)) for more in (3, 20)]
    learns, computes = (module._Replays(library, bundle_image(made), IN_MESSAGE) for _ in range(2))
    right = learns._right(streams)
    assert right == learns._replay(NONE, streams) == computes._replay(NONE, streams)
    cut = Stream(streams[1].samples[made.settings.hop + 1 :])
    quieter = streams[1].samples.copy()
    quieter[: len(quieter) // 2] //= 9
    for others in (
        [streams[0], Stream(quieter)],
        [streams[0], cut],
        [streams[0], streams[0]],
        streams[1:],
        [cut, *streams],
    ):
        assert learns._replay(NONE, others) == computes._replay(NONE, others), "what is heard then is another"
    assert learns._right([cut]) == computes._replay(NONE, [cut])
    assert not learns._overwrote()
    learns._image[learns._ffi.sizeof("int")] ^= 1
    assert learns._overwrote(), "which none of those columns would show"


def number_of(session: AlteredSession, before: str, after: str) -> int:
    """Of the change that makes `after` of what begins with `before`."""
    return next(
        number
        for number, what in enumerate(session.alterations)
        if what.before.startswith(before) and what.after == after and not what.below
    )


def test_a_session_that_goes_on_for_ever_says_nothing(
    bundle: Bundle, session: AlteredSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stopped by its steps: no time has to pass."""
    monkeypatch.setattr(module, "LEAST_S", 20.0)
    library, _ = altered_session()
    replays = module._Replays(library, bundle_image(bundle), IN_MESSAGE)
    takes_none = number_of(session, "s->audio.message_used += ", "nothing"), 0
    begun = time.process_time()
    assert replays.differing([takes_none], [Stream(samples_for(bundle, 3))]) == {}
    assert replays.records(takes_none, [Stream(samples_for(bundle, 3))]) is None
    assert not replays._hopeless and time.process_time() - begun < 10.0


def test_a_change_may_be_made_from_some_column_of_each_stream_on(
    bundle: Bundle, session: AlteredSession
) -> None:
    frames, stride = bundle.frames, bundle.stride
    streams = [
        Stream(
            samples_for(bundle, frames + 2 * stride, seed),
            0,
            raw_outputs(bundle.model.scores.type, outputs_for(bundle, 3)),
        )
        for seed in (1, 2)
    ]
    put = number_of(session, "model_ends_put(stream->bundle, input, 0, ", "nothing")
    right = session.told(session.records(NONE, streams) or b"").inputs
    assert len(right) == 3

    def others(column: int) -> list[bool]:
        """Which inputs are others than without a change."""
        inputs = session.told(session.records((put, column), streams) or b"").inputs
        return [ours != theirs for ours, theirs in zip(inputs, right, strict=True)]

    always = others(0)
    assert always[1:] == [True, True]
    assert others(1) == always
    assert others(frames + stride - 1)[:2] == [False, True]
    assert others(frames + stride) == [False, False, True], "what completes a column is done without it"
    every = [(number, 1 << 20) for number, what in enumerate(session.alterations) if not what.below]
    assert session.differing(every[:: len(every) // 20], streams) == {}, "no column is so late"
    starts = [
        (number, frames)
        for number, what in enumerate(session.alterations)
        if what.function in ("stream_init", "stream_start", "session_start_stream") and not what.below
    ]
    assert session.differing([(number, 0) for number, _ in starts], streams)
    assert session.differing(starts, streams) == {}, "neither the board nor a stream begins with the change"

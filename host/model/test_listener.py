"""A published classifier of sound in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from . import worker_protocol as wire
from .inspect import ModelError
from .listener import Listener
from .sound_classifier import SoundClassifier
from .worker import ModelWorker, WorkerDiedError

pytestmark = pytest.mark.slow

FILES = Path(__file__).with_name("testdata")
HEARING = (FILES / "hearing.tflite").read_bytes()
TONE = (0.1 * np.sin(np.pi / 2.0 * np.arange(2000))).astype(np.float32)
HUM = (0.1 * np.sin(np.pi / 40.0 * np.arange(2000))).astype(np.float32)


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with Listener(HEARING) as made:
        yield made


def test_it_hears_what_the_network_hears(listener: Listener) -> None:
    assert (listener.samples, listener.classes) == (2000, 3)
    windows = np.stack([TONE, HUM, np.zeros_like(HUM)])
    scores = listener.scores(windows)
    np.testing.assert_array_equal(scores, SoundClassifier(HEARING).scores(windows))
    assert scores[0, 1] > 0.9 and (scores[1:, 1] < 0.1).all() and (scores[1:, 0] > 0.9).all()
    np.testing.assert_allclose(scores[:, 2], 1.0 / (1.0 + np.exp(2.0)), rtol=1e-5)
    assert listener.scores(windows[:0]).shape == (0, 3)


def test_many_windows_keep_their_order(listener: Listener) -> None:
    rng = np.random.default_rng(1)
    loud = rng.uniform(0.0, 0.1, 150).astype(np.float32)
    scores = listener.scores(loud[:, np.newaxis] * TONE)[:, 1]
    assert (np.argsort(scores, kind="stable") == np.argsort(loud, kind="stable")).mean() > 0.9


def test_windows_of_another_length_are_refused(listener: Listener) -> None:
    with pytest.raises(ModelError, match="2000 samples"):
        listener.scores(np.zeros((2, 1999), np.float32))


@pytest.mark.parametrize(
    ("name", "why"),
    [("flat", "takes int8"), ("softmax", "takes int8"), ("svdf", "takes int8"), ("uint8", "takes uint8")],
)
def test_a_model_of_another_kind_is_refused(name: str, why: str) -> None:
    with ModelWorker() as worker, pytest.raises(ModelError, match=why):
        Listener((FILES / f"{name}.tflite").read_bytes(), worker)


def test_what_is_no_model_is_refused() -> None:
    with ModelWorker() as worker, pytest.raises(ModelError, match="cannot be loaded"):
        Listener(b"not a model", worker)


def test_a_classifier_that_ends_its_process_ends_no_more() -> None:
    dies = (
        "import os, sys\nfrom host.model import inference_server as server\n"
        "server.SoundClassifier = lambda _: os.abort()\nsys.exit(server.main([]))"
    )
    with ModelWorker(server=("-c", dies)) as worker, pytest.raises(WorkerDiedError) as died:
        Listener(HEARING, worker)
    assert (
        died.value.cause.startswith("running the classifier of sound ended the process (") and died.value.cure
    )


def test_without_a_model_there_is_nothing_to_hear_with() -> None:
    with ModelWorker() as worker, pytest.raises(ModelError, match="has none"):
        worker.ask(wire.HEAR, wire.pack({"count": 1}, TONE.tobytes()))

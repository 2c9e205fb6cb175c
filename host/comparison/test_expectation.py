"""A bundle whose model the host's two interpreters part on: what is expected, and that it is said."""

from dataclasses import replace
from typing import Any

import pytest

from ..bundle.expectation import REFERENCE, TFLITE_MICRO, Expectation
from ..bundle.load import Bundle
from ..errors import HilError
from ..model.worker_protocol import MICRO
from . import run as run_module
from .run import load_interpreters

FOUND = Expectation(TFLITE_MICRO, "SUM", 6, REFERENCE, 128.0, 0.49)


class Opened:
    """Stands for the worker: says what it was asked for."""

    def open(self, engine: str, *_: Any) -> str:
        return engine


@pytest.fixture
def parting(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    monkeypatch.setattr(run_module, "ModelWorker", Opened)
    return replace(bundle, model=replace(bundle.model, expected=FOUND))


def test_what_the_bundle_names_is_expected(
    parting: Bundle, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "available", lambda: True)
    assert load_interpreters(parting) == (MICRO, None)
    expected, witness = load_interpreters(bundle)
    assert (expected, witness) == ("reference", MICRO)


def test_it_is_not_replaced_by_what_is_known_to_be_wrong(
    parting: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "available", lambda: False)
    with pytest.raises(HilError, match="reference kernel is wrong at op 6, SUM"):
        load_interpreters(parting)

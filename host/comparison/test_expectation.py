"""A bundle whose model the host's two interpreters part on: what is expected, and that it is said."""

from dataclasses import replace
from typing import Any

import pytest

from ..bundle.expectation import REFERENCE, TFLITE_MICRO, Expectation
from ..bundle.load import Bundle
from ..errors import HilError
from ..model.allowed import RoundingOp
from ..model.inspect import ModelError
from ..model.worker_protocol import MICRO
from ..model.worker_protocol import REFERENCE as ENGINE_OF_REFERENCE
from . import interpreters
from .interpreters import load_interpreters

FOUND = Expectation(TFLITE_MICRO, "SUM", 6, REFERENCE, 128.0, 0.49)


class Opened:
    """Stands for the worker: says what it was asked for. wheel: whether TFLite Micro exists, and takes the model."""

    def __init__(self, wheel: bool, takes: bool = True) -> None:
        self._wheel, self._takes = wheel, takes

    def open(self, engine: str, *_: Any) -> Any:
        if engine == MICRO and not self._takes:
            raise ModelError("an op is unknown", "convert it again")
        if engine == MICRO and not self._wheel:
            raise HilError("no wheel", "none")
        return engine


@pytest.fixture
def parting(bundle: Bundle) -> Bundle:
    return replace(bundle, model=replace(bundle.model, expected=FOUND))


def with_worker(bundle: Bundle, wheel: bool) -> tuple[Any, Any]:
    worker: Any = Opened(wheel)
    return load_interpreters(bundle, worker)


def test_what_the_bundle_names_is_expected(parting: Bundle, bundle: Bundle) -> None:
    assert with_worker(parting, wheel=True) == (MICRO, None)
    assert with_worker(bundle, wheel=False) == (ENGINE_OF_REFERENCE, None)


def test_a_model_that_tflite_micro_refuses_is_told_and_is_no_missing_wheel(
    parting: Bundle, bundle: Bundle
) -> None:
    refusing: Any = Opened(wheel=True, takes=False)
    for each in (parting, bundle):
        with pytest.raises(ModelError, match="an op is unknown"):
            load_interpreters(each, refusing)


def test_the_reference_may_be_what_is_expected_and_what_never_was_installed_is_not_asked_for(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = replace(bundle, model=replace(bundle.model, expected=replace(FOUND, side=REFERENCE)))
    assert with_worker(named, wheel=True) == (ENGINE_OF_REFERENCE, None)
    assert with_worker(bundle, wheel=True) == (ENGINE_OF_REFERENCE, MICRO)
    monkeypatch.setattr(interpreters.importlib.util, "find_spec", lambda _: None)
    assert with_worker(bundle, wheel=True) == (ENGINE_OF_REFERENCE, None)


def test_without_a_process_one_is_made(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "ModelWorker", lambda: Opened(wheel=True))
    assert load_interpreters(bundle) == (ENGINE_OF_REFERENCE, MICRO)  # type: ignore[comparison-overlap]


def test_it_is_not_replaced_by_what_is_known_to_be_wrong(parting: Bundle) -> None:
    with pytest.raises(HilError, match="reference kernel is wrong at op 6, SUM"):
        with_worker(parting, wheel=False)


def test_where_the_two_may_round_differently_a_device_is_expected_to_equal_either(
    bundle: Bundle, parting: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounding = (RoundingOp(5, "SOFTMAX", "int16", (0,)),)
    monkeypatch.setattr("host.comparison.interpreters.rounding_ops", lambda _: rounding)
    neither = replace(bundle, model=replace(bundle.model, expected=replace(FOUND, off="neither")))
    for each in (bundle, neither):
        assert with_worker(each, wheel=True) == (MICRO, ENGINE_OF_REFERENCE)
    assert with_worker(bundle, wheel=False) == (ENGINE_OF_REFERENCE, None)
    assert with_worker(parting, wheel=True) == (MICRO, None), "of a wrong side nothing is good"
    monkeypatch.setattr("host.comparison.interpreters.rounding_ops", lambda _: ())
    assert with_worker(neither, wheel=True) == (MICRO, None)

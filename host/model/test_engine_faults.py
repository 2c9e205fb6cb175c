"""Faults of engines on purpose: what they say is what a firmware says."""

from functools import partial
from typing import Any

import pytest

from ..checkout import ROOT
from .engine_faults import WITHOUT_VARIABLES, ModelFault, faulty
from .inspect import ModelError
from .samples import sample_values

LOADED = object()


def load_with(name: str, fault_of: str) -> Any:
    """What a load that always works gives, on a board without variables for one model."""
    values, other = sample_values(name), sample_values(fault_of)
    words = ModelFault(other.model.sha256, "no-variables").words()
    return faulty(partial(lambda *_: LOADED), words)(values.model_bytes, 0, None)


def test_only_a_model_with_variables_is_refused_and_only_the_one_named() -> None:
    with pytest.raises(ModelError) as raised:
        load_with("stream", "stream")
    assert raised.value.cause == WITHOUT_VARIABLES
    assert load_with("svdf", "svdf") is load_with("stream", "svdf") is LOADED


def test_the_words_are_the_firmwares() -> None:
    source = ROOT / "firmware" / "hil_core" / "runner.cpp"
    assert f'"{WITHOUT_VARIABLES}"' in source.read_text(encoding="utf-8")

"""The host's side: windows as the device cuts them, whatever the blocks."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..core.c_frontend import FrontEnd
from ..model.interpreter import joined
from . import expected
from .expected import Expected
from .fakes import FakeInterpreter

pytestmark = pytest.mark.native


@pytest.mark.parametrize("stride", [1, 7, 49, 60])
@pytest.mark.parametrize("block", [333, 20_000])
def test_windows_are_those_of_the_whole_recording(
    bundle: Bundle, samples: NDArray[Any], stride: int, block: int
) -> None:
    bundle = replace(bundle, stride=stride)
    quantisation = bundle.model.input
    columns = FrontEnd(bundle.settings, quantisation.scale, quantisation.zero_point).features(samples)
    starts = range(0, len(columns) - bundle.frames + 1, stride)
    right = FakeInterpreter(bundle).run(
        np.stack([columns[start : start + bundle.frames] for start in starts])
    )

    reference = Expected(bundle, FakeInterpreter(bundle))
    blocks = [reference.push(samples[start : start + block]) for start in range(0, len(samples), block)]
    np.testing.assert_array_equal(np.concatenate([b.columns for b in blocks]), columns)
    outputs = np.concatenate([joined(b.outputs) for b in blocks if b.outputs is not None])
    np.testing.assert_array_equal(outputs, joined(right))


def test_a_witness_is_held_against_the_reference(bundle: Bundle, samples: NDArray[Any]) -> None:
    reference = Expected(bundle, FakeInterpreter(bundle), FakeInterpreter(bundle, flaw=1))
    block = reference.push(samples)
    assert block.outputs is not None
    assert 0 < block.witness_differences <= block.outputs.scores.size


def test_without_a_witness_nothing_is_held_against_the_reference(
    bundle: Bundle, samples: NDArray[Any]
) -> None:
    for reference in (FakeInterpreter(bundle), None):
        block = Expected(bundle, reference).push(samples)
        assert (block.witness_differences, block.witness_compared, block.other) == (0, 0, None)


def test_a_witness_that_may_round_either_way_is_no_witness(
    bundle: Bundle, samples: NDArray[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expected, "rounding_ops", lambda _: ["RESHAPE"])
    witness = FakeInterpreter(bundle, flaw=1)
    block = Expected(bundle, FakeInterpreter(bundle), witness).push(samples)
    assert (block.witness_differences, block.witness_compared) == (0, 0)
    assert block.other is not None and block.outputs is not None
    assert (block.other != joined(block.outputs)).any()


def test_each_stream_begins_with_a_model_that_remembers_nothing(bundle: Bundle) -> None:
    class Counting(FakeInterpreter):
        resets = 0

        def reset(self) -> None:
            self.resets += 1

    reference, witness = Counting(bundle), Counting(bundle)
    Expected(bundle, reference, witness)
    Expected(bundle, reference)
    assert (reference.resets, witness.resets) == (2, 1)

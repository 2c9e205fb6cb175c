"""Costs against what was measured on an emulated ESP32, and the device's limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ...bundle.load import load_bundle
from ...checkout import DEFAULT_BUNDLE
from ...model.inspect import Operator, Tensor, inspect_model
from ...model.reference import ReferenceInterpreter
from ..dataset.windows import single
from . import architectures, recipe
from .cost import model_cost, op_cost, total_instructions, total_macs
from .errors import TrainingError
from .side_by_side import Line, markdown, write_table
from .size_limits import MOST_ARENA, check_device_limits
from .tensorflow_loading import seed_everything
from .to_bundle import representative
from .to_int8 import to_int8

MEASURED = (696_700, 2_096_900, 344_500, 861_900, 1_591_900, 166_900, 334_400, 4_200, 700, 900)
"""Instructions of the ops of `separable-pooling` on an emulated LX6, by the board's own profile."""
CONVOLUTIONS = (
    ("CONV_2D", (1, 61, 40, 1), (1, 30, 19, 8), (8, 3, 3, 1), 1_699_000),
    ("CONV_2D", (1, 30, 20, 8), (1, 30, 20, 16), (16, 3, 3, 8), 8_720_400),
    ("CONV_2D", (1, 9, 5, 16), (1, 7, 5, 16), (16, 3, 1, 16), 340_500),
    ("CONV_2D", (1, 17, 10, 6), (1, 17, 8, 24), (24, 1, 3, 6), 1_164_100),
    ("CONV_2D", (1, 10, 5, 32), (1, 10, 5, 32), (32, 1, 1, 32), 555_500),
    ("DEPTHWISE_CONV_2D", (1, 61, 40, 1), (1, 30, 19, 8), (1, 3, 3, 8), 727_000),
    ("DEPTHWISE_CONV_2D", (1, 61, 40, 1), (1, 19, 12, 8), (1, 5, 5, 8), 481_200),
    ("DEPTHWISE_CONV_2D", (1, 15, 9, 12), (1, 7, 4, 24), (1, 3, 3, 24), 164_600),
    ("DEPTHWISE_CONV_2D", (1, 19, 12, 6), (1, 17, 10, 6), (1, 3, 3, 6), 211_500),
    ("DEPTHWISE_CONV_2D", (1, 20, 13, 4), (1, 16, 9, 4), (1, 5, 5, 4), 201_300),
)
"""Op, shapes of input, output and weights, instructions: from the same profile of other models."""


@pytest.mark.timeout(280)
def test_post_training_quantisation_and_its_cost() -> None:
    plan = recipe.preset("tiny")
    seed_everything(1)
    cells = np.random.default_rng(1).integers(-100, 60, (700, 40)).astype(np.int8)
    starts = np.arange(0, 600, 8)
    windows = single(
        cells, 61, starts, np.zeros((len(starts), 1), np.float32), np.zeros(len(starts), np.int32), ["noise"]
    )
    model = architectures.build("separable-pooling", 61, 40, 1)
    content = to_int8(model, representative(plan, windows, 40))
    info = inspect_model(content)  # refuses float leftovers and ops that TFLite Micro lacks
    assert info.input.zero_point == plan.quantisation.zero_point
    assert info.input.scale == pytest.approx(plan.quantisation.scale, rel=1e-5)
    assert len(ReferenceInterpreter(content, info).run(windows.take(np.arange(3))).scores) == 3

    costs = model_cost(content)
    for cost, measured in zip(costs, MEASURED, strict=True):
        assert cost.instructions == pytest.approx(measured, rel=0.12)
    assert total_instructions(costs) == pytest.approx(6_100_000, rel=0.03)
    assert total_macs(costs) == 61 * 40 * (9 + 8) + 30 * 20 * 8 * (9 + 16) + 16 * 16 + 16


@pytest.mark.parametrize(("name", "source", "output", "weights", "measured"), CONVOLUTIONS)
def test_a_convolution_costs_what_was_measured(
    name: str,
    source: tuple[int, ...],
    output: tuple[int, ...],
    weights: tuple[int, ...],
    measured: int,
) -> None:
    tensors = [Tensor("", 9, shape, shape, None, None) for shape in (source, weights, output)]
    cost = op_cost(Operator(name, False, (0, 1), (2,)), tensors)
    assert cost.instructions == pytest.approx(measured, rel=0.07)


def test_the_default_bundle_keeps_to_its_budget() -> None:
    bundle = load_bundle(DEFAULT_BUNDLE)
    model = architectures.build(
        bundle.provenance["recipe"]["architecture"], bundle.frames, bundle.settings.bands, len(bundle.labels)
    )
    assert model.count_params() <= 20_000
    assert len(bundle.model_bytes) <= 30 * 1024
    assert bundle.model.arena_bytes is not None and bundle.model.arena_bytes <= 40 * 1024
    assert total_instructions(model_cost(bundle.model_bytes)) <= 2_500_000


def test_what_no_device_can_hold_is_refused() -> None:
    check_device_limits("small", 30_000, 12_000)
    check_device_limits("not measured", 30_000, None)
    with pytest.raises(TrainingError, match=r"wide.*arena takes 122881 bytes, 1 more"):
        check_device_limits("wide", 30_000, MOST_ARENA + 1)
    with pytest.raises(TrainingError, match="its model takes"):
        check_device_limits("long", 10_000_000, 12_000)


def test_the_table_has_a_row_for_each_architecture(tmp_path: Path) -> None:
    lines = [Line("a", 1, 2, None, 3, 4, 0.9, 0.9, 0.8, 0.8), Line("b", 1, 2, 5, 3, 4, 0.9, 0.9, 0.8, 0.8)]
    write_table(lines, tmp_path)
    assert (tmp_path / "compare.md").read_text() == markdown(lines)
    assert markdown(lines).count("\n") == 4
    assert (tmp_path / "compare.csv").read_text().splitlines()[1].startswith("a,1,2,,3,4")

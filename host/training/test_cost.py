"""Costs against what was measured on an emulated ESP32, and the device's limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from host.model.inspect import inspect_model
from host.model.reference import ReferenceInterpreter
from host.training import architectures, recipe
from host.training.compare import Line, markdown, write_table
from host.training.convert import to_int8
from host.training.cost import model_cost, total_instructions, total_macs
from host.training.legacy import TrainingError, seed_everything
from host.training.limits import MOST_ARENA, check_device_limits
from host.training.produce import representative
from host.training.windows import single

MEASURED = (640_000, 1_880_000, 310_000, 670_000, 1_200_000, 120_000, 230_000)
"""Instructions of depthwise, pointwise, pool, depthwise, pointwise, pool, mean: design section 5."""


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
    assert info.input.zero_point == plan.input_zero_point
    assert info.input.scale == pytest.approx(plan.input_scale, rel=1e-5)
    assert len(ReferenceInterpreter(content, info).run(windows.take(np.arange(3))).scores) == 3

    costs = model_cost(content)
    for cost, measured in zip(costs, MEASURED, strict=False):
        assert cost.instructions == pytest.approx(measured, rel=1 / 3)
    assert total_instructions(costs) == pytest.approx(5_050_000, rel=0.02)
    assert total_macs(costs) == 61 * 40 * (9 + 8) + 30 * 20 * 8 * (9 + 16) + 16 * 16 + 16


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

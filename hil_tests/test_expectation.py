"""Models that only one of the host's interpreters runs, or that do not fit: deployed as they are, and told in words."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from . import toolkit
from .comparing import assert_agreed, compare_blocks
from .deploying import deploy
from .toolkit import (
    NO_VARIABLES,
    TFLITE_MICRO,
    Board,
    Bundle,
    DeployRefusedError,
    Device,
    Expectation,
    MicroInterpreter,
    ModelFault,
    VirtualBoard,
    bundle_image,
    check_identity,
    inspect_model,
    load_interpreters,
    make_trial,
    micro,
    sample_values,
    stream,
    with_layout,
    write_bundle,
)
from .toolkit import messages as m

pytestmark = pytest.mark.skipif(not micro.available(), reason=str(micro.unavailable()))


@pytest.fixture(autouse=True)
def _slot(needs: Callable[[m.Capability], None]) -> None:
    needs(m.Capability.SLOT)
    needs(m.Capability.INFERENCE)


def test_a_model_that_the_reference_refuses(emptied: Device, tmp_path: Path) -> None:
    """ELU int8: TFLite Micro has it, the reference kernels have not."""
    values = sample_values("elu")
    refused = Expectation(TFLITE_MICRO, "none", 0, "refused")
    bundle = write_bundle(tmp_path / "elu", replace(values, model=replace(values.model, expected=refused)))
    expected, other = load_interpreters(bundle)
    assert other is None and expected.name.startswith("TFLite Micro")
    deploy(emptied, bundle, make_trial(bundle))
    comparison = compare_blocks(emptied, bundle, stream(5, 6.0, bundle.settings.sample_rate), expected)
    assert_agreed(comparison)
    assert comparison.coverage.distinct_scores > 10


def test_a_state_that_does_not_fit_is_refused_by_how_much(
    virtual: Callable[..., VirtualBoard],
    open_device: Callable[[Board], Device],
    bundle: Bundle,
    tmp_path: Path,
) -> None:
    """600 columns of 16 cells in a variable, and the tensors to move them."""
    pytest.importorskip("tensorflow", reason="the model is made with TensorFlow, of the group [train]")
    values, data = sample_values("stream"), toolkit.stream_model(kept=600)
    model = with_layout(inspect_model(data), values.settings.bands)
    large = write_bundle(tmp_path / "large", replace(values, model=model, model_bytes=data))
    needed = MicroInterpreter(large.model_bytes, large.model).arena_used
    arena = needed - 1024
    assert MicroInterpreter(bundle.model_bytes, bundle.model).arena_used < arena
    device = open_device(virtual(arena=arena))
    with pytest.raises(DeployRefusedError) as caught:
        device.deploy(bundle_image(large))
    there, least = re.findall(r"the arena is too small: (\d+) bytes, at least (\d+) are", caught.value.cause)[
        0
    ]
    assert int(there) == arena and arena < int(least) <= needed + 64
    assert "smaller" in caught.value.cure
    check_identity(device.info(), bundle)
    assert device.infer(np.zeros(bundle.model.cells, np.int8)).outputs


def test_a_firmware_without_variables_says_so_and_how_to_get_them(
    emptied: Device, bundle: Bundle, tmp_path: Path
) -> None:
    other = write_bundle(tmp_path / "stream", sample_values("stream"))
    try:
        emptied.deploy(bundle_image(other))
    except DeployRefusedError as refused:
        assert f"the model keeps state in variables, which this firmware was {NO_VARIABLES}" in refused.cause
        assert "esp32dev-all" in refused.cure
        check_identity(emptied.info(), bundle)
    else:
        check_identity(emptied.info(), other)


@pytest.mark.parametrize(("name", "refused"), [("stream", True), ("svdf", False)])
def test_a_board_without_variables_refuses_a_streaming_model_and_goes_on(
    virtual: Callable[..., VirtualBoard],
    open_device: Callable[[Board], Device],
    bundle: Bundle,
    tmp_path: Path,
    name: str,
    refused: bool,
) -> None:
    """SVDF remembers, too, but in a tensor of its own: every firmware has that."""
    other = write_bundle(tmp_path / name, sample_values(name))
    assert other.model.stateful
    fault = ModelFault(hashlib.sha256(other.model_bytes).hexdigest(), "no-variables")
    device = open_device(virtual(fault=fault))
    if not refused:
        device.deploy(bundle_image(other))
        check_identity(device.info(), other)
        return
    with pytest.raises(DeployRefusedError) as caught:
        device.deploy(bundle_image(other))
    assert f"the model keeps state in variables, which this firmware was {NO_VARIABLES}" in caught.value.cause
    assert "esp32dev-all" in caught.value.cure
    check_identity(device.info(), bundle)
    reference, _ = load_interpreters(bundle)
    assert_agreed(compare_blocks(device, bundle, stream(5, 4.0, bundle.settings.sample_rate), reference))

"""Models that only one of the host's interpreters runs, or that do not fit: deployed as they are, and told in words."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hil_tests.comparing import assert_agreed, compare_blocks
from hil_tests.deploying import deploy
from host.board.deploying import NO_VARIABLES, DeployRefusedError
from host.board.device import Device
from host.board.identity import check_identity
from host.board.interface import Board
from host.board.kinds.virtual import VirtualBoard
from host.board.trial import make_trial
from host.bundle.expectation import TFLITE_MICRO, Expectation
from host.bundle.image import bundle_image
from host.bundle.load import Bundle
from host.bundle.write import write_bundle
from host.comparison.run import load_interpreters
from host.link import messages as m
from host.making.corpus.endless import stream
from host.model import micro
from host.model.micro import MicroInterpreter
from host.model.samples import sample_values

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


@pytest.mark.parametrize("name", ["softmax", "stream"])
def test_an_arena_that_is_too_small_is_refused_with_both_sizes(
    virtual: Callable[..., VirtualBoard],
    open_device: Callable[[Board], Device],
    bundle: Bundle,
    tmp_path: Path,
    name: str,
) -> None:
    """Tensors, or state in variables."""
    other = write_bundle(tmp_path / name, sample_values(name))
    own = MicroInterpreter(bundle.model_bytes, bundle.model).arena_used
    needed = MicroInterpreter(other.model_bytes, other.model).arena_used
    arena = needed - 512
    if arena <= own:
        pytest.skip(f"the bundle compiled in needs {own} bytes, {name} {needed}")
    device = open_device(virtual(arena=arena))
    with pytest.raises(DeployRefusedError) as caught:
        device.deploy(bundle_image(other))
    words = caught.value.cause.split("the arena is too small: ")[1].split()
    there, least = int(words[0]), int(words[4])
    assert there == arena and arena < least <= needed + 64
    check_identity(device.info(), bundle)


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

"""Inputs and columns of 16 bits: what is wrong with them is named, on the true interpreter."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...bundle.write import write_bundle
from ...frontend.kinds import values_of
from ...frontend.normalised.settings import NormalisedSettings
from ...making.corpus.endless import stream
from ...model.ends import to_cells, to_tensors
from ...model.interpreter import Interpreter
from ...model.reference import ReferenceInterpreter
from ...model.samples import sample_values
from .diagnose import diagnose
from .fakes_device import FaultyDevice, compare_all
from .finding import Finding

Int8 = NDArray[np.int8]
Change = Callable[[Any], Any]
OfBytes = Callable[[Any, Any], tuple[Any, Any]]
pytestmark = [pytest.mark.native, pytest.mark.slow]

# Of the tensor, from the right one: the causes that may be told, of which a model may not tell all apart.
TENSORS: dict[str, Change] = {
    "int16 bytes exchanged": lambda t: t.byteswap(),
    "int16 upper bytes lost": lambda t: t & np.int16(255),
    "int16 input moved by 1 byte": lambda t: np.roll(t.view(np.int8), 1, axis=1).view(np.int16),
    "int16 sign flipped": lambda t: -t,
    "int16 offset +256": lambda t: t + np.int16(256),
    "int16 at least -8192": lambda t: np.maximum(t, np.int16(-8192)),
    "int16 unsigned": lambda t: t ^ np.int16(-32768),
}


@pytest.fixture(scope="module")
def of_16_bits(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return write_bundle(tmp_path_factory.mktemp("wide") / "int16", sample_values("int16"))


@pytest.fixture(scope="module")
def sounds(of_16_bits: Bundle) -> list[NDArray[np.int16]]:
    rate = of_16_bits.settings.sample_rate
    return [np.concatenate(list(stream(seed, 4.0, rate))) for seed in (1, 2)]


def fresh_of(bundle: Bundle) -> Callable[[], Interpreter]:
    return lambda: ReferenceInterpreter(bundle.model_bytes, bundle.model)


def causes(bundle: Bundle, sounds: list[NDArray[np.int16]], stage: str, **fault: Any) -> Iterator[Finding]:
    record = compare_all(FaultyDevice(bundle, fresh_of(bundle), **fault), sounds)
    return (finding for finding in diagnose(record) if finding.stage == stage)


def tensors(bundle: Bundle, windows: Int8) -> NDArray[np.int16]:
    return to_tensors(bundle.model.input, windows).reshape(len(windows), -1)


@pytest.mark.parametrize("name", TENSORS)
def test_a_tensor_that_is_written_otherwise(
    of_16_bits: Bundle, sounds: list[NDArray[np.int16]], name: str
) -> None:
    def inputs(windows: Int8, _held: object) -> NDArray[np.int16]:
        return np.ascontiguousarray(TENSORS[name](tensors(of_16_bits, windows)))

    (finding,) = causes(of_16_bits, sounds, "outputs", inputs=inputs)
    assert finding.cause == name
    assert finding.share > 0.98


@pytest.mark.parametrize("step", [1, 64, 256])
def test_another_step_and_a_zero_point_that_stays(
    of_16_bits: Bundle, sounds: list[NDArray[np.int16]], step: int
) -> None:
    info = of_16_bits.model.input
    assert info.zero_point and info.step != step

    def inputs(windows: Int8, _held: object) -> NDArray[np.int16]:
        cells = windows.reshape(len(windows), -1).astype(np.int32)
        return np.clip((cells - info.zero_point) * step, -32768, 32767).astype(np.int16)

    (finding,) = causes(of_16_bits, sounds, "outputs", inputs=inputs)
    assert finding.cause == f"int16 step {step}"

    def kept(windows: Int8, _held: object) -> NDArray[np.int16]:
        return np.clip(windows.reshape(len(windows), -1).astype(np.int32) * step, -32768, 32767).astype(
            np.int16
        )

    (finding,) = causes(of_16_bits, sounds, "outputs", inputs=kept)
    assert finding.cause == f"int16 step {step}, no zero point"


@pytest.fixture(scope="module")
def related(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """An int8 model whose windows are related to their own least and largest."""
    values = sample_values("sigmoid")
    settings = NormalisedSettings(values_of(values.settings), "min-max", scale=80.0, offset=-80.0)
    folder: Path = tmp_path_factory.mktemp("related")
    return write_bundle(folder / "b", replace(values, settings=settings))


CELLS: dict[str, Change] = {
    "transposed": lambda w: w.transpose(0, 2, 1).reshape(w.shape),
    "bands reversed": lambda w: w[:, :, ::-1],
    "unsigned": lambda w: w ^ np.int8(-128),
    "input negatives lost": lambda w: np.maximum(w, 0),
    "band 3 of the input 0": lambda w: np.where(np.arange(w.shape[2]) == 3, 0, w).astype(np.int8),
}


@pytest.mark.parametrize("name", CELLS)
def test_cells_of_windows_that_are_normalised(
    related: Bundle, sounds: list[NDArray[np.int16]], name: str
) -> None:
    def inputs(windows: Int8, _held: object) -> Int8:
        shape = (len(windows), related.frames, related.settings.model_bands)
        return CELLS[name](to_cells(related.model.input, windows).reshape(shape))

    (finding,) = causes(related, sounds, "outputs", inputs=inputs)
    assert finding.cause == name


COLUMNS: dict[str, OfBytes] = {
    "level halves exchanged": lambda u, w: (w, u),
    "level low bytes 0": lambda u, w: (u, np.full_like(w, -128)),
    "level low bytes as they are": lambda u, w: (u, w ^ np.int8(-128)),
    "level bands rotated by 1": lambda u, w: (np.roll(u, 1, axis=1), np.roll(w, 1, axis=1)),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_levels_put_into_bytes_otherwise(related: Bundle, sounds: list[NDArray[np.int16]], name: str) -> None:
    half = related.settings.model_bands

    def columns(values: Int8, _held: object) -> Int8:
        return np.concatenate(COLUMNS[name](values[:, :half], values[:, half:]), axis=1)

    (finding,) = causes(related, sounds, "features", columns=columns)
    assert finding.cause == name
    assert " byte of band " in finding.place


def test_levels_that_are_others(related: Bundle, sounds: list[NDArray[np.int16]]) -> None:
    half = related.settings.model_bands

    def columns(values: Int8, _held: object) -> Int8:
        upper, low = (part.astype(np.int64) + 128 for part in (values[:, :half], values[:, half:]))
        levels = np.minimum((upper << 8 | low) + 256, 65535)
        return np.concatenate([(levels >> 8) - 128, (levels & 255) - 128], axis=1).astype(np.int8)

    (finding,) = causes(related, sounds, "features", columns=columns)
    assert finding.cause == "levels +256"

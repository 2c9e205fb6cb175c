"""What front ends of all kinds take on an Xtensa core: instructions per hop, and memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from host.core.c_frontend import FrontEnd
from host.files import atomic_write
from host.frontend.c_text import c_array
from host.frontend.kinds import KINDS, kind_of
from host.frontend.log_mel.settings import LogMelSettings
from host.frontend.normalised.settings import NormalisedSettings
from host.frontend.presets import presets
from host.frontend.settings import FrontEndSettings
from host.frontend.waveform.settings import WaveformSettings

from .emulated import CORE, HERE, Target, build_and_run, clocks, lines_of, only_kinds, sizes_told

INPUT_SCALE, INPUT_ZERO_POINT = 0.5, -20
LEAST_COLUMNS = 12
WINDOW_COLUMNS = 32  # WINDOW in kinds.c
# Of kinds that no preset has.
EXAMPLES: dict[str, FrontEndSettings] = {
    "log-mel": LogMelSettings(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0),
    "waveform": WaveformSettings(16000, 128),
}


@dataclass(frozen=True)
class KindMeasurement:
    """What a front end took.

    Attributes:
        instructions: per hop.
        window: instructions for each column of a window, where cells depend on all of it; 0 elsewhere.
        memory: bytes of a stream.
        cells: int8 [columns, bands].
        values: what the cells were quantised from, the lower 16 bits, uint16 [columns, bands].
    """

    instructions: float
    window: float
    memory: int
    cells: NDArray[np.int8]
    values: NDArray[np.uint16]


def _presets() -> Iterator[FrontEndSettings]:
    """The settings of presets that leave nothing open, and then those that others normalise."""
    found = [each.settings() for each in presets().values() if not each.open]
    yield from found
    yield from (settings.inner for settings in found if isinstance(settings, NormalisedSettings))


def examples() -> Iterator[tuple[str, FrontEndSettings]]:
    """Return a kind's name and settings to measure it with, of each kind: its first preset's, where it has one."""
    for name in KINDS:
        found = EXAMPLES.get(name) or next((each for each in _presets() if each.kind == name), None)
        if found is not None:
            yield name, found


def columns_measured(settings: FrontEndSettings) -> int:
    """Return how many columns a measurement takes: half a second's, and a few at least."""
    return max(settings.columns(settings.sample_rate // 2), LEAST_COLUMNS)


def cells_of(settings: FrontEndSettings, samples: NDArray[np.int16]) -> NDArray[np.int8]:
    """Return what this computer's build of the core makes of the samples, int8 [columns, bands]."""
    return FrontEnd(settings, INPUT_SCALE, INPUT_ZERO_POINT).features(samples)


def measure_kind(
    target: Target, settings: FrontEndSettings, samples: NDArray[np.int16], folder: Path
) -> KindMeasurement:
    """Build a front end for `target`, run it and measure.

    Args:
        target: the core.
        settings: the front end's.
        samples: int16 [n].
        folder: for what is built; exists.

    Raises:
        HilError: the build or the run failed.
    """
    kind = kind_of(settings)
    image = kind.image(kind.tables(settings, INPUT_SCALE, INPUT_ZERO_POINT))
    header = (
        "#include <stdint.h>",
        c_array("uint32_t", "bench_image", np.frombuffer(image, "<u4").tolist()),
        f"#define BENCH_MEMORY {FrontEnd(settings, INPUT_SCALE, INPUT_ZERO_POINT).memory_bytes}",
        samples_text(samples),
    )
    atomic_write(folder / "bench_data.h", "\n".join(header))
    core = sorted((CORE / "frontend").rglob("*.c"))
    bench = [HERE / name for name in ("kinds.c", "print.c")]
    if target.soft_float:
        bench.append(HERE / "libgcc.c")
    lines = lines_of(
        build_and_run(
            target, (*core, *bench), (CORE, HERE, folder), only_kinds(*kind.linked(settings)), folder
        )
    )
    cells = [bytes.fromhex(words[1]) for words in lines if words[0] == "column"]
    return KindMeasurement(
        instructions=clocks(lines)["push"] / len(cells),
        window=clocks(lines).get("window", 0) / WINDOW_COLUMNS,
        memory=sizes_told(lines)["memory"],
        cells=np.frombuffer(b"".join(cells), np.int8).reshape(-1, settings.bands),
        values=values_of(lines, settings.bands),
    )


def samples_text(samples: NDArray[np.int16]) -> str:
    """Return samples as C."""
    numbers = ",".join(map(str, samples.tolist()))
    return f"#define BENCH_SAMPLES {len(samples)}\nstatic const int16_t bench_samples[] = {{{numbers}}};\n"


def values_of(lines: list[list[str]], bands: int) -> NDArray[np.uint16]:
    """Return the values that a program printed, uint16 [columns, bands]."""
    found = [bytes.fromhex(words[1]) for words in lines if words[0] == "values"]
    return np.frombuffer(b"".join(found), ">u2").reshape(-1, bands).astype(np.uint16)

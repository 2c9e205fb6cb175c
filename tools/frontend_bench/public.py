"""The public implementation of the microfrontend, from sources that lie elsewhere, built and run as ours is.

Known are TensorFlow's and TFLite Micro's `tensorflow/lite/experimental/microfrontend/lib`, which take KISS FFT's
sources beside them, and ESPHome's library of it, which holds them.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from host.build.inputs import c_compiler
from host.errors import HilError
from host.files import atomic_write
from host.frontend.microfrontend.settings import MicrofrontendSettings

from .emulated import HERE, Target, build_and_run, clocks, lines_of, run_tool
from .kinds import samples_text, values_of

SETTINGS = MicrofrontendSettings(16000, 480, 160)  # microWakeWord's, as public.h has them
LIBRARY = Path("tensorflow/lite/experimental/microfrontend/lib")
STAGES = ("frontend", "window", "filterbank", "noise_reduction", "pcan_gain_control", "log_scale")
QUIET = ("-w", "-DFIXED_POINT=16")
CURE = "give folders with the microfrontend library's sources and KISS FFT's (kiss_fft.c, kiss_fftr.c)"


@dataclass(frozen=True)
class PublicSources:
    """The public implementation, laid out for a build.

    Attributes:
        stages: what runs.
        tables: what makes tables besides.
        includes: folders for headers.
        kiss: the file that has the FFT and its state; included by public.h.
        suffix: of the language that it is in: `.c` or `.cc`.
    """

    stages: tuple[Path, ...]
    tables: tuple[Path, ...]
    includes: tuple[Path, ...]
    kiss: str
    suffix: str


def find_sources(places: Sequence[Path], folder: Path) -> PublicSources:
    """Find the public implementation's sources.

    Args:
        places: folders that they lie in, at any depth.
        folder: for a layout that they can be built in; exists.

    Raises:
        HilError: some are missing.
    """
    frontend = _find(places, "frontend.c")
    library = frontend.parent
    suffix = ".cc" if (library / "kiss_fft_int16.cc").is_file() else ".c"
    laid_out = folder / LIBRARY
    laid_out.mkdir(parents=True)
    kiss = folder / "kiss"
    (kiss / "tools").mkdir(parents=True)
    for source in library.iterdir():
        if source.suffix in (".c", ".cc", ".h"):
            shutil.copy(source, laid_out)
    for header in ("frontend.h", "frontend_util.h"):
        shutil.copy(_find(places, header), laid_out)
    for name in ("kiss_fft.c", "kiss_fft.h", "_kiss_fft_guts.h", "kiss_fftr.c", "kiss_fftr.h"):
        _copy_kiss(_find(places, name), kiss)
    for place in places:
        for log in list(place.rglob("kiss_fft_log.h"))[:1]:  # of newer ones
            _copy_kiss(log, kiss)
    _mend_includes(laid_out)
    own = [f"{name}.c" for name in (*STAGES, "log_lut")] + [f"fft{suffix}"]
    util = [f"{name}_util.c" for name in STAGES] + [f"fft_util{suffix}"]
    more = [] if suffix == ".cc" else [kiss / "kiss_fft.c"]
    return PublicSources(
        stages=(*(_present(laid_out / name) for name in own), *more),
        tables=tuple(_present(laid_out / name) for name in util),
        includes=(laid_out, folder, kiss),
        kiss="kiss_fft_int16.cc" if suffix == ".cc" else "kiss_fftr.c",
        suffix=suffix,
    )


def measure_public(
    target: Target, sources: PublicSources, samples: NDArray[np.int16], folder: Path
) -> tuple[float, NDArray[np.uint16]]:
    """Build the public implementation for `target`, run it and measure.

    Args:
        target: the core.
        sources: from find_sources.
        samples: int16 [n] at SETTINGS' rate.
        folder: for what is built; exists.

    Returns:
        Instructions per hop, and features uint16 [columns, bands].

    Raises:
        HilError: the build or the run failed.
    """
    atomic_write(folder / "public_tables.h", _tables(sources, folder))
    atomic_write(folder / "bench_data.h", "#include <stdint.h>\n" + samples_text(samples))
    atomic_write(folder / "cstdint", "#include <stdint.h>\n")  # Debian's C++ for the LX106 has no library
    run = folder / f"public_run{sources.suffix}"
    shutil.copy(HERE / "public_run.c", run)
    bench = [HERE / name for name in ("print.c", *(["libgcc.c"] if target.soft_float else []))]
    flags = (*QUIET, f'-DPUBLIC_KISS_SOURCE="{sources.kiss}"')
    text = build_and_run(
        target, (*sources.stages, run, *bench), (*sources.includes, HERE, folder), flags, folder
    )
    lines = lines_of(text)
    values = values_of(lines, SETTINGS.bands)
    return clocks(lines)["push"] / len(values), values


def _tables(sources: PublicSources, folder: Path) -> str:
    """The tables, made by the public implementation on this computer."""
    program = folder / "public_tables"
    compiler = str(c_compiler())
    flags = [*QUIET, "-O1", f'-DPUBLIC_KISS_SOURCE="{sources.kiss}"']
    flags += [f"-I{place}" for place in (*sources.includes, HERE)]
    objects = []
    for source in (HERE / "public_tables.c", *sources.stages, *sources.tables):
        language = "c++" if sources.suffix == ".cc" and source.suffix != ".c" else "c"
        language = "c++" if sources.suffix == ".cc" and source.parent == HERE else language
        objects.append(folder / f"host-{source.stem}.o")
        run_tool([compiler, "-x", language, *flags, "-c", str(source)], objects[-1])
    run_tool([compiler, *map(str, objects), "-lm"], program)
    return run_tool([str(program)])


def _copy_kiss(source: Path, folder: Path) -> None:
    """TFLite Micro patches a guard into a header, and includes a source from `tools`, where older ones have it."""
    text = source.read_text(encoding="utf-8", errors="replace")
    guard = "#pragma once\n" if source.suffix == ".h" else ""
    (folder / source.name).write_text(guard + text, encoding="utf-8")
    if source.stem == "kiss_fftr":
        (folder / "tools" / source.name).write_text(guard + text, encoding="utf-8")


def _mend_includes(library: Path) -> None:
    """ESPHome's library names its folders; here all headers lie in one."""
    for source in library.iterdir():
        text = source.read_text(encoding="utf-8", errors="replace")
        source.write_text(text.replace('"../src/', '"').replace('"../include/', '"'), encoding="utf-8")


def _find(places: Sequence[Path], name: str) -> Path:
    for place in places:
        found = sorted(
            place.rglob(name), key=lambda path: (LIBRARY.name != path.parent.name, len(path.parts))
        )
        if found:
            return found[0]
    raise HilError(f"there is no {name} in {', '.join(map(str, places))}", CURE)


def _present(source: Path) -> Path:
    if not source.is_file():
        raise HilError(f"there is no {source.name} beside the library's frontend.c", CURE)
    return source

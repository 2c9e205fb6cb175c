"""Builds the front end for an Xtensa core, runs it in QEMU on given samples and reads what it measured.

QEMU executes one instruction per nanosecond (`-icount shift=0`) and its boards' cycle counter runs at 40 MHz, so counts
are exact to 25 instructions over a whole run, and the same on every computer.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from host.errors import HilError
from host.files import atomic_write
from host.frontend.c_text import c_array
from host.frontend.log_mel.tables import LogMelTables, dense_filters, frontend_image

HERE = Path(__file__).parent
CORE = HERE.parents[1] / "firmware" / "core"
PICOLIBC = Path("/usr/lib/xtensa-lx106-elf")
PACKAGES = "gcc-xtensa-lx106 picolibc-xtensa-lx106-elf qemu-system-misc"
INSTRUCTIONS_PER_COUNT = 25
# What each of QEMU's boards needs: how programs end and print, and where memory is.
BOARDS = {"lx60-nommu": ("machine_lx60.c", "board.ld"), "sim": ("machine_sim.c", "sim.ld")}
ARITH = '-DFE_ARITH="lx106_arith.h"'  # it has no product of 32 bits by 32
STAGES = ("window", "fft", "mel", "log", "quantise")
TIMEOUT_S = 120
OUTPUT = ("-nographic", "-monitor", "none", "-serial", "stdio", "-semihosting")


@dataclass(frozen=True)
class Target:
    """An Xtensa core and the tools for it.

    Attributes:
        name: for reports.
        compiler: GCC's command; binutils of the same prefix lie beside it.
        emulator: a QEMU that knows `cpu`.
        cpu: QEMU's name of the core.
        arguments: further ones for QEMU.
        flags: further ones for GCC.
        soft_float: the core has no float unit, and its libgcc no complete replacement.
        machine: QEMU's name of the board: a key of BOARDS.
    """

    name: str
    compiler: str
    emulator: str
    cpu: str
    arguments: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    soft_float: bool = False
    machine: str = "lx60-nommu"


@dataclass(frozen=True)
class Measurement:
    """What a run on a target gave.

    Attributes:
        instructions: per hop; by stage, and `push` for all of fe_push, with the samples' way in.
        dense_window: instructions to compute `dense_columns` columns in the background's way.
        cells: int8 [columns, bands].
        dense_db: float32 [dense_columns, bands].
        sizes: bytes; code by object file, `fe_state` with its memory, `stack`.
    """

    instructions: dict[str, float]
    dense_window: int
    dense_columns: int
    cells: NDArray[np.int8]
    dense_db: NDArray[np.float32]
    sizes: dict[str, int]


def lx106() -> Target:
    """Return Debian's tools for the LX106.

    Raises:
        HilError: something of them is missing; says which packages to install.
    """
    tools = {name: shutil.which(name) for name in ("xtensa-lx106-elf-gcc", "qemu-system-xtensa")}
    missing = [name for name, path in tools.items() if path is None]
    if not (PICOLIBC / "include" / "string.h").is_file():
        missing.append("picolibc for xtensa-lx106-elf")
    if missing:
        raise HilError(
            f"nothing can be measured on the Xtensa instruction set without {', '.join(missing)}",
            f"on Debian or Ubuntu: `sudo apt install {PACKAGES}`",
        )
    flags = ("-isystem", str(PICOLIBC / "include"), f"-L{PICOLIBC / 'lib'}", "-mtext-section-literals", ARITH)
    return Target(
        "LX106", "xtensa-lx106-elf-gcc", "qemu-system-xtensa", "lx106", flags=flags, soft_float=True
    )


def lx6(compiler: str, emulator: str) -> Target:
    """Return the ESP32's own core, by Espressif's GCC and QEMU.

    Args:
        compiler: xtensa-esp32-elf-gcc, with its path if it is not on the search path.
        emulator: Espressif's qemu-system-xtensa, likewise.

    Raises:
        HilError: one of them is missing.
    """
    found = {name: shutil.which(name) for name in (compiler, emulator)}
    for name, path in found.items():
        if path is None:
            raise HilError(f"{name} is not there", "give the paths of Espressif's GCC and QEMU for the ESP32")
    bios = [folder / "share" / "qemu" for folder in Path(str(found[emulator])).resolve().parents[1:2]]
    arguments = tuple(arg for folder in bios if folder.is_dir() for arg in ("-L", str(folder)))
    machines = run_tool([str(found[emulator]), "-machine", "help"])
    machine = next((name for name in BOARDS if re.search(rf"^{name}\s", machines, re.MULTILINE)), "")
    if not machine:
        raise HilError(f"{emulator} has none of the boards {', '.join(BOARDS)}", "give another QEMU")
    return Target(
        "LX6", compiler, emulator, "esp32", arguments, ("-mtext-section-literals",), machine=machine
    )


def measure(
    target: Target, tables: LogMelTables, samples: NDArray[np.int16], dense_columns: int, folder: Path
) -> Measurement:
    """Build for `target`, run and measure.

    Args:
        target: the core.
        tables: the front end's.
        samples: int16 [n], at least what `dense_columns` columns need.
        dense_columns: the length of the model's window, for the background's way.
        folder: for what is built; exists.

    Raises:
        HilError: the build or the run failed.
    """
    atomic_write(folder / "bench_data.h", _data_header(tables, samples, dense_columns))
    core = sorted((CORE / "frontend").glob("*.c")) + sorted((CORE / "frontend" / "log_mel").glob("*.c"))
    bench = [HERE / name for name in ("main.c", "print.c", "dense_float.c")]
    if target.soft_float:
        bench.append(HERE / "soft_float.c")
    includes = (CORE, HERE, folder)
    output = build_and_run(target, (*core, *bench), includes, only_kinds("log_mel"), folder)
    sizes = _code_sizes(target, [object_of(source, folder) for source in core])
    return _read(output, tables.settings.bands, {**sizes, "stack": _stack(folder, core)})


def only_kinds(*parts: str) -> tuple[str, ...]:
    """Return the flags for a build with these kinds of front ends alone, and with warnings as errors."""
    linked = " ".join(f"KIND({part})" for part in parts)
    return (f"-DBUNDLE_KINDS(KIND)={linked}", "-std=c11", "-Wall", "-Wextra", "-Werror")


def build_and_run(
    target: Target, sources: Sequence[Path], includes: Sequence[Path], flags: Sequence[str], folder: Path
) -> str:
    """Build a program for `target`, run it in the emulator and return what it prints.

    Args:
        target: the core.
        sources: of C, or of C++ by their suffix.
        includes: folders for headers.
        flags: further ones for the compiler; optimisation is the same for all.
        folder: for what is built; exists.

    Raises:
        HilError: the build or the run failed.
    """
    common = ["-O2", *target.flags, *(f"-I{place}" for place in includes), *flags]
    objects = []
    source_of_machine, memory = (HERE / name for name in BOARDS[target.machine])
    for source in (*sources, source_of_machine):
        objects.append(object_of(source, folder))
        compiler = re.sub("gcc$", "g++", target.compiler) if source.suffix == ".cc" else target.compiler
        sections = ("-ffunction-sections", "-fdata-sections", "-fstack-usage")
        run_tool([compiler, *common, *sections, "-c", str(source)], objects[-1])
    program = folder / "bench.elf"
    link = [target.compiler, *common, "-nostartfiles", "-nostdlib"]
    link += ["-Wl,--gc-sections,--no-warn-rwx-segments", "-T", str(memory), str(HERE / "start.S")]
    run_tool([*link, *map(str, objects), "-lc", "-lgcc"], program)
    emulate = [target.emulator, "-M", target.machine, "-cpu", target.cpu, "-icount", "shift=0"]
    return run_tool([*emulate, *target.arguments, *OUTPUT, "-kernel", str(program)])


def object_of(source: Path, folder: Path) -> Path:
    """Return where a source's object is built: kinds have files of the same name."""
    return folder / f"{source.parent.name}-{source.stem}.o"


def run_tool(command: list[str], product: Path | None = None) -> str:
    """Run a program to its end and return its output.

    Args:
        command: the program and its arguments.
        product: where it writes to, told by `-o`.

    Raises:
        HilError: it failed or did not end.
    """
    if product is not None:
        command = [*command, "-o", str(product)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise HilError(
            f"{command[0]} did not end within {TIMEOUT_S} s", "run it by hand to see why"
        ) from error
    if done.returncode != 0:
        raise HilError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}", "see its message above")
    return done.stdout


def _read(output: str, bands: int, sizes: dict[str, int]) -> Measurement:
    lines = lines_of(output)
    clock, told = clocks(lines), sizes_told(lines)
    sizes = {**told, **sizes}
    columns = [bytes.fromhex(fields[1]) for fields in lines if fields[0] == "column"]
    dense = [bytes.fromhex(fields[1]) for fields in lines if fields[0] == "dense"]
    instructions = {}
    before = clock["nothing"]
    for stage in STAGES:
        instructions[stage] = (clock[stage] - before) / len(columns)
        before = clock[stage]
    instructions["push"] = clock["push"] / len(columns)
    return Measurement(
        instructions=instructions,
        dense_window=clock["dense_window"],
        dense_columns=len(dense),
        cells=np.frombuffer(b"".join(columns), np.int8).reshape(-1, bands),
        dense_db=np.frombuffer(b"".join(dense), ">i2").reshape(-1, bands).astype(np.float32) / 64,
        sizes=sizes,
    )


def lines_of(output: str) -> list[list[str]]:
    """Return a program's output as words.

    Raises:
        HilError: it does not end as it should.
    """
    lines = [line.split() for line in output.splitlines() if line.strip()]
    if not lines or lines[-1] != ["end"]:
        raise HilError(f"the emulated front end stopped early:\n{output[-500:]}", "run it by hand to see why")
    return lines


def clocks(lines: list[list[str]]) -> dict[str, int]:
    """Return instructions by what they were counted for."""
    return {words[1]: int(words[2], 16) * INSTRUCTIONS_PER_COUNT for words in lines if words[0] == "clock"}


def sizes_told(lines: list[list[str]]) -> dict[str, int]:
    """Return bytes by what they are of."""
    return {words[1]: int(words[2], 16) for words in lines if words[0] == "size"}


def _code_sizes(target: Target, objects: list[Path]) -> dict[str, int]:
    """Code and constants of each object file, as binutils' `size` counts them."""
    size = re.sub(r"gcc$", "size", target.compiler)
    sizes = {}
    for line in run_tool([size, *map(str, objects)]).splitlines()[1:]:
        fields = line.split()
        sizes[Path(fields[-1]).stem] = int(fields[0]) + int(fields[1])
    return sizes


def _stack(folder: Path, sources: list[Path]) -> int:
    """Bytes of stack that fe_push needs: its own frame and the largest among the stages'."""
    frames = {}
    for source in sources:
        for line in object_of(source, folder).with_suffix(".su").read_text(encoding="utf-8").splitlines():
            place, size, _kind = line.split("\t")
            frames[place.rsplit(":", 1)[1]] = int(size)
    stages = max(frames[f"fe_{stage}"] for stage in ("hann", "rfft", "mel", "log", "quantise"))
    return frames["fe_push"] + frames["column"] + stages


def _data_header(tables: LogMelTables, samples: NDArray[np.int16], dense_columns: int) -> str:
    s = tables.settings
    hann = np.zeros(s.fft)
    left = (s.fft - s.window) // 2
    hann[left : left + s.window] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(s.window) / s.window)
    angles = 2 * np.pi * np.arange(s.fft // 2) / s.fft
    filters = np.array(dense_filters(s))
    return "\n".join(
        (
            '#include "dense_float.h"\n#include "frontend/frontend.h"',
            c_array("uint32_t", "bench_image", np.frombuffer(frontend_image(tables), "<u4").tolist()),
            f"#define BENCH_SAMPLES {len(samples)}\n#define BENCH_COLUMNS {dense_columns}",
            f"static const int16_t bench_samples[] = {{{','.join(map(str, samples.tolist()))}}};",
            _floats("dense_hann", hann),
            _floats("dense_cosine", np.cos(angles)),
            _floats("dense_sine", np.sin(angles)),
            _floats("dense_mel", filters.ravel()),
            "static const dense_float_config bench_dense = {"
            f"BENCH_COLUMNS, {s.hop}, {s.fft}, {s.bands}, {10 ** (s.log_floor_db / 10):.9e}f, "
            "dense_hann, dense_cosine, dense_sine, dense_mel};\n",
        )
    )


def _floats(name: str, values: NDArray[np.float64]) -> str:
    return f"static const float {name}[] = {{{','.join(f'{value:.9e}f' for value in values)}}};"

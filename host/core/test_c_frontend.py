"""The C core from Python: streaming, shapes, quantisation, and the same bytes however it is compiled."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ..checkout import ROOT
from ..frontend.log_mel.settings import LogMelSettings
from ..frontend.signals import all_signals, noise
from .c_frontend import FrontEnd

pytestmark = pytest.mark.native

SETTINGS = LogMelSettings(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0)
SHAPES = [
    SETTINGS,
    LogMelSettings(8000, 128, 300, 128, 16, 0.0, 4000.0, -80.0),
    LogMelSettings(16000, 400, 160, 512, 64, 20.0, 8000.0, -100.0),
    LogMelSettings(16000, 1024, 1, 1024, 128, 0.0, 8000.0, -100.0),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: f"{s.fft}-{s.hop}")
@given(data=st.data())
@settings(max_examples=30)
def test_pieces_of_any_size_give_the_same_columns(shape: LogMelSettings, data: st.DataObject) -> None:
    front_end = FrontEnd(shape, 0.5, 60)
    samples = noise(shape.sample_rate, shape.samples_for(20) + 57, -6)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(samples)), max_size=12)))
    pieces = [front_end.push(piece) for piece in np.split(samples, cuts)]
    np.testing.assert_array_equal(np.concatenate(pieces), front_end.features(samples))


def test_columns_computed_together_equal_single_ones() -> None:
    for shape in SHAPES:
        front_end = FrontEnd(shape, 0.5, 60)
        for samples in all_signals(shape.sample_rate, shape.samples_for(19)).values():
            first = front_end.push(samples[:1])  # from within a column on, the core goes column by column
            single = np.concatenate([first, front_end.push(samples[1:])])
            front_end.reset()
            np.testing.assert_array_equal(front_end.features(samples), single)


@pytest.mark.parametrize("hop", [1, 64, 128, 129, 300, 1000])
@given(n=st.integers(0, 12_000))
@settings(max_examples=40)
def test_recordings_and_streams_of_any_length(hop: int, n: int) -> None:
    front_end = FrontEnd(LogMelSettings(8000, 100, hop, 128, 4, 0.0, 4000.0, -80.0))
    samples = noise(8000, n, -6)
    cells = front_end.features(samples)
    assert cells.shape == (front_end.settings.columns(n), 4)
    # The whole as one piece of a stream, then more: where the batch ended must not matter.
    more = noise(8000, 3000, -20)
    joined = np.concatenate([front_end.push(samples), front_end.push(more)])
    np.testing.assert_array_equal(joined[: len(cells)], cells)
    np.testing.assert_array_equal(joined, front_end.features(np.concatenate([samples, more])))


def test_reset_forgets_and_recordings_do_not_disturb_a_stream() -> None:
    front_end = FrontEnd(SETTINGS, 0.5, 60)
    samples = noise(8000, 3000, -6)
    whole = front_end.features(samples)
    first = front_end.push(samples[:1111])
    front_end.features(samples[::-1].copy())
    rest = front_end.push(samples[1111:])
    np.testing.assert_array_equal(np.concatenate([first, rest]), whole)
    front_end.reset()
    np.testing.assert_array_equal(front_end.push(samples), whole)


@pytest.mark.parametrize("n", [0, 1, 255, 256, 257, 383, 384])
def test_short_recordings(n: int) -> None:
    front_end = FrontEnd(SETTINGS)
    samples = noise(8000, n, -6)
    assert front_end.features(samples).shape == (SETTINGS.columns(n), 40)
    assert front_end.values(samples).shape == (SETTINGS.columns(n), 40)


def test_cells_are_the_quantised_log_mel() -> None:
    for scale, offset, step, zero in ((1.0, 0.0, 0.5, 60), (0.05, 2.0, 0.02, -3), (-0.1, 3.0, 0.05, 0)):
        shape = LogMelSettings(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0, scale, offset)
        front_end = FrontEnd(shape, step, zero)
        samples = np.concatenate(list(all_signals(8000, 2000).values()))
        exact = (scale * front_end.values(samples) / 65536 + offset) / step + zero
        expected = np.clip(np.round(exact), -128, 127)
        cells = front_end.features(samples)
        assert np.abs(cells - expected).max() <= 1
        clear = np.abs(exact - np.floor(exact) - 0.5) > 1e-3
        np.testing.assert_array_equal(cells[clear], expected[clear])


def test_strided_samples_are_taken_and_wrong_types_refused() -> None:
    front_end = FrontEnd(SETTINGS)
    stereo = np.stack([noise(8000, 2000, -6), noise(8000, 2000, -40)], axis=1)
    np.testing.assert_array_equal(
        front_end.features(stereo[:, 1]), front_end.features(np.ascontiguousarray(stereo[:, 1]))
    )
    wrongs: tuple[Any, ...] = (stereo, stereo[:, 0].astype(np.float32), stereo[:, 0].astype(np.int32))
    for wrong in wrongs:
        with pytest.raises(TypeError, match="int16"):
            front_end.features(wrong)


def digest_program() -> str:
    return (
        "import hashlib, numpy as np\n"
        "from host.core.c_frontend import FrontEnd\n"
        "from host.frontend.log_mel.settings import LogMelSettings as S\n"
        "from host.frontend.signals import all_signals\n"
        "h = hashlib.sha256()\n"
        "for s in (S(8000,256,128,256,40,0.,4000.,-100.), S(8000,128,64,128,16,0.,4000.,-80.),\n"
        "          S(16000,400,160,512,64,20.,8000.,-80.), S(16000,1024,512,1024,128,0.,8000.,-100.)):\n"
        "    for x in all_signals(s.sample_rate, s.samples_for(40)).values():\n"
        "        h.update(FrontEnd(s, 0.4, 60).values(x).tobytes())\n"
        "rng = np.random.default_rng(5)\n"
        "t = np.arange(1024 * 40)\n"
        "for k in range(1, 64, 3):\n"  # in step with a bin: the largest sums there can be
        "    x = np.where(np.cos(2 * np.pi * k * t / 256 + rng.uniform(0, 6)) >= 0, 32767, -32768)\n"
        "    h.update(FrontEnd(S(8000,256,128,256,40,0.,4000.,-100.)).values(x.astype(np.int16)).tobytes())\n"
        "print(h.hexdigest())\n"
    )


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_same_bits_from_16_bit_products_from_vectors_and_at_any_optimisation(tmp_path: Path) -> None:
    compilers = [path for name in ("gcc", "clang", "cc") if (path := shutil.which(name))]
    if not compilers:
        pytest.skip("no C compiler")
    core = ROOT / "firmware" / "core"
    folders = (core / "frontend", ROOT / "firmware" / "x86")
    sources = [str(path) for folder in folders for path in sorted(folder.rglob("*.c"))]
    digests = set()
    builds = [
        (compilers[0], "-O0"),
        (
            compilers[0],
            "-O2",
            '-DFE_ARITH="lx106_arith.h"',
            f"-I{ROOT / 'tools' / 'frontend_bench'}",
            "-DFE_BATCH=0",
        ),
        (compilers[-1], "-O3"),
    ]
    for number, (compiler, *flags) in enumerate(builds):
        library = tmp_path / f"core{number}.so"
        command = [
            compiler,
            "-std=c11",
            "-shared",
            "-fPIC",
            *flags,
            f"-I{core}",
            *sources,
            "-o",
            str(library),
        ]
        subprocess.run(command, check=True)
        environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        done = subprocess.run(
            [sys.executable, "-c", digest_program()],
            cwd=ROOT,
            env={**environment, "HIL_CORE_LIBRARY": str(library)},
            capture_output=True,
            check=True,
        )
        digests.add(done.stdout)
    assert len(digests) == 1

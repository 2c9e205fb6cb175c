"""The tables: the filters are librosa's, the C text says the same as the image."""

import hashlib
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ...checkout import ROOT
from ..settings import SettingsError
from .mixed import LENGTHS
from .settings import FFT_SIZES, LogMelSettings
from .tables import build_tables, c_mel_filters, dense_filters, frontend_image, mel_segments

SETTINGS = LogMelSettings(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0)


@st.composite
def any_settings(draw: st.DrawFn) -> LogMelSettings:
    rate = draw(st.integers(1000, 48_000))
    fft = draw(st.sampled_from((*FFT_SIZES, *LENGTHS)))
    fmax = draw(st.floats(20.0, rate / 2))
    return LogMelSettings(
        sample_rate=rate,
        window=draw(st.integers(16, fft)),
        hop=draw(st.integers(1, 2 * fft)),
        fft=fft,
        bands=draw(st.integers(1, 128)),
        fmin=draw(st.floats(0.0, fmax - 10.0)),
        fmax=fmax,
        log_floor_db=draw(st.floats(-140.0, 0.0)),
    )


def librosa_filters(settings: LogMelSettings) -> NDArray[np.float64]:
    import librosa.filters

    filters: NDArray[np.float64] = librosa.filters.mel(
        sr=settings.sample_rate,
        n_fft=settings.fft,
        n_mels=settings.bands,
        fmin=settings.fmin,
        fmax=settings.fmax,
        htk=False,
        norm="slaney",
        dtype=np.float64,
    )
    return filters


@pytest.mark.filterwarnings("ignore:Empty filters")
@given(any_settings())
def test_the_dense_filters_are_librosas(settings: LogMelSettings) -> None:
    theirs = librosa_filters(settings)
    np.testing.assert_allclose(dense_filters(settings), theirs, atol=1e-9 * theirs.max(initial=1.0))


@given(any_settings())
def test_the_sparse_filters_are_the_dense_ones(settings: LogMelSettings) -> None:
    first, segments, shares = mel_segments(settings)
    assert sum(segments) == len(shares) and len(segments) == settings.bands + 1
    assert first >= 1 and first + len(shares) <= settings.fft // 2
    sparse = np.zeros((settings.bands, settings.fft // 2 + 1))
    k = 0
    for segment, bins in enumerate(segments):
        for _ in range(bins):
            assert 0 <= shares[k] < 65536
            if segment < settings.bands:
                sparse[segment, first + k] += shares[k] / 65536
            if segment > 0:
                sparse[segment - 1, first + k] += 1 - shares[k] / 65536
            k += 1
    np.testing.assert_allclose(sparse, dense_filters(settings, norm=False), atol=2**-16)


@given(any_settings())
def test_the_image_has_the_length_it_names(settings: LogMelSettings) -> None:
    image = frontend_image(build_tables(settings, 0.5, 0))
    assert (
        image[:4] == (b"HFE2" if settings.has_options else b"HFE1")
        and struct.unpack_from("<I", image, 4) == (len(image),)
        and len(image) % 4 == 0
    )


def test_the_image_never_changes_unnoticed() -> None:
    # Device and host recognise each other by this hash: when it changes on purpose, every board must be flashed again.
    image = frontend_image(build_tables(SETTINGS, 0.5, 10))
    assert hashlib.sha256(image).hexdigest() == (
        "ef3fb5d45e278a0cc6c34c8aed2b02a9a939ae3447d73b91d6338b5acc14f1d3"
    )


@pytest.mark.parametrize(
    ("scale", "zero", "cause"),
    [
        (0.0, 0, "input scale"),
        (float("nan"), 0, "input scale"),
        (0.5, 128, "zero point"),
        (1e-9, 0, "one dB"),
    ],
)
def test_quantisers_that_make_no_sense_are_refused(scale: float, zero: int, cause: str) -> None:
    with pytest.raises(SettingsError, match=cause):
        build_tables(SETTINGS, scale, zero)


def test_no_package_is_needed() -> None:
    # PlatformIO and ESP-IDF generate the headers with Pythons of their own.
    program = (
        "import sys; import host.frontend.log_mel.tables as t;"
        "import host.frontend.kinds; from host.frontend.log_mel.settings import LogMelSettings as S;"
        "t.c_mel_filters(t.build_tables(S(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0), 0.5, 0));"
        "assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-S", "-c", program], cwd=ROOT, check=True)


DUMP = r"""
#include <stdint.h>
#include <stdio.h>
#define COUNT(array) (sizeof(array) / sizeof *(array))
TABLES
int main(void)
{
    for (size_t i = 0; i < COUNT(mel_band_db_q16); i++) printf("%d\n", (int)mel_band_db_q16[i]);
    for (size_t i = 0; i < COUNT(mel_shares_q16); i++) printf("%d\n", mel_shares_q16[i]);
    for (size_t i = 0; i < COUNT(mel_segment_bins); i++) printf("%d\n", mel_segment_bins[i]);
    return 0;
}
"""


def test_the_c_text_says_what_the_image_says(tmp_path: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler")
    tables = build_tables(SETTINGS, 0.5, 10)
    text = re.sub("TABLES", lambda _: c_mel_filters(tables), DUMP)
    (tmp_path / "dump.c").write_text(text, encoding="utf-8")
    flags = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
    program = tmp_path / "dump.exe"
    subprocess.run([compiler, *flags, str(tmp_path / "dump.c"), "-o", str(program)], check=True)
    printed = [
        int(word) for word in subprocess.run([program], capture_output=True, check=True).stdout.split()
    ]
    halves = len(tables.shares_q16) + SETTINGS.bands + 1
    start = 48 + 4 * (SETTINGS.fft + len(tables.twiddles))
    assert printed == list(struct.unpack_from(f"<{SETTINGS.bands}i{halves}H", frontend_image(tables), start))

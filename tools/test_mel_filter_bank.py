"""tools/mel_filter_bank.py: what it prints compiles and is librosa's filters."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from host.frontend.log_mel.settings import LogMelSettings
from host.frontend.log_mel.tables import dense_filters
from tools import mel_filter_bank

SCRIPT = Path(mel_filter_bank.__file__)
OPTIONS = ["--sample-rate", "8000", "--fft", "256", "--bands", "40", "--fmin", "150"]
SETTINGS = LogMelSettings(8000, 256, 128, 256, 40, 150.0, 4000.0, -80.0)
PROGRAM = r"""
#include <stdio.h>
#include "mel_filters.h"
int main(void)
{
    for (int band = 0; band < 40; band++)
        for (int bin = 0; bin < 129; bin++)
            printf("%.17g\n", (double)mel_filters[band][bin]);
    return 0;
}
"""


def compiled(folder: Path, program: str) -> list[float]:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler")
    (folder / "main.c").write_text(program, encoding="utf-8")
    binary = folder / "main.exe"
    flags = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{folder}"]
    subprocess.run([compiler, *flags, str(folder / "main.c"), "-o", str(binary)], check=True)
    return [float(word) for word in subprocess.run([binary], capture_output=True, check=True).stdout.split()]


@pytest.mark.parametrize(
    ("options", "norm", "unit"),
    [
        ([], True, 1.0),
        (["--no-norm"], False, 1.0),
        (["--type", "q31"], True, 2.0**-31),
        (["--type", "q15", "--no-norm"], False, 2.0**-15),
    ],
)
def test_the_dense_matrix_is_librosas(tmp_path: Path, options: list[str], norm: bool, unit: float) -> None:
    out = tmp_path / "mel_filters.h"
    assert mel_filter_bank.main([*OPTIONS, "--form", "dense", *options, "--out", str(out)]) == 0
    printed = np.array(compiled(tmp_path, PROGRAM)).reshape(40, 129) * unit
    np.testing.assert_allclose(
        printed, dense_filters(SETTINGS, norm), atol=max(unit if unit < 1 else 0, 1e-8)
    )


def test_the_sparse_form_is_the_firmwares(tmp_path: Path) -> None:
    out = tmp_path / "mel_filters.h"
    assert mel_filter_bank.main([*OPTIONS, "--out", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    program = '#include <stdio.h>\n#include "mel_filters.h"\nint main(void) { int n = 0;\n'
    program += "for (int s = 0; s < 41; s++) n += mel_segment_bins[s];\n"
    program += (
        'printf("%d %d %d\\n", n, (int)(sizeof mel_shares_q16 / 2), (int)mel_band_db_q16[0]); return 0; }\n'
    )
    bins, shares, _ = compiled(tmp_path, program)
    assert bins == shares == 123  # the bins above 150 and below 4000 Hz
    before = out.stat().st_mtime_ns
    assert mel_filter_bank.main([*OPTIONS, "--out", str(out)]) == 0
    assert out.stat().st_mtime_ns == before and out.read_text(encoding="utf-8") == text


def test_a_bundle_gives_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    bundle = SCRIPT.parents[1] / "models" / "default"
    assert mel_filter_bank.main(["--bundle", str(bundle)]) == 0
    assert "mel_segment_bins" in capsys.readouterr().out


def test_a_bundle_of_another_kind_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frontend = {"kind": "waveform", "sample_rate": 16000, "hop": 128}
    (tmp_path / "bundle.json").write_text(json.dumps({"frontend": frontend}), encoding="utf-8")
    assert mel_filter_bank.main(["--bundle", str(tmp_path)]) == 2
    assert "of kind 'waveform'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ([], "--sample-rate is missing"),
        (["--sample-rate", "8000", "--fft", "256"], "--bands is missing"),
        ([*OPTIONS, "--fmax", "9000"], "fmax is 9000"),
        ([*OPTIONS, "--type", "q15"], "dense"),
        (["--bundle", "no/such/folder"], "is missing"),
    ],
)
def test_what_makes_no_sense_is_refused(
    capsys: pytest.CaptureFixture[str], options: list[str], cause: str
) -> None:
    assert mel_filter_bank.main(options) == 2
    assert cause in capsys.readouterr().err


def test_weights_above_one_do_not_fit_fixed_point(capsys: pytest.CaptureFixture[str]) -> None:
    narrow = ["--sample-rate", "1000", "--fft", "1024", "--bands", "128", "--fmin", "0", "--fmax", "100"]
    assert mel_filter_bank.main([*narrow, "--form", "dense", "--type", "q15"]) == 2
    assert "does not fit q15" in capsys.readouterr().err


def test_it_runs_alone_without_packages() -> None:
    done = subprocess.run(
        [sys.executable, "-S", str(SCRIPT), *OPTIONS], capture_output=True, encoding="utf-8", check=True
    )
    assert "mel_shares_q16" in done.stdout

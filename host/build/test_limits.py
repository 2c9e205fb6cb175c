"""Limits that would overrun a buffer are refused by the compiler, which says why."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ..checkout import CORE
from .inputs import c_compiler
from .messages_header import messages_header
from .test_warnings import warning_flags

pytestmark = [pytest.mark.native, pytest.mark.slow]
REFUSED = {
    ("CORE_MAX_FFT=2048",): "CORE_MAX_FFT must be 128, 256, 512 or 1024",
    ("CORE_MAX_FFT=384",): "CORE_MAX_FFT must be 128, 256, 512 or 1024",
    ("CORE_MAX_FFT=64",): "CORE_MAX_FFT must be 128, 256, 512 or 1024",
    ("CORE_MAX_BANDS=2000",): "CORE_MAX_BANDS must be 1 to CORE_MAX_FFT / 2",
    ("CORE_MAX_BANDS=0",): "CORE_MAX_BANDS must be 1 to CORE_MAX_FFT / 2",
    ("CORE_MAX_FFT=128", "CORE_MAX_BANDS=65"): "CORE_MAX_BANDS must be 1 to CORE_MAX_FFT / 2",
    ("CORE_MAX_CELLS=127",): "CORE_MAX_CELLS must be CORE_MAX_BANDS",
    ("CORE_MAX_CELLS=65536",): "CORE_MAX_CELLS must be CORE_MAX_BANDS",
    ("CORE_MAX_CLASSES=0",): "CORE_MAX_CLASSES must be 1 to 255",
    ("CORE_MAX_CLASSES=256",): "CORE_MAX_CLASSES must be 1 to 255",
    ("CORE_MAX_PAYLOAD=1025", "CORE_LINK_TX_BYTES=4096"): "CORE_MAX_PAYLOAD is more than MSG_MAX_PAYLOAD",
    ("CORE_MAX_PAYLOAD=128",): "CORE_MAX_PAYLOAD must hold every answer",
    ("CORE_MAX_PAYLOAD=256", "CORE_MAX_CLASSES=200"): "CORE_MAX_PAYLOAD must hold every answer",
    ("CORE_MAX_PAYLOAD=256", "CORE_MAX_BANDS=253"): "CORE_MAX_PAYLOAD must hold a column of CORE_MAX_BANDS",
    ("CORE_LINK_RX_BYTES=2076",): "must hold at least two full frames",
    ("CORE_LINK_TX_BYTES=2076",): "must hold at least two full frames",
    ("CORE_LINK_RX_BYTES=5630",): "must be multiples of 4",
    ("CORE_LINK_TX_BYTES=32772",): "are at most 32768",
    ('FIRMWARE_VERSION="12.34.56-beta.78X"',): "FIRMWARE_VERSION is longer than its place in INFO",
}
ALLOWED = [
    (),
    ("CORE_MAX_FFT=128", "CORE_MAX_BANDS=64"),
    ("CORE_MAX_BANDS=512", "CORE_MAX_CELLS=65535", "CORE_MAX_CLASSES=255"),
    ("CORE_MAX_BANDS=1", "CORE_MAX_CELLS=1", "CORE_MAX_CLASSES=1"),
    ("CORE_MAX_PAYLOAD=256", "CORE_MAX_BANDS=252", "CORE_LINK_RX_BYTES=544", "CORE_LINK_TX_BYTES=544"),
    ("CORE_LINK_RX_BYTES=32768", "CORE_LINK_TX_BYTES=32768"),
    ('FIRMWARE_VERSION="12.34.56-beta.78"',),
]


@pytest.fixture(scope="module")
def headers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("headers")
    (folder / "messages.h").write_text(messages_header(), encoding="utf-8")
    return folder


def _compile(compiler: str, headers: Path, limits: tuple[str, ...], folder: Path) -> str:
    """What the compiler says of a folder of the core with these limits; empty when it is content."""
    command = [compiler, *warning_flags(), "-fsyntax-only", f"-I{headers}", f"-I{CORE}"]
    command += [*(f"-D{limit}" for limit in limits), *map(str, sorted(folder.rglob("*.c")))]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode == 0) == (done.stderr == "")
    return done.stderr


@pytest.mark.parametrize("limits", REFUSED, ids=" ".join)
def test_a_limit_that_would_overrun_is_refused_with_a_reason(headers: Path, limits: tuple[str, ...]) -> None:
    assert REFUSED[limits] in _compile(str(c_compiler()), headers, limits, CORE / "session")


@pytest.mark.parametrize("limits", ALLOWED, ids=" ".join)
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_limits_that_fit_each_other_compile(headers: Path, compiler: str, limits: tuple[str, ...]) -> None:
    found = shutil.which(compiler)
    if found is None:
        pytest.skip(f"{compiler} is not installed")
    assert _compile(found, headers, limits, CORE) == ""

"""The tests that call the C core, once more on a core that stops at the first undefined behaviour."""

import subprocess
import sys

import pytest

from ..checkout import ROOT
from ..errors import HilError
from .sanitizer import sanitized_environment

pytestmark = pytest.mark.slow

SUITES = ("host/core", "host/link", "host/comparison")
# A third of them all: they ask copies of the front end without sanitizers, and of this one what the other tests of the
# diagnosis ask.
ELSEWHERE = "--ignore=host/comparison/diagnosis/test_diagnose.py"


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    try:
        return sanitized_environment()
    except HilError as error:
        if "could not build" in error.cause:
            raise
        pytest.skip(error.cause)


@pytest.mark.timeout(900)
def test_tests_of_the_core_pass_under_sanitizers(environment: dict[str, str]) -> None:
    # Fewer examples and seeds each: the sanitized core is several times slower.
    options = [
        "-m",
        "native",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--hypothesis-profile=sanitized",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *SUITES, ELSEWHERE],
        cwd=ROOT,
        env={**environment, "LINK_SEEDS": "10"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
    assert " passed" in done.stdout

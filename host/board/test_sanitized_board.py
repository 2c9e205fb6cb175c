"""The whole virtual board under AddressSanitizer and UndefinedBehaviorSanitizer: the board's suite against it."""

import os
import subprocess
import sys

import pytest

from ..checkout import ROOT
from .kinds.virtual import ENVIRONMENT_VARIABLE, PSEUDO_TERMINALS

pytestmark = pytest.mark.slow

# What takes long or measures time shows nothing more here.
SUITE = "not minutes and not twenty and not recordings and not keeps_up and not stimuli and not cutoff"


@pytest.mark.skipif(not PSEUDO_TERMINALS, reason="GCC and Clang have no such sanitizers on Windows")
@pytest.mark.timeout(600)
def test_the_boards_suite_passes_under_sanitizers() -> None:
    environment = {
        **os.environ,
        ENVIRONMENT_VARIABLE: "virtual_sanitize",
        # A finding ends the board, which the suite then misses. Leaks: the core has no heap, and main never returns.
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "hil_tests",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-m",
        "not serial",
    ]
    done = subprocess.run(
        [*command, "-k", SUITE],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=590,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout and "no tests ran" not in done.stdout

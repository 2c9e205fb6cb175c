"""The tests that call the C core, once more on a core that stops at the first undefined behaviour."""

import subprocess
import sys

import pytest

from ..checkout import ROOT
from ..errors import HilError
from .sanitizer import sanitized_environment

pytestmark = pytest.mark.slow

SUITES = ("host/core", "host/link", "host/comparison")
# More than half of them all, in time: they ask copies of the core without sanitizers, which a compiler would build that
# takes three times as long under the runtime, or whole runs on made-up devices ask of this one what other tests ask it.
ELSEWHERE = (
    "--ignore=host/comparison/diagnosis",
    "--ignore=host/comparison/claims/test_claims.py",
    "--ignore=host/comparison/several",
    "--ignore=host/comparison/stimuli/test_thorough.py",
    "--ignore=host/core/test_altered_answers.py",
    "--ignore=host/core/test_altered_front_end.py",
    "--ignore=host/core/test_altered_session.py",
    "--ignore=host/core/test_known_checksums.py",
    "--deselect=host/comparison/test_run.py::test_a_stream_that_the_device_ends_early_is_broken",
    "--deselect=host/core/test_c_frontend.py::"
    "test_the_same_bits_from_16_bit_products_from_vectors_and_at_any_optimisation",
)


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("HIL_CORE_LIBRARY", raising=False)  # it would be taken for the sanitized one
            found = sanitized_environment()
        assert "core_sanitize" in found["HIL_CORE_LIBRARY"]
        return found
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
        [sys.executable, "-m", "pytest", *options, *SUITES, *ELSEWHERE],
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

"""The package as others install it: a wheel, its command, its pytest plugin, in a folder of their own."""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[1]
WAV = ROOT / "models" / "default" / "wav" / "short-chirp.wav"  # begins with the bird
FIVE_LINES = """def test_my_recordings(hil_device, hil_bundle):
    result = hil_device.compare("recordings/dawn.wav")
    assert result.agreed, result
    assert result.latency.total.p99_ms < 50
    assert result.windows[0].scores["bird"] > 0.8
"""
ONE_NAME = """
def test_one_name(hil_device):
    import sys
    names = {name.partition(".")[0] for name in sys.modules}
    assert "audiohil" in names and "host" not in names
"""
BESIDE = (
    "pytest-embedded",
    "pytest-embedded-serial",
    "pytest-xdist",
    "pytest-timeout",
    "pytest-randomly",
    "pytest-cov",
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content; dependencies are those of the tests."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    for name in ("host", "hil_tests", "firmware", "models"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (path for path in ROOT.iterdir() if path.is_file()):
        shutil.copy(path, source)
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(folder / "site"),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if "No matching distribution found for setuptools" in done.stderr:
        pytest.skip("no package index in reach, which has the build's setuptools")
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Somebody's own repository: the five lines of the documentation, and a recording that begins with a bird."""
    (tmp_path / "recordings").mkdir()
    shutil.copy(WAV, tmp_path / "recordings" / "dawn.wav")
    (tmp_path / "test_mine.py").write_text(FIVE_LINES + ONE_NAME, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return tmp_path


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {"PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(installed.parent / "cache")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def content(folder: Path) -> dict[str, str]:
    """Every file's hash, but for what Python compiles."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_wheel_runs_the_main_job_and_writes_nothing_beside_itself(installed: Path, elsewhere: Path) -> None:
    before = content(installed)
    assert not any("/test_" in name for name in before if "hil_tests" not in name)
    done = run(installed, elsewhere, "-m", "audiohil", "run", "--board", "virtual", "recordings")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (elsewhere / "report" / "report.html").is_file()
    assert content(installed) == before
    assert list((installed.parent / "cache" / "audiohil").glob("*/.pio")), "it was built in the user's cache"


def test_the_five_lines_of_the_documentation(installed: Path, elsewhere: Path) -> None:
    assert FIVE_LINES in (ROOT / "docs" / "pytest.md").read_text(encoding="utf-8")
    options = [
        "-q",
        "-p",
        "no:randomly",
        "-p",
        "no:pytest_embedded",
        "--hil-board",
        "virtual",
        "--junitxml",
        "found.xml",
    ]
    done = run(installed, elsewhere, "-m", "pytest", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    suite = ElementTree.parse(elsewhere / "found.xml").getroot()
    of_run = {
        each.get("name"): each.get("value") for each in suite.findall(".//testsuite/properties/property")
    }
    assert {"hil_board", "hil_firmware", "hil_bundle", "hil_bundle_hash"} <= set(of_run)
    of_test = {
        each.get("name"): each.get("value") for each in suite.findall(".//testcase/properties/property")
    }
    assert of_test["hil_agreed"] == "True" and float(of_test["hil_total_p99_ms"] or 0) > 0
    # what differs fails, and names what it is
    (elsewhere / "test_mine.py").write_text(FIVE_LINES.replace("> 0.8", "> 1.8"), encoding="utf-8")
    assert run(installed, elsewhere, "-m", "pytest", *options).returncode == 1


def test_no_board_is_one_message(installed: Path, elsewhere: Path) -> None:
    done = run(
        installed, elsewhere, "-m", "pytest", "-q", "-p", "no:pytest_embedded", "--hil-port", "/dev/none"
    )
    told = done.stdout + done.stderr
    assert done.returncode == 2, told
    assert told.count("/dev/none") < 5 and len(told.splitlines()) < 15, told


def test_it_bears_other_plugins(installed: Path, elsewhere: Path) -> None:
    """Those of Espressif have `--port` and `--baud`, too: the suite's short names give way."""
    missing = [name for name in BESIDE if not _there(name)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    together = ["-q", "-n", "1", "--timeout", "120", "--cov", ".", "--hil-board", "virtual"]
    done = run(installed, elsewhere, "-m", "pytest", *together)
    assert done.returncode == 0, done.stdout + done.stderr
    suite = [
        "--pyargs",
        "audiohil.hil_tests.test_identity",
        "-q",
        "-p",
        "no:cacheprovider",
        "--hil-board",
        "virtual",
    ]
    done = run(installed, elsewhere, "-m", "pytest", *suite)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_suite_runs_from_anywhere(installed: Path, elsewhere: Path) -> None:
    before = content(installed)
    done = run(
        installed, elsewhere, "-m", "audiohil", "test", "-q", "--hil-board", "virtual", "-k", "slot_holds"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert content(installed) == before
    done = run(
        installed, elsewhere, "-m", "audiohil", "test", "-q", "--hil-board", "virtual", "-k", "no_such_test"
    )
    assert done.returncode == 2


def _there(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False

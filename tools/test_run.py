"""tools/run.py on a project of its own whose requirements are empty: real environments, no network."""

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).with_name("run.py")
REQUIREMENTS = "".join(f"# [{name}]\n" for name in ("core", "listen", "train", "check", "dev"))
CLOSED = "http://127.0.0.1:9/simple"  # the discard port: nobody listens


def make_project(folder: Path) -> Path:
    """A folder with the script, empty requirements and a `host` package that prints what it was asked."""
    (folder / "tools").mkdir()
    shutil.copy(SCRIPT, folder / "tools")
    (folder / "requirements.txt").write_text(REQUIREMENTS, encoding="utf-8")
    (folder / "host").mkdir()
    (folder / "host" / "__main__.py").write_text(
        "import sys\nprint('host got', sys.argv[1:], flush=True)\nsys.exit(1)\n", encoding="utf-8"
    )
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project as cloned."""
    return make_project(tmp_path)


@pytest.fixture(scope="module")
def set_up_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("set-up"))
    done = run(folder, "setup")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def ready(set_up_once: Path, tmp_path: Path) -> Path:
    """A project after set-up, to be changed at will: a copy, since making an environment takes seconds."""
    return Path(shutil.copytree(set_up_once, tmp_path / "ready", symlinks=True))


def run(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the project's script with no package index in reach."""
    isolated = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": CLOSED,
        "PIP_RETRIES": "1",
        "PIP_FIND_LINKS": "",
    }
    return subprocess.run(
        [sys.executable, str(project / "tools" / "run.py"), *arguments],
        env={**os.environ, **isolated, **variables},
        cwd=project,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def load(project: Path) -> ModuleType:
    """The project's script as a module."""
    spec = importlib.util.spec_from_file_location("run_under_test", project / "tools" / "run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def script(project: Path) -> ModuleType:
    return load(project)


def test_help_sets_nothing_up(project: Path) -> None:
    done = run(project, "--help")
    assert done.returncode == 0
    assert "tools/run.py hil" in done.stdout
    assert not (project / ".venv").exists()
    assert run(project).returncode == 2


@pytest.mark.slow
def test_sets_up_once_then_starts_at_once_and_hands_the_command_over(project: Path) -> None:
    first = run(project, "hello", "--a", "b c")
    assert first.returncode == 1, first.stderr  # the exit code is the command's
    assert "host got ['hello', '--a', 'b c']" in first.stdout
    stamp = project / ".venv" / "hil-setup.json"
    before = stamp.stat().st_mtime_ns
    start = sum(os.times()[2:4])
    second = run(project, "hello")
    took = sum(os.times()[2:4]) - start  # of processors, by what it started
    assert took < 2.0  # well under a second; a set-up takes several
    assert second.stdout == "host got ['hello']\n" and second.stderr == ""
    assert stamp.stat().st_mtime_ns == before


@pytest.mark.slow
def test_what_is_compiled_is_kept(ready: Path) -> None:
    package = ready / "host"
    (package / "__main__.py").write_text("from host import said\n", encoding="utf-8")
    (package / "said.py").write_text("print('said')\n", encoding="utf-8")
    done = run(ready, "hello", PYTHONDONTWRITEBYTECODE="1")
    assert done.stdout == "said\n", done.stderr
    assert list((package / "__pycache__").glob("said.*.pyc"))


@pytest.mark.slow
def test_commands_that_messages_name_are_this_script(ready: Path) -> None:
    """As it was called, so that they can be pasted; whoever wraps it has the say."""
    (ready / "host" / "__main__.py").write_text(
        "import os; print(os.environ['HIL_PROGRAM'])", encoding="utf-8"
    )
    name = "py " if os.name == "nt" else "python3 "
    script = str(ready / "tools" / "run.py")
    assert run(ready, "hello").stdout.strip() == name + (script if os.name == "nt" else shlex.quote(script))
    assert run(ready, "hello", HIL_PROGRAM="make hil").stdout.strip() == "make hil"


@pytest.mark.slow
def test_a_half_made_environment_is_made_again(ready: Path) -> None:
    venv = ready / ".venv"
    (venv / "hil-setup.json").unlink()  # as when the machine was switched off in the middle
    (venv / "left-over").write_text("", encoding="utf-8")
    done = run(ready, "setup")
    assert done.returncode == 0, done.stderr
    assert "unfinished" in done.stderr
    assert not (venv / "left-over").exists()
    assert (venv / "hil-setup.json").exists()


@pytest.mark.slow
def test_no_network_on_first_set_up_names_cause_and_cure(project: Path) -> None:
    requirements = project / "requirements.txt"
    requirements.write_text(REQUIREMENTS + "no-such-package-of-this-test==1.0\n", encoding="utf-8")
    done = run(project, "setup")
    assert done.returncode == 2
    assert "could not be reached" in done.stderr and "connect to the Internet" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_changed_requirements_out_of_reach_leave_the_working_environment(ready: Path) -> None:
    (ready / ".venv" / "precious").write_text("", encoding="utf-8")
    requirements = ready / "requirements.txt"
    before = requirements.read_text(encoding="utf-8")
    requirements.write_text(REQUIREMENTS + "no-such-package-of-this-test==1.0\n", encoding="utf-8")
    assert run(ready, "setup").returncode == 2
    requirements.write_text(before, encoding="utf-8")
    done = run(ready, "setup")
    assert done.returncode == 0
    assert done.stderr == "" and (ready / ".venv" / "precious").exists()


def test_a_foreign_folder_named_venv_is_not_touched(project: Path) -> None:
    (project / ".venv").mkdir()
    (project / ".venv" / "mine").write_text("", encoding="utf-8")
    done = run(project, "setup")
    assert done.returncode == 2
    assert "was not made by this script" in done.stderr
    assert (project / ".venv" / "mine").exists()


@pytest.mark.parametrize("command", ["hil", "test"])
def test_no_compiler_is_said_before_anything_is_downloaded(project: Path, command: str) -> None:
    done = run(project, command, PATH=str(project), CC="")
    assert done.returncode == 2
    assert "no C compiler found" in done.stderr and "\u2192 install" in done.stderr
    assert not (project / ".venv").exists()
    done = run(project, command, CC="no-such-compiler")
    assert done.returncode == 2
    assert "no-such-compiler" in done.stderr


TWICE_ALL = [["-m", "serial"], ["-m", "not serial"]]


@pytest.mark.parametrize(
    ("arguments", "selections", "has"),
    [
        ([], TWICE_ALL, []),
        (["--fast"], [["-m", "not slow and not serial"]], ["-n"]),
        (["--fast", "-k", "link"], [["-m", "not slow and not serial"]], ["-k", "link"]),
        (["--coverage"], TWICE_ALL, ["--cov", "--cov-report=term"]),
        (["--fast", "--coverage"], [["-m", "not slow and not serial"]], ["--cov"]),
        (["-k", "link"], [["-k", "link"]], []),
    ],
    ids=lambda value: " ".join(map(str, value)) if value and isinstance(value[0], str) else None,
)
def test_which_tests_are_run(
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    selections: list[list[str]],
    has: list[str],
) -> None:
    calls: list[list[str]] = []

    def run_nothing(*words: str) -> int:
        calls.append(list(words))
        return 0

    monkeypatch.setattr(script, "run", run_nothing)
    monkeypatch.chdir(script.ROOT)
    assert script.test(arguments) == 0
    assert [call[:2] for call in calls] == [["-m", "pytest"]] * len(selections)
    assert [call[2:4] for call in calls] == selections
    for call in calls:
        assert set(has) <= set(call)
    if arguments == ["--coverage"]:  # the second pass adds to what the first one counted
        assert "--cov-append" in calls[1] and "--cov-append" not in calls[0]


def test_serial_tests_are_found_without_importing_the_others(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them: one that is missed is run nowhere, as the other pass leaves them out."""
    monkeypatch.chdir(SCRIPT.parents[1])
    files = script.serial_files()
    assert "hil_tests/test_throughput.py" in {Path(file).as_posix() for file in files}
    marks = r"\bmark\.serial\b|add_marker\(.*serial|getattr\(.*mark"
    tests = (path for top in ("hil_tests", "host", "tools") for path in Path(top).rglob("*.py"))
    for path in (path for path in tests if path.name not in ("run.py", "test_run.py")):
        if re.search(marks, path.read_text(encoding="utf-8")):
            assert str(path) in files, "mark a test in its own file, by the marker's full name"


def found(version: tuple[int, int], bits: int = 64, complete: bool = True) -> dict[str, object]:
    return {"version": version, "bits": bits, "machine": "x86_64", "complete": complete}


@pytest.mark.parametrize(
    "others", [{}, {"other": found((3, 9))}, {"other": found((3, 11), bits=32)}, {"other": None}]
)
def test_an_unfitting_python_says_what_to_install(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, others: dict[str, dict[str, object] | None]
) -> None:
    pythons = {sys.executable: found((3, 13)), **others}
    monkeypatch.delenv("HIL_PYTHON", raising=False)
    monkeypatch.setattr(script, "candidates", lambda: iter(pythons))
    monkeypatch.setattr(script, "describe", pythons.get)
    with pytest.raises(script.SetupError, match=r"this one is 3\.13(.|\n)*install one beside it"):
        script.find_python()


def test_a_fitting_python_is_found_among_others(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    pythons = {"new": found((3, 13)), "bare": found((3, 12), complete=False), "good": found((3, 10))}
    monkeypatch.delenv("HIL_PYTHON", raising=False)
    monkeypatch.setattr(script, "candidates", lambda: iter(pythons))
    monkeypatch.setattr(script, "describe", pythons.get)
    assert script.find_python() == "good"
    del pythons["good"]
    with pytest.raises(script.SetupError, match="no venv and ensurepip"):
        script.find_python()


def test_the_named_python_must_fit(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIL_PYTHON", "mine")
    monkeypatch.setattr(script, "describe", {"mine": found((3, 14))}.get)
    with pytest.raises(script.SetupError, match=r"which is 3\.14"):
        script.find_python()
    monkeypatch.setattr(script, "describe", {}.get)
    with pytest.raises(script.SetupError, match="does not run"):
        script.find_python()
    monkeypatch.setattr(script, "describe", {"mine": found((3, 12))}.get)
    assert script.find_python() == "mine"


def test_the_running_python_describes_itself(script: ModuleType) -> None:
    assert script.describe(sys.executable)["version"] == sys.version_info[:2]
    assert script.describe("no-such-python") is None


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "disk is full",
        ),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "PIP_CERT"),
        (
            "WARNING: Retrying after NewConnectionError\n"
            "ERROR: Could not find a version that satisfies the requirement x==1 (from versions: none)",
            "could not be reached",
        ),
        (
            "WARNING: Retrying after ReadTimeoutError\n"
            "ERROR: Could not find a version that satisfies the requirement x==1 (from versions: 2, 3)\n"
            "ERROR: No matching distribution found for x==1",
            "no build for this computer",
        ),
        ("ERROR: Failed building wheel for x", "Failed building wheel"),
    ],
)
def test_what_pip_says_becomes_a_cause_and_a_cure(script: ModuleType, output: str, expected: str) -> None:
    message = str(script.install_error(output))
    assert expected in message and "\u2192" in message and "setup.log" in message


def test_the_stamp_follows_the_python_behind_the_environment(ready: Path) -> None:
    script = load(ready)
    assert script.is_ready(script.EVERYTHING)
    stamp = ready / ".venv" / "hil-setup.json"
    state = json.loads(stamp.read_text(encoding="utf-8"))
    stamp.write_text(
        json.dumps({**state, "python": state["python"] + "-before-an-upgrade"}), encoding="utf-8"
    )
    assert not script.is_ready(script.EVERYTHING)
    stamp.write_text("[]", encoding="utf-8")
    assert not script.is_ready(script.EVERYTHING)


def needs(group: str) -> str:
    """Requirements of which one group cannot be had."""
    return REQUIREMENTS.replace(f"# [{group}]\n", f"# [{group}]\nno-such-package-of-this-test==1.0\n")


@pytest.mark.slow
def test_a_group_is_installed_when_it_is_needed_and_remembered(project: Path) -> None:
    (project / "requirements.txt").write_text(needs("train"), encoding="utf-8")
    core = run(project, "boards")
    assert core.returncode == 1, core.stderr  # the command ran
    failed = run(project, "train")
    assert failed.returncode == 2 and "could not be reached" in failed.stderr
    again = run(project, "boards")  # what failed has not harmed what was there
    assert again.returncode == 1 and again.stderr == ""
    (project / "requirements.txt").write_text(REQUIREMENTS, encoding="utf-8")
    assert run(project, "train").returncode == 1
    stamp = json.loads((project / ".venv" / "hil-setup.json").read_text(encoding="utf-8"))
    assert stamp["groups"] == ["core", "train"]
    assert run(project, "listen").returncode == 1
    quiet = run(project, "train")
    assert quiet.returncode == 1 and quiet.stderr == "", "groups that are there are remembered"


@pytest.mark.parametrize(
    ("command", "arguments", "groups"),
    [
        ("hil", [], ["core"]),
        ("boards", [], ["core"]),
        ("pipeline", [], ["core", "train"]),
        ("listen", [], ["core", "listen"]),
        ("test", ["-k", "x"], ["core", "listen", "train", "check", "dev"]),
        ("setup", [], ["core", "listen", "train", "check", "dev"]),
        ("setup", ["dev"], ["core", "dev"]),
    ],
)
def test_which_groups_a_command_needs(
    script: ModuleType, command: str, arguments: list[str], groups: list[str]
) -> None:
    assert list(script.groups_of(command, arguments)) == groups


def test_a_group_that_does_not_exist_is_refused(project: Path, script: ModuleType) -> None:
    done = run(project, "setup", "everything")
    assert done.returncode == 2 and "no group everything" in done.stderr
    (project / "requirements.txt").write_text("# [core]\n", encoding="utf-8")
    with pytest.raises(script.SetupError, match=r"no heading `# \[train\]`"):
        script.pinned(["core", "train"])


def test_every_command_that_trains_has_tensorflow(script: ModuleType) -> None:
    """Commands whose modules import the loader of TensorFlow, read off their source."""
    from host.cli import COMMANDS
    from host.sources import sources_of

    training = {
        name
        for name, entry in COMMANDS.items()
        if any(path.name == "tensorflow_loading.py" for path in sources_of(f"commands.{entry.module}"))
    }
    trains = {name for name, groups in script.NEEDED.items() if script.TRAIN in groups}
    # what splits imports the pipeline's workspace, and trains nothing
    assert trains == training - {"split"} | {"test"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["hil"], ["hil", "--board", "virtual"]),
        (["hil", "a.wav"], ["hil", "--board", "virtual", "a.wav"]),
        (["hil", "--board", "qemu"], ["hil", "--board", "qemu"]),
        (["hil", "a.wav", "--port=COM3"], ["hil", "a.wav", "--port=COM3"]),
        (["boards"], ["boards"]),
    ],
)
def test_the_main_job_takes_the_virtual_board(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: list[str]
) -> None:
    monkeypatch.delenv("HIL_PORT", raising=False)
    monkeypatch.delenv("HIL_BOARD", raising=False)
    assert script.with_board(arguments) == expected
    monkeypatch.setenv("HIL_PORT", "COM3")
    assert script.with_board(["hil"]) == ["hil"]


def test_old_pythons_can_read_the_script() -> None:
    # What 3.6 cannot parse would hide the message that says which Python to install.
    import ast

    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 6))

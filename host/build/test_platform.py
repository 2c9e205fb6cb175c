"""The local PlatformIO platform and the two build functions, on a small project of their own.

The project has this repository's platformio.ini, platform and build code, and two lines of C instead of the firmware.
"""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ..checkout import ROOT

pytestmark = pytest.mark.slow

OURS = (
    "platformio.ini",
    "firmware/platform",
    "host/__init__.py",
    "host/errors.py",
    "host/invocation.py",
    "host/files.py",
    "host/lock.py",
    "host/checkout.py",
    "host/printable.py",
    "host/strict_json.py",
    "host/sources.py",
    "host/model/__init__.py",
    "host/model/kernel_names.py",
    *(
        f"host/build/{name}.py"
        for name in ("__init__", "inputs", "kernel_choice", "platformio", "core_library", "firmware")
    ),
)

FILES = {
    "firmware/core/add.h": "#ifndef ADD_H\n#define ADD_H\nint add(int a, int b);\n#endif\n",
    "firmware/core/add.c": '#include "add.h"\nint add(int a, int b) { return a + b; }\n',
    "firmware/x86/run.c": "typedef int nothing;\n",
    "firmware/virtual/main.c": '#include "add.h"\n#include "bundle.h"\nint main(void) { return add(BUNDLE_X, 1); }\n',
    "host/link/__init__.py": "",
    "host/build/messages_header.py": "def messages_header():\n    return '/* messages */\\n'\n",
    "host/frontend/settings.py": "",
    "host/frontend/tables.py": "",
    "host/commands/generate.py": "from ..frontend import tables\n",
    "host/frontend/__init__.py": "",
    "host/bundle/load.py": "def load_bundle(folder):\n    return (folder / 'bundle.json').read_text()\n",
    "host/__main__.py": """
import sys
from pathlib import Path
from host.files import write_if_changed

bundle, out = (Path(sys.argv[sys.argv.index(option) + 1]) for option in ("--bundle", "--out"))
write_if_changed(out / "bundle.h", (bundle / "bundle.json").read_text())
""",
    "models/default/bundle.json": "#define BUNDLE_X 2\n",
    "models/other/bundle.json": "#define BUNDLE_X 40\n",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    for name in OURS:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def platformio_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("platformio")


@pytest.fixture
def project(template: Path, platformio_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh copy of the small project, away from the user's PlatformIO."""
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(platformio_dir))
    return Path(shutil.copytree(template, tmp_path / "project"))


def python(project: Path, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in the project; what it prints is its answer."""
    prelude = (
        "from pathlib import Path\n"
        "from host.build.core_library import core_library\n"
        "from host.build.firmware import build_firmware\n"
    )
    environment = {
        key: value for key, value in os.environ.items() if key not in ("HIL_CORE_LIBRARY", "HIL_BUNDLE")
    }
    return subprocess.run(
        [sys.executable, "-c", prelude + code],
        cwd=project,
        env={**environment, "PYTHONPATH": str(project), **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def ok(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


FIRMWARE = "print(build_firmware('virtual', Path('models/{}')))"


def test_core_library_is_built_once_and_again_when_a_source_changes(project: Path) -> None:
    first = Path(ok(python(project, "print(core_library())")))
    built = first.stat().st_mtime_ns
    (project / "firmware" / "core" / "add.c").touch()
    assert Path(ok(python(project, "print(core_library())"))) == first
    assert first.stat().st_mtime_ns == built
    source = project / "firmware" / "core" / "add.c"
    source.write_text(source.read_text(encoding="utf-8").replace("a + b", "a - b"), encoding="utf-8")
    call = "import ctypes; path = core_library(); print(path); print(ctypes.CDLL(str(path)).add(5, 2))"
    path, result = ok(python(project, call)).split("\n")
    assert Path(path) != first and result == "3"


def test_several_processes_asking_at_once_get_one_library(project: Path) -> None:
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(python, project, "print(core_library())") for _ in range(3)]
        paths = {ok(answer.result()) for answer in answers}
    assert len(paths) == 1 and Path(paths.pop()).is_file()


def test_two_bundles_stand_side_by_side_and_unchanged_ones_are_not_built_again(project: Path) -> None:
    programs = [Path(ok(python(project, FIRMWARE.format(name)))) for name in ("default", "other")]
    for _ in range(2):
        assert [subprocess.run([program], check=False).returncode for program in programs] == [3, 41]
        again = python(project, FIRMWARE.format("default"))
        assert Path(ok(again)) == programs[0]
        assert again.stderr == "", "nothing is built, nothing is said"


def test_a_copy_of_a_bundle_uses_the_build_of_the_original(project: Path, tmp_path: Path) -> None:
    original = ok(python(project, FIRMWARE.format("default")))
    shutil.copytree(project / "models" / "default", tmp_path / "copy")
    copy = python(project, f"print(build_firmware('virtual', Path({str(tmp_path / 'copy')!r})))")
    assert ok(copy) == original and copy.stderr == ""


def test_incremental_build_compiles_nothing_when_nothing_changed(project: Path) -> None:
    command = [sys.executable, "-m", "platformio", "run", "-e", "virtual"]  # as a user by hand
    first = subprocess.run(command, cwd=project, capture_output=True, encoding="utf-8", check=True)
    assert "Compiling" in first.stdout
    second = subprocess.run(command, cwd=project, capture_output=True, encoding="utf-8", check=True)
    assert "up to date" in second.stdout and "Compiling" not in second.stdout
    third = subprocess.run(
        command,
        cwd=project,
        env={**os.environ, "HIL_BUNDLE": str(project / "models" / "other")},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert "main.o" in third.stdout and "add.o" not in third.stdout


def test_a_source_that_does_not_compile_is_shown(project: Path) -> None:
    (project / "firmware" / "core" / "add.c").write_text("int add(int a) { return a }\n", encoding="utf-8")
    done = python(project, "print(core_library())")
    assert done.returncode != 0
    assert "HilError: PlatformIO could not build `core`" in done.stderr
    assert "firmware/core/add.c" in done.stderr.replace("\\", "/") and "→ fix" in done.stderr
    assert not (project / ".pio" / "libraries").exists()


def test_a_warning_is_an_error(project: Path) -> None:
    (project / "firmware" / "core" / "add.c").write_text(
        '#include "add.h"\nint add(int a, int b) { unsigned char c = a + b; return c; }\n', encoding="utf-8"
    )
    done = python(project, FIRMWARE.format("default"))
    assert done.returncode != 0 and "conversion" in done.stderr


def test_a_damaged_bundle_is_named_before_anything_is_built(project: Path) -> None:
    (project / "models" / "other" / "bundle.json").unlink()
    done = python(project, FIRMWARE.format("other"))
    assert done.returncode != 0 and "FileNotFoundError" in done.stderr  # the small project's own loader
    assert not list((project / ".pio").glob("bundles/*/virtual/program*"))


def test_no_compiler_names_cause_and_cure(project: Path, tmp_path: Path) -> None:
    for code in ("print(core_library())", FIRMWARE.format("default")):
        done = python(project, code, PATH=str(tmp_path), CC="")
        assert "HilError: no C compiler found" in done.stderr and "→ install" in done.stderr
        done = python(project, code, CC="no-such-compiler")
        assert "no-such-compiler, which the variable CC names" in done.stderr


def test_an_override_that_names_no_file_is_an_error(project: Path, tmp_path: Path) -> None:
    done = python(project, "print(core_library())", HIL_CORE_LIBRARY=str(tmp_path / "none.so"))
    assert "HIL_CORE_LIBRARY names no file" in done.stderr


def test_builds_without_registry_on_a_fresh_computer(project: Path, tmp_path: Path) -> None:
    core_dir = tmp_path / "platformio"
    ok(
        python(
            project,
            "print(core_library())",
            PLATFORMIO_CORE_DIR=str(core_dir),
            HTTPS_PROXY="http://127.0.0.1:9",
        )
    )
    package = core_dir / "packages" / "tool-scons"
    assert json.loads((package / ".piopm").read_text(encoding="utf-8"))["version"] == "4.41101.0"
    assert [path.name for path in (core_dir / "packages").iterdir()] == ["tool-scons"]


def test_a_build_driver_that_is_there_is_left_alone(project: Path, tmp_path: Path) -> None:
    core_dir = tmp_path / "platformio"
    ok(python(project, "print(core_library())", PLATFORMIO_CORE_DIR=str(core_dir)))
    mark = core_dir / "packages" / "tool-scons" / "of-the-user"
    mark.write_text("", encoding="utf-8")
    (project / "firmware" / "core" / "more.c").write_text(
        "extern int more;\nint more = 1;\n", encoding="utf-8"
    )
    ok(python(project, "print(core_library())", PLATFORMIO_CORE_DIR=str(core_dir)))
    assert mark.exists()


@pytest.mark.skipif(
    sys.platform != "linux", reason="the sanitizers' runtime can be loaded first on Linux only"
)
@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ("return a + b;", "signed integer overflow"),
        (
            "static int table[2]; int *volatile at = table; return at[a > 0 ? 3 : b];",
            "global-buffer-overflow",
        ),
    ],
)
def test_the_sanitized_core_stops_at_undefined_behaviour(project: Path, body: str, finding: str) -> None:
    shutil.copy(ROOT / "host" / "build" / "sanitizer.py", project / "host" / "build")
    (project / "firmware" / "core" / "add.c").write_text(
        f'#include "add.h"\nint add(int a, int b) {{ {body} }}\n', encoding="utf-8"
    )
    call = """
import subprocess, sys
from host.build.sanitizer import sanitized_environment
code = "import ctypes, os; ctypes.CDLL(os.environ['HIL_CORE_LIBRARY']).add({}, 1); print('lived on')"
for first in (0, 2**31 - 1):
    done = subprocess.run([sys.executable, "-c", code.format(first)], env=sanitized_environment(), capture_output=True)
    print(done.returncode, done.stdout.decode(), done.stderr.decode())
"""
    harmless, _, harmful = ok(python(project, call)).partition("lived on")
    assert harmless == "0 "
    assert finding in harmful and "lived on" not in harmful

"""The static checks, as tests, so that one command runs everything. pre-commit runs most of them on what changed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from host.build.core_library import BUILD_DIR, core_library

ROOT = Path(__file__).resolve().parents[1]
C_FILES = [
    *sorted(
        path for folder in ("firmware", "tools/frontend_bench") for path in (ROOT / folder).rglob("*.[ch]")
    )
]


def run(*command: str | Path) -> None:
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))[:200]} found:\n{done.stdout}"


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-fix", "--quiet", "."),
        ("ruff", "format", "--check", "--quiet", "."),
        pytest.param(("mypy", "--no-error-summary"), marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_python_is_clean(command: tuple[str, ...]) -> None:
    run(sys.executable, "-m", *command)


@pytest.mark.slow
def test_c_is_formatted() -> None:
    """The tool is pinned in requirements.txt: another version puts some lines otherwise."""
    run(Path(sys.executable).with_name("clang-format"), "--dry-run", "-Werror", *C_FILES)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("cppcheck") is None, reason="needs cppcheck (Debian's package of that name)")
def test_cppcheck_finds_nothing_in_the_core(tmp_path: Path) -> None:
    """A second opinion beside the compilers' warnings; where it is wrong, a comment in the code says why."""
    core_library()  # makes the generated headers
    run(
        *CPPCHECK,
        f"-I{BUILD_DIR / 'core' / 'generated'}",
        "firmware/core",
        "firmware/x86",
        "firmware/virtual",
    )
    # It does find something where there is something, under the same options.
    faulty = tmp_path / "faulty.c"
    faulty.write_text(
        "int last(void);\nint last(void)\n{\n    int a[4] = {0};\n\n    return a[4];\n}\n", encoding="utf-8"
    )
    with pytest.raises(AssertionError, match="arrayIndexOutOfBounds"):
        run(*CPPCHECK, faulty)


CPPCHECK = (
    "cppcheck",
    "--std=c11",
    "--enable=warning,performance,portability",
    "--inline-suppr",
    "--quiet",
    "--error-exitcode=1",
    "--suppress=missingInclude",
    "-Ifirmware/core",
    "-Ifirmware",
)


def test_hooks_are_local_and_their_files_exist() -> None:
    """pre-commit runs what is pinned here, and nothing that it fetches from elsewhere."""
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"- repo: (\S+)", text) == ["local"]
    assert set(re.findall(r"language: (\S+)", text)) == {"system"}
    for named in re.findall(r"(?:host|tools)/\w+\.py", text):
        assert (ROOT / named).is_file(), named
    pinned = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for tool in ("ruff", "mypy", "clang-format", "pre-commit", "pytest"):
        assert re.search(rf"^{tool}==", pinned, re.MULTILINE), tool

"""A fault in one stage of the front end is found by that stage's check, and by no other."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ..build.inputs import c_compiler
from ..checkout import CORE
from .stage_vectors import SHAPES
from .test_c_stages import CHECKS

pytestmark = pytest.mark.slow

# In which file what is changed, and the checks that must see it. Power and mel are one loop in C.
FAULTS = {
    "window: two samples exchanged": (
        "hann.c",
        "samples + (*group++ >> shift)",
        "samples + (*group++ >> shift) + 1",
        {"window"},
    ),
    "window: a sign": (
        "hann.c",
        "fe_wrap((uint32_t)d - (uint32_t)c)",
        "fe_wrap((uint32_t)c - (uint32_t)d)",
        {"window"},
    ),
    "rfft: a rotation": (
        "rfft_steps.h",
        "rotate(&dr, &di, w + 6, up);",
        "rotate(&dr, &di, w + 3, up);",
        {"rfft"},
    ),
    "rfft: a last division": ("rfft_steps.h", "radix4(x, n, 64, w, 1);", "radix4(x, n, 64, w, 0);", {"rfft"}),
    "power: the imaginary part": ("mel.c", "+ (uint32_t)(b * b)", "", {"power", "mel"}),
    "mel: up and down exchanged": (
        "mel.c",
        "segment->up = up;\n    segment->down = (total << 5) - up;",
        "segment->down = up;\n    segment->up = (total << 5) - up;",
        {"mel"},
    ),
    "mel: shares of the bin before": ("mel.c", "power * *at.share)", "power * at.share[-1])", {"mel"}),
    "log: no interpolation": ("log.c", "* fraction_q15", "* 0", {"log"}),
    "log: an octave's table": ("log.c", "17255", "17155", {"log"}),
    "log: the norm left out": ("log.c", "value += *band_db;", "", {"log"}),
    "quantise: no bias": ("quantise.c", "+ bias) >> shift", ") >> shift", {"quantise"}),
    "quantise: saturation": ("quantise.c", "q < 127 ? q : 127", "q < 126 ? q : 126", {"quantise"}),
}


@pytest.fixture(scope="module")
def front_end(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the front end's sources and their objects: a fault compiles again what it changes."""
    folder = tmp_path_factory.mktemp("front_end")
    for path in [*CORE.glob("*.h"), *(path for path in (CORE / "frontend").rglob("*") if path.is_file())]:
        copied = folder / path.relative_to(CORE)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copied)
    for source in (folder / "frontend").rglob("*.c"):
        _compile(source, folder)
    return folder


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_the_check_of_its_stage(fault: str, front_end: Path, tmp_path: Path) -> None:
    name, right, wrong, guilty = FAULTS[fault]
    library = _changed(front_end, tmp_path, name, right, wrong)
    red = set()
    for stage, check in CHECKS.items():
        try:
            check(SHAPES["8 kHz, 256 points"], library)
        except AssertionError:
            red.add(stage)
    assert red == guilty


def _compile(source: Path, *includes: Path) -> None:
    command = [str(c_compiler()), "-std=c11", "-O1", "-fPIC", *(f"-I{folder}" for folder in includes)]
    subprocess.run([*command, "-c", str(source), "-o", str(source.with_suffix(".o"))], check=True)


def _changed(front_end: Path, folder: Path, name: str, right: str, wrong: str) -> Path:
    """A shared library of the front end in which one file of log-mel reads otherwise."""
    kind = shutil.copytree(front_end / "frontend" / "log_mel", folder / "frontend" / "log_mel")
    text = (kind / name).read_text(encoding="utf-8")
    assert len(re.findall(re.escape(right), text)) == 1, f"{name} no longer holds {right!r}"
    (kind / name).write_text(text.replace(right, wrong), encoding="utf-8")
    users = [path for path in kind.glob("*.c") if path.name == name or name in path.read_text("utf-8")]
    assert users
    for source in users:
        _compile(source, folder, front_end)
    others = (path for path in (front_end / "frontend").rglob("*.o") if path.parent.name != "log_mel")
    library = folder / "faulty.so"
    objects = [*sorted(others), *sorted(kind.glob("*.o"))]
    subprocess.run([str(c_compiler()), "-shared", "-o", str(library), *map(str, objects)], check=True)
    return library

"""requirements.txt and pyproject.toml: the same packages in the same groups, each pin within the range."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tools import run

ROOT = Path(__file__).resolve().parents[1]
Key = tuple[str, str]  # name, marker
# A package whose newest release left Python 3.10 behind is pinned twice.
OF_PYTHONS = ('python_version >= "3.11"', 'python_version < "3.11"')


def _toml(path: Path) -> dict[str, Any]:
    reader = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    found: dict[str, Any] = reader.loads(path.read_text(encoding="utf-8"))
    return found


def project() -> dict[str, Any]:
    found: dict[str, Any] = _toml(ROOT / "pyproject.toml")["project"]
    return found


def by_key(lines: list[str]) -> dict[Key, Requirement]:
    parsed = [Requirement(line) for line in lines]
    found = {(each.name, str(each.marker or "")): each for each in parsed}
    assert len(found) == len(parsed), "a package stands twice in a group"
    return found


def declared(group: str) -> dict[Key, Requirement]:
    about = project()
    return by_key(about["dependencies"] if group == run.CORE else about["optional-dependencies"][group])


def pinned(*groups: str) -> list[str]:
    found: list[str] = run.pinned(groups)  # type: ignore[no-untyped-call]
    return found


def test_the_groups_are_the_same() -> None:
    assert {run.CORE, *project()["optional-dependencies"]} == set(run.EVERYTHING)


@pytest.mark.parametrize("group", run.EVERYTHING)
def test_a_group_holds_the_same_packages_and_each_pin_fits(group: str) -> None:
    pins, ranges = by_key(pinned(group)), declared(group)
    split = {name for name, marker in pins if marker in OF_PYTHONS and (name, "") in ranges}
    assert all((name, marker) in pins for name in split for marker in OF_PYTHONS)
    assert {(name, "" if name in split else marker) for name, marker in pins} == set(ranges)
    for (name, marker), pin in pins.items():
        (only,) = pin.specifier
        assert only.operator == "==" or name == "tflite-micro", f"{pin} is no pin"
        wanted = ranges[name, "" if name in split else marker]
        assert wanted.specifier.contains(only.version, prereleases=True), f"{pin}, but {wanted}"


def test_it_is_a_file_of_constraints() -> None:
    """pip takes no extras, no options and no bare names for constraints."""
    for line in pinned(*run.EVERYTHING):
        requirement = Requirement(line)
        assert not requirement.extras and requirement.specifier and requirement.url is None


def test_every_computer_has_reference_kernels_and_only_one() -> None:
    kernels = [each for key, each in declared(run.CORE).items() if key[0] in ("ai-edge-litert", "tensorflow")]
    for system, machine, expected in (
        ("Linux", "x86_64", "ai-edge-litert"),
        ("Linux", "aarch64", "ai-edge-litert"),
        ("Darwin", "arm64", "ai-edge-litert"),
        ("Darwin", "x86_64", "tensorflow"),
        ("Windows", "AMD64", "tensorflow"),
    ):
        here = {"platform_system": system, "platform_machine": machine}
        assert [each.name for each in kernels if each.marker and each.marker.evaluate(here)] == [expected]


def test_pythons_are_the_same_everywhere() -> None:
    fitting = {f"{major}.{minor}" for major, minor in run.FITTING}
    named = {line.rpartition(" ")[2] for line in project()["classifiers"] if "Python :: 3." in line}
    assert named == fitting
    assert project()["requires-python"] == ">=3.10,<3.13"

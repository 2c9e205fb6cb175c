"""Workflows and devcontainer: valid by their schemas, and they call only what runs here."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CALLED = re.compile(r"^\s*- run: (.+)$", re.MULTILINE)


@pytest.mark.slow
@pytest.mark.skipif(
    not importlib.util.find_spec("check_jsonschema"), reason="check-jsonschema is not installed"
)
def test_workflows_fit_their_schema() -> None:
    assert WORKFLOWS
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run(
        [*command, *map(str, WORKFLOWS)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_only_call_scripts_of_this_project(path: Path) -> None:
    calls = CALLED.findall(path.read_text(encoding="utf-8"))
    assert calls
    for call in calls:
        words = call.split()
        script = words[1] if words[0].startswith("python") else words[0]
        assert (ROOT / script).is_file(), call


def test_the_devcontainer_sets_up_with_the_projects_own_script() -> None:
    about = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert (ROOT / about["postCreateCommand"].split()[1]).is_file()

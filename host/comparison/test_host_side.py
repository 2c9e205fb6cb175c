"""What a run tells of this computer."""

import importlib.metadata
import platform
from pathlib import Path

import numpy as np
import pytest

from .host_side import host_versions, telling_names


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        ([], []),
        (["x.wav"], ["x.wav"]),
        (["a/x.wav", "b/y.wav"], ["x.wav", "y.wav"]),
        (["a/x.wav", "b/x.wav", "b/y.wav"], ["a/x.wav", "b/x.wav", "y.wav"]),
        (["1/a/x.wav", "2/a/x.wav", "2/b/x.wav"], ["1/a/x.wav", "2/a/x.wav", "b/x.wav"]),
        (["x.wav", "a/x.wav"], ["x.wav", "a/x.wav"]),
    ],
)
def test_names_have_as_many_folders_as_tell_them_apart(paths: list[str], names: list[str]) -> None:
    assert telling_names([Path(path) for path in paths]) == names


def test_versions_are_those_of_what_computes_here() -> None:
    versions = host_versions()
    assert versions["python"] == platform.python_version()
    assert versions["numpy"] == np.__version__


def test_packages_that_are_not_here_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(package: str) -> str:
        if package != "numpy":
            raise importlib.metadata.PackageNotFoundError(package)
        return "9.9"

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert host_versions() == {"python": platform.python_version(), "numpy": "9.9"}

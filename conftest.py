"""A checkout is not installed: its plugin is loaded here, and an installed one is kept out (pyproject.toml)."""

import contextlib
import gc
import importlib

import pytest

pytest_plugins = ["host.testing.plugin"]


def pytest_collection(session: pytest.Session) -> None:
    """Let each of several workers import a part of the tests before it collects all of them.

    In a fresh checkout tests are rewritten and compiled when they are imported first. Workers that begin alike do that
    for the same ones at the same time; so each finds most of them done.
    """
    worker, config = getattr(session.config, "workerinput", None), session.config
    if worker is None or config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    packages = [
        config.rootpath / name for name in config.args if (config.rootpath / name / "__init__.py").exists()
    ]
    settings, tests = (
        sorted(path for package in packages for path in package.rglob(name))
        for name in ("conftest.py", "test_*.py")
    )
    # settings first, as when tests are collected: a test's own build upon them
    for path in [*settings, *tests[int(worker["workerid"].removeprefix("gw")) :: worker["workercount"]]]:
        # what cannot be imported, or asks to be skipped, is told when it is collected
        with contextlib.suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(path.relative_to(config.rootpath).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what stays until the end: thousands of tests, and all modules."""
    gc.collect()
    gc.freeze()

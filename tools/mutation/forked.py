"""Runs pytest in a child that starts with everything imported: most of a short test run is imports.

A child is forked for each run, so that nothing a mutant does outlives it.
"""

import contextlib
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

POLL_S = 0.01
HUNG = -1
RAN = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)  # of a file whose tests were all left out
OPTIONS = (
    "-x",
    "-q",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-p",
    "no:cov",
    "--hypothesis-profile=mutants",
)
THIRD_PARTIES = ("numpy", "hypothesis", "soundfile", "cffi", "rich", "serial", "psutil", "jinja2", "soxr")


class Recorder:
    """A pytest plugin: how long each test worked, which lines of some files it ran, and what was imported.

    Args:
        sources: folder whose files are looked at, or None.
    """

    def __init__(self, sources: Path | None) -> None:
        self.seconds: dict[str, float] = {}
        # What children take is compilers' where C is tried: objects are kept, and a mutant is one of them.
        self._children = sources is not None
        self._coverage: Any = None
        if sources is not None:
            import coverage

            self._coverage = coverage.Coverage(data_file=None, include=[f"{sources}/*"], config_file=False)
            self._coverage.start()  # before pytest imports anything: constants are made by imports

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """Around a test and its fixtures."""
        if self._coverage is not None:
            self._coverage.switch_context(item.nodeid)
        started = _processor_s(self._children)
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = _processor_s(self._children) - started
            if self._coverage is not None:
                self._coverage.switch_context("")

    def lines(self, root: Path) -> dict[str, dict[int, list[str]]]:
        """Tests by file (relative to `root`) and line; "" where an import ran it."""
        if self._coverage is None:
            return {}
        self._coverage.stop()
        data = self._coverage.get_data()
        return {
            Path(file).relative_to(root).as_posix(): data.contexts_by_lineno(file)
            for file in data.measured_files()
        }


def wait(child: int, wall_s: float) -> int:
    """The exit code of a child that leads a process group, or `HUNG`. Nothing of the group is left."""
    ends = time.monotonic() + wall_s
    code = HUNG
    try:
        while time.monotonic() < ends:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                code = os.waitstatus_to_exitcode(status)
                break
            time.sleep(POLL_S)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)  # and what it started
        if code == HUNG:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)
    return code


def _processor_s(children: bool) -> float:
    """Processor time of this process, and of its ended children if wanted: a busy computer does not stretch it."""
    of = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN) if children else (resource.RUSAGE_SELF,)
    used = [resource.getrusage(who) for who in of]
    return sum(each.ru_utime + each.ru_stime for each in used)


@dataclass(frozen=True)
class Limits:
    """How long a run of tests may take: processor time, which a busy computer does not stretch, and by the clock."""

    processor_s: int
    wall_s: float


class Forked:
    """Runs tests of the checkout in `folder`.

    Args:
        folder: which is imported from, and worked in.
        variables: environment variables of the tests.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._folder = folder
        self._variables = dict(variables)
        self._warm: list[str] = []
        self.said = ""

    def warm_up(self, modules: Iterable[str]) -> None:
        """Import modules now that no mutant will touch; children have them. Those that cannot be are left out."""
        sys.path.insert(0, str(self._folder))
        sys.dont_write_bytecode = True
        for name in (*THIRD_PARTIES, *modules):
            with contextlib.suppress(ImportError):
                importlib.import_module(name)

    def passes(self, tests: Sequence[str], limits: Limits, options: Sequence[str] = ()) -> bool:
        """Whether tests pass in time."""
        return self._run([*options, *tests], limits, None, None) == 0

    def record(
        self, tests: Sequence[str], sources: Path | None, limits: Limits, options: Sequence[str] = ()
    ) -> dict[str, Any] | None:
        """Run tests and return what `Recorder` saw: `seconds`, `lines` and `modules`; None when one fails."""
        result = self._folder / "recorded.json"
        if self._run([*options, *tests], limits, result, sources) not in RAN:
            return None
        recorded: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        return recorded

    def _run(self, arguments: list[str], limits: Limits, result: Path | None, sources: Path | None) -> int:
        """The exit code of pytest in a child; `HUNG` when it took too long."""
        said = self._folder / "said.txt"
        child = os.fork()
        if child == 0:
            code = 70
            try:
                resource.setrlimit(resource.RLIMIT_CPU, (limits.processor_s, limits.processor_s))
                code = self._child(arguments, said, result, sources)
            finally:
                os._exit(code)  # nothing of the parent's may be cleaned up twice
        code = wait(child, limits.wall_s)
        self.said = said.read_text(encoding="utf-8", errors="replace") if said.exists() else ""
        return code

    def _child(self, arguments: list[str], said: Path, result: Path | None, sources: Path | None) -> int:
        os.setpgid(0, 0)
        output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        for stream in (1, 2):
            os.dup2(output, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(self._folder)
        os.environ.update(self._variables)
        recorder = Recorder(sources) if result is not None else None
        plugins = [] if recorder is None else [recorder]
        code = int(pytest.main([*OPTIONS, *arguments], plugins=plugins))
        sys.stdout.flush()
        if recorder is not None and result is not None and code in RAN:
            modules = [name for name in sys.modules if name.split(".")[0] == "host"]
            seen = {"seconds": recorder.seconds, "lines": recorder.lines(self._folder), "modules": modules}
            result.write_text(json.dumps(seen), encoding="utf-8")
        return code

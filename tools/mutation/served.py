"""Runs tests in forks of a pytest that has collected them: neither imports nor collecting are paid for each mutant."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from .forked import OPTIONS, Limits, wait
from .patch import changed_function, replace_code

PASSED, FAILED, BROKE, UNPATCHED = 0, 1, 70, 71


@dataclass(frozen=True)
class Outcome:
    """How a run of tests ended.

    Attributes:
        code: `PASSED`; `UNPATCHED`: the mutant cannot be put into modules that are imported; all else: noticed.
        test: the test that ran last.
    """

    code: int
    test: str


class Served:
    """A pytest that has collected tests and runs those that it is asked for, each time in a fork of itself.

    Args:
        folder: the copy of the checkout.
        variables: environment variables of the tests.
        arguments: of pytest: options and files.
        library: what mutants of C change; no test may have loaded it when the collecting is done.
    """

    def __init__(
        self, folder: Path, variables: Mapping[str, str], arguments: Sequence[str], library: Path
    ) -> None:
        command = [sys.executable, "-m", "tools.mutation.served", str(library), *arguments]
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.ready = self._answer().code == PASSED

    def run(self, ids: Sequence[str], limits: Limits, file: str = "", mutated: str = "") -> Outcome:
        """Run tests by their ids, with the Python `file` as `mutated` says."""
        question = {"ids": list(ids), "processor_s": limits.processor_s, "wall_s": limits.wall_s}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({**question, "file": file, "mutated": mutated}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Outcome:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return Outcome(**json.loads(line)) if line else Outcome(BROKE, "")

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Server:
    """A pytest plugin: instead of running what was collected it answers questions.

    Args:
        library: see `Served`.
        questions, answers: streams of JSON, one a line.
    """

    def __init__(self, library: Path, questions: IO[str], answers: IO[str]) -> None:
        self._library = library
        self._questions = questions
        self._answers = answers

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Answer until there are no more questions."""
        loaded = Path("/proc/self/maps")
        if session.testsfailed or (loaded.exists() and str(self._library) in loaded.read_text()):
            self._say(BROKE, "")
            return True
        self._say(PASSED, "")
        items = {item.nodeid: item for item in session.items}
        for line in self._questions:
            question = json.loads(line)
            chosen = [items[each] for each in question["ids"] if each in items]
            self._say(*_forked(chosen, question))
        return True

    def _say(self, code: int, test: str) -> None:
        self._answers.write(json.dumps({"code": code, "test": test}) + "\n")
        self._answers.flush()


def _forked(items: list[pytest.Item], question: dict[str, Any]) -> tuple[int, str]:
    """Run tests in a child; returns its exit code and the test that ran last."""
    with tempfile.TemporaryFile() as last:
        child = os.fork()
        if child == 0:
            code = BROKE
            try:
                os.setpgid(0, 0)
                resource.setrlimit(resource.RLIMIT_CPU, (question["processor_s"], question["processor_s"]))
                code = _run(items, question, last.fileno())
            finally:
                os._exit(code)  # nothing of the parent's may be cleaned up twice
        code = wait(child, question["wall_s"])
        last.seek(0)
        return code, last.read().decode()


def _run(items: list[pytest.Item], question: dict[str, Any], last: int) -> int:
    file = question["file"]
    if file:
        changed = changed_function(Path(file).read_text(encoding="utf-8"), question["mutated"], file)
        try:
            if changed is None or not replace_code(changed):
                return UNPATCHED
        except ValueError:
            return UNPATCHED
    for item, following in zip(items, [*items[1:], None], strict=True):
        os.ftruncate(last, 0)
        os.pwrite(last, item.nodeid.encode(), 0)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if item.session.testsfailed:
            return FAILED
    return PASSED


def main() -> None:
    """Serve on the standard streams; what tests print goes nowhere."""
    library, *arguments = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    questions = os.fdopen(os.dup(0))
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(quiet, stream)
    sys.dont_write_bytecode = True
    pytest.main([*OPTIONS, "-s", *arguments], plugins=[Server(Path(library), questions, answers)])


if __name__ == "__main__":
    main()

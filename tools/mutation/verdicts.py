"""What was judged before, kept until what it was judged by changes: a run that was stopped goes on where it was."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .mutant import Mutant


@dataclass(frozen=True)
class Verdict:
    """Whether a mutant survives.

    Attributes:
        survives: nobody noticed it.
        test: the test that did, or "".
        same: the compiler makes the same code of it as of the original, so that nobody can.
    """

    survives: bool
    test: str = ""
    same: bool = False


class Verdicts:
    """Verdicts in a file, one a line, the last one of a mutant counts.

    A mutant that was noticed needs no second look while its own file and that of the test are as they were; one that
    survived needs one as soon as any of the tests that it met has changed.

    Args:
        path: the file; it need not exist.
        root: what mutants' and tests' files are relative to.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self._path = path
        self._root = root
        self._hashes: dict[str, str] = {}
        self._known: dict[str, tuple[str, Verdict]] = {}
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                self._known[entry["mutant"]] = entry["by"], Verdict(entry["survives"], entry["test"])

    def of(self, mutant: Mutant, tests: Sequence[str]) -> Verdict | None:
        """The verdict on a mutant that meets `tests`, files or ids, or None when it has to be tried."""
        by, verdict = self._known.get(_name(mutant), ("", Verdict(True)))
        met = {test.partition("::")[0] for test in tests}
        if not verdict.survives and verdict.test.partition("::")[0] not in met:
            return None  # noticed by a test that this run does not have
        return verdict if by and by == self._judged_by(mutant, tests, verdict) else None

    def keep(self, mutant: Mutant, tests: Sequence[str], verdict: Verdict) -> None:
        """Write a verdict down."""
        by = self._judged_by(mutant, tests, verdict)
        self._known[_name(mutant)] = by, verdict
        entry = {"mutant": _name(mutant), "by": by, "survives": verdict.survives, "test": verdict.test}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")

    def _judged_by(self, mutant: Mutant, tests: Sequence[str], verdict: Verdict) -> str:
        judges = tests if verdict.survives else [verdict.test]
        files = sorted({each.split("::")[0] for each in judges} - {""})
        return hashlib.sha256("".join(map(self._hash, [mutant.file, *files])).encode()).hexdigest()[:16]

    def _hash(self, file: str) -> str:
        if file not in self._hashes:
            path = self._root / file
            paths = [path] if path.is_file() else sorted(path.rglob("*.py"))
            digest = hashlib.sha256(file.encode())
            for each in paths:
                digest.update(each.read_bytes())
            self._hashes[file] = digest.hexdigest()
        return self._hashes[file]


def _name(mutant: Mutant) -> str:
    return f"{mutant.file}:{mutant.line}: {mutant.change}"

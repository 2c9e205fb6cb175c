"""A copy of the checkout in which mutants are tried."""

import hashlib
import json
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from .forked import Forked, Limits
from .mutant import Mutant

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "cache" / "mutants"  # what tests do without a mutant takes minutes to find out
COPIED = ("host", "firmware", "models/default", "platformio.ini", "pyproject.toml", "hil_tests", "tools")
UNHURRIED = Limits(1800, 3600.0)  # for tests without any mutant
SLOWER, SPARE_S = 3, 10  # processor time beyond what tests take: the mutant hangs, which counts as noticed
WAITING = 10  # times that by the clock
SKIPPED = (
    "--deselect=host/core/test_session.py::test_a_field_more_in_info_needs_no_other_change",
    "-m",
    "not serial",
)  # the one is about the host


class Bench:
    """A copy, and tests that run in it.

    Args:
        folder: for the copy; exists.
        compiler: of the C core.
        budget_s: of tests for one mutant: the quickest of those that could notice it, as many as fit, three at least.
    """

    LEAST = 3

    def __init__(self, folder: Path, compiler: str, budget_s: float = float("inf")) -> None:
        self._folder = folder
        self._compiler = compiler
        self._budget_s = budget_s
        self._seconds: dict[str, float] = {}
        self._lines: dict[str, dict[int, set[str]]] = {}
        for name in COPIED:
            source, target = ROOT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "wav", "node_modules")
                shutil.copytree(source, target, ignore=ignored)
            else:
                shutil.copy(source, target)
        self._objects = folder / "objects"
        self._objects.mkdir()
        self._generate()
        scratch = folder / "scratch"
        scratch.mkdir()
        self._forked = Forked(
            folder,
            {
                "LINK_SEEDS": "4",
                "HIL_CORE_LIBRARY": str(self.library),
                "HIL_OBJECTS": str(self._objects),
                "TMPDIR": str(scratch),  # targets that a test built; a killed one leaves them
                "PYTHONDONTWRITEBYTECODE": "1",
            },
        )
        self._scratch = scratch

    def _generate(self) -> None:
        code = "import sys; from pathlib import Path; from host.build.headers import generate; "
        code += "from host.bundle.load import load_bundle; "
        code += "generate(load_bundle(Path('models/default')), Path('objects'))"
        subprocess.run([sys.executable, "-c", code], cwd=self._folder, check=True)

    @property
    def library(self) -> Path:
        """The core as tests call it."""
        return self._objects / "core.so"

    @property
    def said(self) -> str:
        """What the last run of tests printed."""
        return self._forked.said

    def build(self, changed: str | None = None) -> bool:
        """Compile what is not compiled, and link; False when it does not compile."""
        firmware = self._folder / "firmware"
        include = [f"-I{self._objects}", f"-I{firmware / 'core'}", f"-I{firmware}"]
        objects = []
        for source in sorted([*(firmware / "core").rglob("*.c"), *(firmware / "x86").glob("*.c")]):
            name = source.relative_to(self._folder).as_posix()
            target = self._objects / (name.replace("/", "-") + ".o")
            objects.append(target)
            if target.exists() and name != changed:
                continue
            command = [self._compiler, "-std=c11", "-O1", "-fPIC", "-w", *include, "-c", str(source)]
            if _fails([*command, "-o", str(target)]):
                return False
        return not _fails([self._compiler, "-shared", *map(str, objects), "-o", str(self.library)])

    def record(self, tests: Sequence[str], sources: str | None) -> bool:
        """Run tests without any mutant; with `sources` (a folder) find out which tests run which of its lines.

        Returns:
            Whether they pass.
        """
        folder = None if sources is None else self._folder / sources
        kept = KEPT / f"{self._fingerprint(tests)}.json"
        if kept.is_file():
            seen = json.loads(kept.read_text(encoding="utf-8"))
        else:
            seen = self._forked.record(tests, folder, UNHURRIED, SKIPPED)
            if seen is None:
                return False
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(seen), encoding="utf-8")
        self._seconds |= seen["seconds"]
        for file, lines in seen["lines"].items():
            known = self._lines.setdefault(file, {})
            for line, ids in lines.items():
                known.setdefault(int(line), set()).update(ids)
        self._forked.warm_up(_unmutated(seen["modules"], sources))
        return True

    def _fingerprint(self, tests: Sequence[str]) -> str:
        """Of all that the outcome of `tests` without a mutant depends on."""
        digest = hashlib.sha256(repr(tests).encode())
        for path in sorted(
            [*(self._folder / "host").rglob("*.py"), *(self._folder / "firmware").rglob("*.[ch]")]
        ):
            digest.update(path.relative_to(self._folder).as_posix().encode() + path.read_bytes())
        return digest.hexdigest()[:16]

    def tests_of(self, mutant: Mutant) -> list[str] | None:
        """The tests that run a mutant's statement, quickest first; None when that is not known of its file."""
        lines = self._lines.get(mutant.file)
        if lines is None:
            return None if not self._lines else []
        statement = range(mutant.first_line, mutant.last_line + 1)
        found: set[str] = set().union(*(lines.get(line, ()) for line in statement))
        if not found and any(line in lines for line in statement):
            found = set().union(*lines.values())  # run by the import alone: whoever uses the file may notice
        return self._affordable(sorted(found, key=lambda test: self._seconds.get(test, 0.0)))

    def _affordable(self, tests: list[str]) -> list[str]:
        spent = 0.0
        chosen: list[str] = []
        for test in tests:
            spent += self._seconds.get(test, 0.0)
            if spent > self._budget_s and len(chosen) >= self.LEAST:
                break
            chosen.append(test)
        return chosen

    def survives(self, mutant: Mutant, tests: Sequence[str]) -> bool:
        """Whether nobody notices a mutant. One that does not compile is noticed.

        Args:
            mutant: what is tried.
            tests: the files that should notice it, where nothing better is known.
        """
        chosen = self.tests_of(mutant)
        if chosen is not None and not chosen:
            return True  # no test runs it
        ids = list(tests) if chosen is None else chosen
        expected_s = sum(s for test, s in self._seconds.items() if test in ids or test.split("::")[0] in ids)
        path = self._folder / mutant.file
        original = path.read_text(encoding="utf-8")
        path.write_text(mutant.source(), encoding="utf-8")
        is_c = path.suffix == ".c"
        try:
            limit = SPARE_S + SLOWER * round(expected_s)
            limits = Limits(limit, WAITING * limit)
            return (not is_c or self.build(mutant.file)) and self._forked.passes(ids, limits, SKIPPED)
        finally:
            path.write_text(original, encoding="utf-8")
            if is_c:
                self.build(mutant.file)
            self._tidy()

    def _tidy(self) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(exist_ok=True)


def _fails(command: list[str]) -> bool:
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode != 0


def _unmutated(modules: Iterable[str], sources: str | None) -> list[str]:
    """Modules that no mutant and no test touches: those of packages below the mutated one."""
    packages = list(runpy.run_path(str(ROOT / "host" / "order.py"))["ORDER"])
    if sources is not None:
        packages = packages[: packages.index(Path(sources).name)]
    safe: list[str] = []
    for name in modules:
        parts = name.split(".")[1:]
        if not parts or parts[0] not in packages:
            continue
        if not parts[-1].startswith(("test_", "conftest")) and parts[-1] != "fakes":
            safe.append(name)
    return safe

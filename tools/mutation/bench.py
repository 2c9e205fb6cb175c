"""A copy of the checkout in which mutants are tried."""

import hashlib
import importlib
import importlib.util
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .forked import Forked, Limits
from .mutant import Mutant
from .served import PASSED, UNPATCHED, Served
from .verdicts import Verdict, Verdicts

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "cache" / "mutants"  # what tests do without a mutant takes minutes to find out
COPIED = ("host", "firmware", "models/default", "platformio.ini", "pyproject.toml", "hil_tests", "tools")
UNHURRIED = Limits(1800, 3600.0)  # for tests without any mutant
SLOWER, SPARE_S = 3, 3  # processor time beyond what tests take: the mutant hangs, which counts as noticed
IMPORTS_S = 10  # more, where modules have to be imported
# With every kind, as the library of the tests. Optimised: many a mutant that changes nothing is the same code then.
# A local array that is written past its end must show.
FLAGS = ("-std=c11", "-O2", "-fPIC", "-w", "-fstack-protector-strong", "-DFE_ALL_KINDS")
MUTANT = "mutant.o"
WAITING = 10  # times that by the clock
COMPILING_S = 120  # by the clock, where tests compile the mutant once more
SKIPPED = (
    "--deselect=host/core/test_session.py::test_a_field_more_in_info_needs_no_other_change",
    "--timeout=0",  # limits are those of `Limits`: beside a tracer, or on a busy computer, everything takes longer
)  # the one is about the host


class Bench:
    """A copy, and tests that run in it.

    Args:
        folder: for the copy; exists.
        compiler: of the C core.
        budget_s: of tests for one mutant: the quickest of those that could notice it, as many as fit, three at least.
        slow: whether tests that are marked so belong to them.
    """

    LEAST = 3

    def __init__(
        self, folder: Path, compiler: str, budget_s: float = float("inf"), slow: bool = True
    ) -> None:
        self._options = (*SKIPPED, "-m", "not serial" if slow else "not serial and not slow")
        self._folder = folder
        self._compiler = compiler
        self._budget_s = budget_s
        self._seconds: dict[str, float] = {}
        self._lines: dict[str, dict[int, set[str]]] = {}
        for name in COPIED:
            source, target = ROOT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "node_modules")
                shutil.copytree(source, target, ignore=ignored)
            else:
                shutil.copy(source, target)
        self._noticed_by: dict[str, Counter[str]] = {}
        self._served: Served | None = None
        self._verdicts = Verdicts(KEPT / "verdicts.jsonl", folder)
        self._headers = ""
        self._warm: set[str] = set()
        self._objects = folder / "objects"
        self._objects.mkdir()
        self._generate()
        scratch = folder / "scratch"
        scratch.mkdir()
        self._variables = {
            "LINK_SEEDS": "4",
            "HIL_CORE_LIBRARY": str(self.shared_object),
            "HIL_OBJECTS": str(self._objects),
            "TMPDIR": str(scratch),  # targets that a test built; a killed one leaves them
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._forked = Forked(folder, self._variables)
        self._scratch = scratch

    def _generate(self) -> None:
        code = "import sys; from pathlib import Path; from host.build.headers import generate; "
        code += "from host.bundle.load import load_bundle; "
        code += "generate(load_bundle(Path('models/default')), Path('objects'))"
        subprocess.run([sys.executable, "-c", code], cwd=self._folder, check=True)

    @property
    def shared_object(self) -> Path:
        """The core as tests call it."""
        return self._objects / "core.so"

    @property
    def said(self) -> str:
        """What the last run of tests printed."""
        return self._forked.said

    def build(self, changed: str | None = None) -> bool:
        """Compile what is not compiled and the file that has a mutant, and link; False when it does not compile."""
        firmware = self._folder / "firmware"
        include = [f"-I{self._objects}", f"-I{firmware / 'core'}", f"-I{firmware}"]
        objects = []
        for source in sorted([*(firmware / "core").rglob("*.c"), *(firmware / "x86").glob("*.c")]):
            name = source.relative_to(self._folder).as_posix()
            target = self._object_of(name)
            if name == changed:
                target = self._objects / MUTANT
            objects.append(target)
            if target.exists() and name != changed:
                continue
            kept = self._kept_object(source)
            if not kept.exists():
                command = [self._compiler, *FLAGS, *include, "-c", str(source)]
                if _fails([*command, "-o", str(target)]):
                    return False
                if name != changed:
                    shutil.copy(target, kept)
            else:
                shutil.copy(kept, target)
        return not _fails([self._compiler, "-shared", *map(str, objects), "-o", str(self.shared_object)])

    def _object_of(self, name: str) -> Path:
        return self._objects / (name.replace("/", "-") + ".o")

    def _same_code(self, name: str) -> bool:
        """Whether what was compiled last, a mutant of that file, is what the file itself is."""
        return (self._objects / MUTANT).read_bytes() == self._object_of(name).read_bytes()

    def _kept_object(self, source: Path) -> Path:
        """Where an object is kept from one run to the next."""
        if not self._headers:
            digest = hashlib.sha256(" ".join([self._compiler, *FLAGS]).encode())
            for header in sorted([*(self._folder / "firmware").rglob("*.h"), *self._objects.glob("*.h")]):
                digest.update(header.read_bytes())
            self._headers = digest.hexdigest()
        digest = hashlib.sha256(f"{self._headers} {source.name}".encode() + source.read_bytes())
        folder = KEPT / "objects"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{digest.hexdigest()[:32]}.o"

    def record(self, tests: Sequence[str], sources: str | None) -> bool:
        """Run tests without any mutant; with `sources` (a folder) find out which tests run which of its lines.

        Returns:
            Whether they pass.
        """
        folder = None if sources is None else self._folder / sources
        modules: set[str] = set()
        for test in self._files(tests):
            kept = KEPT / f"{self._fingerprint(test, sources)}.json"
            if kept.is_file():
                seen = json.loads(kept.read_text(encoding="utf-8"))
            else:
                seen = self._forked.record([test], folder, UNHURRIED, self._options)
                if seen is None:
                    return False
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_text(json.dumps(seen), encoding="utf-8")
            self._seconds |= seen["seconds"]
            modules |= set(seen["modules"])
            for file, lines in seen["lines"].items():
                known = self._lines.setdefault(file, {})
                for line, ids in lines.items():
                    known.setdefault(int(line), set()).update(ids)  # "": an import
        self._warm |= set(_unmutated(modules, sources, self._host("order.py")["ORDER"]))
        return True

    def serve(self, tests: Sequence[str]) -> None:
        """Collect tests, which makes the trying of mutants quicker."""
        scratch = f"--basetemp={self._scratch / 'pytest'}"
        arguments = [scratch, *self._options, *self._files(tests)]
        self._served = Served(self._folder, self._variables, arguments, self.shared_object)
        if not self._served.ready:
            self.close()

    def close(self) -> None:
        """End what serves tests."""
        if self._served is not None:
            self._served.close()
            self._served = None

    def _files(self, tests: Sequence[str]) -> list[str]:
        found: list[str] = []
        for test in tests:
            path = self._folder / test
            files = [path] if path.is_file() else sorted(path.rglob("test_*.py"))
            found += [file.relative_to(self._folder).as_posix() for file in files]
        return found

    def _fingerprint(self, test: str, sources: str | None) -> str:
        """Of all that the outcome of a file of tests without a mutant depends on."""
        digest = hashlib.sha256(f"{test} {sources} {self._options}".encode())
        root = self._folder  # the checkout may change meanwhile
        around = [folder / "conftest.py" for folder in (root / test).parents if root in folder.parents]
        modules = [
            ".".join(path.relative_to(root / "host").with_suffix("").parts)
            for path in (root / test, *filter(Path.is_file, around))
        ]
        paths = set(self._host("sources.py")["sources_of"](*modules))
        if sources is None:
            paths |= set((root / "firmware").rglob("*.[ch]"))
        for path in sorted(paths):
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
        return digest.hexdigest()[:16]

    def _host(self, file: str) -> dict[str, Any]:
        """What a file of the host defines. Forks import the copy's `host`, so this process must not import any."""
        name = f"host_of_{self._folder.name.replace('-', '_')}"  # one of its own
        if name not in sys.modules:
            place = self._folder / "host"
            spec = importlib.util.spec_from_file_location(
                name, place / "__init__.py", submodule_search_locations=[str(place)]
            )
            assert spec is not None and spec.loader is not None
            sys.modules[name] = package = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(package)
        return vars(importlib.import_module(f"{name}.{Path(file).stem}"))

    def tests_of(self, mutant: Mutant) -> list[str] | None:
        """The tests that run a mutant's statement, quickest first; None when that is not known of its file."""
        lines = self._lines.get(mutant.file)
        if lines is None:
            return None if not self._lines else []
        statement = range(mutant.first_line, mutant.last_line + 1)
        found: set[str] = set().union(*(lines.get(line, ()) for line in statement))
        if self._imports_run(mutant) or (not found - {""} and any(line in lines for line in statement)):
            # run by an import, at times within a test that is the first to need the file: whoever uses it may notice,
            # and who is named after it
            own = f"test_{Path(mutant.file).name}"
            named = {test for test in self._seconds if Path(test.split("::")[0]).name == own}
            found = named.union(*lines.values())
            if not found - {""}:
                found = set(self._seconds)  # constants alone: no test runs a line, and any may notice
        return self._affordable(found - {""}, mutant.file)

    def _imports_run(self, mutant: Mutant) -> bool:
        """Whether an import runs the mutant's statement: what it computed then is no mutant's."""
        lines = self._lines.get(mutant.file, {})
        return any("" in lines.get(line, ()) for line in range(mutant.first_line, mutant.last_line + 1))

    def _affordable(self, tests: Iterable[str], file: str) -> list[str]:
        """The quickest, as many as the budget allows; those that noticed most mutants of the file go first."""
        noticed = self._noticed_by.get(file, Counter())
        spent = 0.0
        chosen: list[str] = []
        # one that takes long keeps no quick ones out, however much it noticed
        for test in sorted(tests, key=lambda each: (self._seconds.get(each, 0.0), each)):
            spent += self._seconds.get(test, 0.0)
            if spent > self._budget_s and len(chosen) >= self.LEAST:
                break
            chosen.append(test)
        return sorted(chosen, key=lambda each: -noticed[each])

    def judge(self, mutant: Mutant, tests: Sequence[str]) -> Verdict:
        """Whether nobody notices a mutant. One that does not compile is noticed; one of the same code is none.

        Args:
            mutant: what is tried.
            tests: the files that should notice it, where nothing better is known.
        """
        chosen = self.tests_of(mutant)
        if chosen is None:
            files = set(self._files(tests))
            known = [test for test in self._seconds if test.split("::")[0] in files]
            chosen = _file_by_file(self._affordable(known, mutant.file)) or list(tests)
        verdict = self._verdicts.of(mutant, chosen)
        if verdict is None:
            verdict = self._try(mutant, chosen) if chosen else Verdict(True)  # no test runs it
            if not verdict.same:
                self._verdicts.keep(mutant, chosen, verdict)
        if verdict.test:
            self._noticed_by.setdefault(mutant.file, Counter())[verdict.test] += 1
        return verdict

    def _try(self, mutant: Mutant, tests: Sequence[str]) -> Verdict:
        path = self._folder / mutant.file
        original = path.read_text(encoding="utf-8")
        is_c = path.suffix == ".c"
        expected_s = round(sum(self._seconds.get(test, 0.0) for test in tests))
        try:
            if self._served is not None:
                limit = SPARE_S + SLOWER * expected_s
                limits = Limits(limit, WAITING * limit + (COMPILING_S if is_c else 0))
                if is_c:
                    path.write_text(mutant.source(), encoding="utf-8")
                    if not self.build(mutant.file):
                        return Verdict(False)
                    if self._same_code(mutant.file):
                        return Verdict(False, same=True)
                    outcome = self._served.run(tests, limits)
                else:
                    outcome = self._served.run(tests, limits, mutant.file, mutant.source())
                sure = outcome.code != PASSED or is_c or not self._imports_run(mutant)
                if outcome.code != UNPATCHED and sure:
                    return Verdict(outcome.code == PASSED, outcome.test)
            # What imports compute has no mutant unless they are done anew.
            self._forked.warm_up(sorted(self._warm))
            self._warm.clear()
            path.write_text(mutant.source(), encoding="utf-8")
            limit = IMPORTS_S + SPARE_S + SLOWER * expected_s
            limits = Limits(limit, WAITING * limit)
            built = not is_c or self.build(mutant.file)
            return Verdict(built and self._forked.passes(tests, limits, self._options))
        finally:
            path.write_text(original, encoding="utf-8")
            self._tidy()

    def _tidy(self) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(exist_ok=True)


def _file_by_file(tests: Sequence[str]) -> list[str]:
    """Tests of one file stand together, where the first of them stood: its fixtures are made once."""
    places: dict[str, int] = {}
    for test in tests:
        places.setdefault(test.partition("::")[0], len(places))
    return sorted(tests, key=lambda test: places[test.partition("::")[0]])


def _fails(command: list[str]) -> bool:
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode != 0


def _unmutated(modules: Iterable[str], sources: str | None, order: Iterable[str]) -> list[str]:
    """Modules that no mutant and no test touches: those of packages below the mutated one."""
    packages = list(order)
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

"""Builds C sources with every small change of their code in them as a shared library: which is made is a number.

Built once for a state of the sources, with the compiler that builds the core.
"""

import hashlib
import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import HilError
from ..files import atomic_write
from ..lock import file_lock
from .alteration import BOUND, SELECTOR, Alteration
from .alterations import WHOLE
from .core_library import LIBRARIES, SUFFIX
from .inputs import c_compiler, compiler_identity
from .kept_locals import COLUMN

FLAGS = ("-std=c11", "-O1", "-w", "-fPIC", "-shared", "-fno-strict-aliasing", "-fwrapv")
BUILD_S = 300.0
MOST_ROUNDS = 20
ALONE_ROUNDS = 12  # in which single changes are left out; then it is what their lines have of a kind
Texts = dict[str, str]
_LINE = re.compile(r"#line (\d+)$")
_CHOSEN = re.compile(rf"{SELECTOR} == (\d+)")


@dataclass
class Skipped:
    """What cannot be chosen among in C.

    Attributes:
        lines: by file and line, how much of it is left as it is: see `alterations.altered`.
        alone: single changes: their file, line, what is before and after them.
    """

    lines: dict[tuple[str, int], int] = field(default_factory=dict)
    alone: set[tuple[str, int, str, str]] = field(default_factory=set)

    def of(self, file: str) -> tuple[dict[int, int], set[tuple[int, str, str]]]:
        """The same of one file."""
        lines = {line: how for (other, line), how in self.lines.items() if other == file}
        return lines, {tuple(rest) for other, *rest in self.alone if other == file}  # type: ignore[misc]

    def as_json(self) -> str:
        """For a file."""
        lines = sorted([*line, how] for line, how in self.lines.items())
        return json.dumps({"lines": lines, "alone": sorted(self.alone)})

    @classmethod
    def of_json(cls, text: str) -> "Skipped":
        """From a file."""
        values = json.loads(text)
        lines = {(str(file), int(line)): int(how) for file, line, how in values["lines"]}
        return cls(lines, {(file, line, before, after) for file, line, before, after in values["alone"]})


@dataclass(frozen=True)
class Altered:
    """A library to be built.

    Attributes:
        name: of its file, before the hash of its sources.
        what: it in words.
        top: the folder among the texts below which alterations name their files.
        texts: all sources by their places and their alterations, but for some lines, which stay as they are.
        folders: among the texts, that headers are looked for in.
        flags: for the compiler, beside FLAGS.
    """

    name: str
    what: str
    top: str
    texts: Callable[[Skipped], tuple[Texts, tuple[Alteration, ...]]]
    folders: tuple[str, ...]
    flags: tuple[str, ...] = ()


def altered_library(wanted: Altered) -> tuple[Path, tuple[Alteration, ...]]:
    """Return the library and its alterations; number n of them is made while the global `fe_change` is n + 1.

    Raises:
        HilError: no C compiler, or it does not compile.
    """
    identity = hashlib.sha256(f"{compiler_identity(c_compiler())} {wanted.flags}".encode())
    for name, text in sorted(wanted.texts(Skipped())[0].items()):
        identity.update(f"{name}\0{text}\0".encode())
    # what is made of lines that do not compile shows only once it was tried
    for path in sorted(Path(__file__).parent.glob("*.py")):
        identity.update(path.read_bytes())
    library = LIBRARIES / f"{wanted.name}-{identity.hexdigest()[:16]}{SUFFIX}"
    if not (library.exists() and _beside(library).exists()):
        LIBRARIES.mkdir(parents=True, exist_ok=True)
        with file_lock(LIBRARIES / "altered.lock"):
            if not (library.exists() and _beside(library).exists()):
                atomic_write(_beside(library), _build(wanted, library).as_json())
                _forget_others(wanted, library)
    skipped = Skipped.of_json(_beside(library).read_text(encoding="utf-8"))
    return library, wanted.texts(skipped)[1]


def _beside(library: Path) -> Path:
    """The file that says which lines were left as they are."""
    return library.with_suffix(".skipped.json")


def _build(wanted: Altered, library: Path) -> Skipped:
    """Build it; returns what had to be left as it is, because it does not compile."""
    skipped = Skipped()
    only: set[str] = set()  # files that did not compile the last time
    for turn in range(MOST_ROUNDS):
        texts, alterations = wanted.texts(skipped)
        said = _compile(wanted, texts, library, only) if only or not turn else ""
        if not said:
            said = _compile(wanted, texts, library, built=True)
        if not said:
            return skipped
        only = {f"{wanted.top}/{file}" for file, *_ in _errors(wanted, said)}
        if not _skip(wanted, texts, alterations, said, skipped, alone=turn < ALONE_ROUNDS):
            break
    raise HilError(f"{wanted.what} does not compile: {said[:500]}", "report this")


def _skip(
    wanted: Altered,
    texts: Texts,
    alterations: tuple[Alteration, ...],
    said: str,
    skipped: Skipped,
    alone: bool,
) -> bool:
    """Leave out what a compiler's errors are about: single changes where they can be told, else kinds of a line.

    Returns:
        Whether that was possible.
    """
    errors = _errors(wanted, said)
    before = len(skipped.alone)
    wrong: set[tuple[str, int]] = set()
    for file, line, column in errors:
        number = _chosen(texts.get(f"{wanted.top}/{file}", ""), line, column) if alone else 0
        what = alterations[number - 1] if 0 < number <= len(alterations) else None
        if what is None or (what.file, what.line) != (file, line):
            wrong.add((file, line))
        else:
            skipped.alone.add((what.file, what.line, what.before, what.after))
    left_out = len(skipped.alone) > before
    if not left_out:
        wrong = wrong or {(file, line) for file, line, _ in errors}
    if all(skipped.lines.get(line) == WHOLE for line in wrong):
        return left_out
    skipped.lines |= {line: min(skipped.lines.get(line, 0) + 1, WHOLE) for line in wrong}
    return True


def _errors(wanted: Altered, said: str) -> list[tuple[str, int, int]]:
    """Of each error the altered file, the line and the column, 0 where that is not said."""
    error = re.compile(
        rf"(?:^|/){re.escape(wanted.top)}/(\S+?):(\d+)(?::(\d+))?: (?:fatal )?error", re.MULTILINE
    )
    return [(file, int(line), int(column or 0)) for file, line, column in error.findall(said)]


def _chosen(text: str, line: int, column: int) -> int:
    """The number of the change in which a place of an altered file lies; 0: in none.

    Lines are counted as the compiler counts them. Of a function there may be two, one of them without changes.
    """
    number, chosen = 0, list[str]()
    for each in text.split("\n"):
        number += 1
        if told := _LINE.match(each):
            number = int(told[1]) - 1
        elif number == line:
            chosen += _CHOSEN.findall(each[:column])
    return int(chosen[-1]) if chosen else 0


def _compile(
    wanted: Altered, texts: Texts, library: Path, only: Collection[str] = (), built: bool = False
) -> str:
    """What the compiler says of errors; empty when there are none. Unless it is `built`, it only looks for them.

    Of files these are looked at `only`; of none all are. Headers are where they are included.
    """
    texts = {**texts, "change.c": f"int {SELECTOR}, {BOUND};\nunsigned {COLUMN};\n"}
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        root = Path(folder)
        for name, text in texts.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sources = [str(path) for path in sorted(root.rglob("*.c"))]
        if only and all(each.endswith(".c") for each in only):
            sources = [str(root / each) for each in sorted(only)]
        part = root / library.name
        headers = [f"-I{root / each}" for each in wanted.folders]
        output = ("-o", str(part)) if built else ("-fsyntax-only",)
        command = [str(c_compiler()), *FLAGS, *wanted.flags, *headers, *output]
        try:
            done = subprocess.run(
                [*command, *sources], capture_output=True, text=True, timeout=BUILD_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HilError(f"{wanted.what} was not built: {error}", "run it again") from error
        if done.returncode:
            return done.stderr or "it ended without a word"
        if built:
            part.replace(library)
        return ""


def _forget_others(wanted: Altered, library: Path) -> None:
    for path in library.parent.glob(f"{wanted.name}-*"):
        if path not in (library, _beside(library)):
            try:
                path.unlink()
            except OSError:  # Windows keeps a library that some process has loaded
                continue

"""Builds C sources with every small change of their code in them as a shared library: which is made is a number.

Built once for a state of the sources, with the compiler that builds the core.
"""

import hashlib
import json
import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
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
Skipped = dict[tuple[str, int], int]  # a file's line, and how much of it is left as it is
Texts = dict[str, str]


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
    for name, text in sorted(wanted.texts({})[0].items()):
        identity.update(f"{name}\0{text}\0".encode())
    # what is made of lines that do not compile shows only once it was tried
    for path in sorted(Path(__file__).parent.glob("*.py")):
        identity.update(path.read_bytes())
    library = LIBRARIES / f"{wanted.name}-{identity.hexdigest()[:16]}{SUFFIX}"
    if not (library.exists() and _beside(library).exists()):
        LIBRARIES.mkdir(parents=True, exist_ok=True)
        with file_lock(LIBRARIES / "altered.lock"):
            if not (library.exists() and _beside(library).exists()):
                skipped = _build(wanted, library)
                atomic_write(
                    _beside(library), json.dumps(sorted([*line, how] for line, how in skipped.items()))
                )
                _forget_others(wanted, library)
    skipped = {
        (str(file), int(line)): int(how)
        for file, line, how in json.loads(_beside(library).read_text(encoding="utf-8"))
    }
    return library, wanted.texts(skipped)[1]


def _beside(library: Path) -> Path:
    """The file that says which lines were left as they are."""
    return library.with_suffix(".skipped.json")


def _build(wanted: Altered, library: Path) -> Skipped:
    """Build it; returns the lines that had to be left as they are, because the altered ones do not compile."""
    error = re.compile(
        rf"(?:^|/){re.escape(wanted.top)}/(\S+?):(\d+)(?::\d+)?: (?:fatal )?error", re.MULTILINE
    )
    skipped: Skipped = {}
    for _ in range(MOST_ROUNDS):
        said = _compile(wanted, skipped, library, alone=("-fsyntax-only",)) or _compile(
            wanted, skipped, library
        )
        wrong = {(file, int(line)) for file, line in error.findall(said)}
        if not said:
            return skipped
        if all(skipped.get(line) == WHOLE for line in wrong):
            break
        skipped |= {line: min(skipped.get(line, 0) + 1, WHOLE) for line in wrong}
    raise HilError(f"{wanted.what} does not compile: {said[:500]}", "report this")


def _compile(wanted: Altered, skipped: Skipped, library: Path, alone: tuple[str, ...] = ()) -> str:
    """What the compiler says of errors; empty when there are none. With `alone`, it only looks for them."""
    texts = {**wanted.texts(skipped)[0], "change.c": f"int {SELECTOR}, {BOUND};\nunsigned {COLUMN};\n"}
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        root = Path(folder)
        for name, text in texts.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sources = [str(path) for path in sorted(root.rglob("*.c"))]
        part = root / library.name
        headers = [f"-I{root / each}" for each in wanted.folders]
        output = alone or ("-o", str(part))
        command = [str(c_compiler()), *FLAGS, *wanted.flags, *headers, *output]
        try:
            done = subprocess.run(
                [*command, *sources], capture_output=True, text=True, timeout=BUILD_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HilError(f"{wanted.what} was not built: {error}", "run it again") from error
        if done.returncode:
            return done.stderr or "it ended without a word"
        if not alone:
            part.replace(library)
        return ""


def _forget_others(wanted: Altered, library: Path) -> None:
    for path in library.parent.glob(f"{wanted.name}-*"):
        if path not in (library, _beside(library)):
            try:
                path.unlink()
            except OSError:  # Windows keeps a library that some process has loaded
                continue

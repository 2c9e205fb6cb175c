"""Compiled C sources, kept by their content: many tests build the core, each a little differently."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from ..build.inputs import compiler_identity
from ..checkout import ROOT
from ..files import atomic_write

KEPT = ROOT / ".pio" / "objects"
MOST = 3000  # a day's work of someone who edits headers; the oldest go


def compiled_objects(
    compiler: Sequence[str], sources: Sequence[Path], folders: Sequence[Path], environment: Mapping[str, str]
) -> list[Path]:
    """Compile what is not yet compiled, and return an object for each source.

    An object is that of its source as the preprocessor leaves it: a header with the limits of another bundle changes
    few of them. The variable HIL_OBJECTS names the folder that keeps them, for tools/mutants.py.

    Args:
        compiler: the command with its options, but for those that follow from the other arguments.
        sources: C files.
        folders: where their headers lie, beside the source's own.
        environment: of the compiler.

    Raises:
        CalledProcessError: a source does not compile.
    """
    kept = Path(os.environ.get("HIL_OBJECTS") or KEPT)
    kept.mkdir(parents=True, exist_ok=True)
    own = f"{compiler_identity(Path(compiler[0]))} {[each for each in compiler[1:] if not each.startswith('-D')]}"
    headers = sha256(repr(compiler).encode() + own.encode())
    for header in (path for folder in folders for path in sorted(folder.rglob("*.h"))):
        headers.update(header.read_bytes())
    objects = []
    for source in sources:
        command = [*compiler, *(f"-I{folder}" for folder in (*folders, source.parent)), str(source)]
        # As it was the last time: not even the preprocessor has to run.
        quick = headers.copy()
        quick.update(str(source).encode() + source.read_bytes())
        remembered = kept / f"{quick.hexdigest()}.txt"
        if not remembered.exists():
            done = subprocess.run([*command, "-E", "-P"], env=environment, check=True, stdout=subprocess.PIPE)
            key = sha256(f"{own} {source.name} ".encode() + done.stdout)
            atomic_write(remembered, key.hexdigest())
        compiled = kept / f"{remembered.read_text(encoding='utf-8')}.o"
        objects.append(compiled)
        if compiled.exists():
            compiled.touch()
        else:
            _compile([*command, "-c"], compiled, environment)
    _forget_old(kept)
    return objects


def _compile(command: Sequence[str], compiled: Path, environment: Mapping[str, str]) -> None:
    # Another process may compile the same: the last one's replaces the others'.
    with tempfile.TemporaryDirectory(dir=compiled.parent) as folder:
        part = Path(folder) / compiled.name
        subprocess.run([*command, "-o", str(part)], env=environment, check=True)
        part.replace(compiled)


def _forget_old(kept: Path) -> None:
    for kind in ("*.o", "*.txt"):
        found = sorted(kept.glob(kind), key=lambda path: path.stat().st_mtime)
        for path in found[:-MOST]:
            path.unlink(missing_ok=True)

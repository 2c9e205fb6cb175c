"""Builds the shared library of `firmware/core` when its sources changed."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from host.errors import HilError

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "firmware" / "core"
OUT = ROOT / ".pio" / "core"


def core_library() -> Path:
    """Return the path of the core's shared library, built first when it is missing or stale.

    Raises:
        HilError: no C compiler, or the core does not compile.
    """
    override = os.environ.get("HIL_CORE_LIBRARY")
    if override:
        return Path(override)
    from host.link.c_header import messages_header

    sources = sorted(CORE.glob("*.c"))
    generated = OUT / "generated"
    generated.mkdir(parents=True, exist_ok=True)
    (generated / "messages.h").write_text(messages_header(), encoding="utf-8")
    digest = hashlib.sha256()
    for path in sorted([*CORE.glob("*.[ch]"), generated / "messages.h"]):
        digest.update(path.name.encode() + path.read_bytes())
    library = OUT / f"core-{digest.hexdigest()[:16]}.so"
    if not library.exists():
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            raise HilError("no C compiler found (looked for cc, gcc, clang)", "install one, e.g. `apt install gcc`")
        part = library.with_suffix(f".{os.getpid()}.part")
        command = [compiler, "-std=c11", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Wconversion"]
        subprocess.run(
            [*command, "-I", str(CORE), "-I", str(generated), "-o", str(part), *map(str, sources)], check=True
        )
        part.replace(library)
    return library

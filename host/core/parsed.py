"""cffi's interface of C declarations, parsed once: its parser alone takes a tenth of a second to load."""

import contextlib
import hashlib
import tempfile
from pathlib import Path
from typing import Any

from ..checkout import ROOT
from ..files import atomic_write

KEPT = ROOT / ".pio" / "cffi"  # a Python file for each text of declarations and version of cffi
NAME = "parsed"


def parsed(declarations: str, folder: Path = KEPT) -> Any:
    """Return cffi's interface with these declarations, for libraries opened with its `dlopen`.

    Args:
        declarations: C, as `FFI.cdef` takes it.
        folder: where what was parsed is kept; where that cannot be, it is parsed each time.
    """
    import _cffi_backend

    key = hashlib.sha256(f"{_cffi_backend.__version__}\0{declarations}".encode()).hexdigest()[:16]
    path = folder / f"{key}.py"
    names: dict[str, Any] = {"__name__": NAME}
    try:
        exec(compile(path.read_text(encoding="ascii"), str(path), "exec"), names)
    except (OSError, ValueError, SyntaxError):  # not there, or damaged
        return _parse(declarations, path)
    return names["ffi"]


def _parse(declarations: str, path: Path) -> Any:
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(declarations)
    ffi.set_source(NAME, None, compiler_verbose=False)  # else it says on standard output what it writes
    with (
        contextlib.suppress(OSError),
        tempfile.TemporaryDirectory() as part,
    ):  # else the next one parses it again
        ffi.emit_python_code(str(Path(part, path.name)))
        atomic_write(path, Path(part, path.name).read_bytes())
    return ffi

"""The page's templates, compiled once: that takes longer than filling them in."""

import contextlib
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment

FOLDER = Path(__file__).parent


def environment(**options: Any) -> "Environment":
    """Return jinja2's environment for the templates beside this module, with the options of `Environment`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(FOLDER, encoding="utf-8"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        bytecode_cache=_cache(),
        **options,
    )


def _cache() -> "BytecodeCache | None":
    """What was compiled before; None where nothing can be kept. jinja2 holds it against the template's text."""
    import platformdirs
    from jinja2 import FileSystemBytecodeCache
    from jinja2.bccache import Bucket

    class Cache(FileSystemBytecodeCache):
        def dump_bytecode(self, bucket: Bucket) -> None:
            with contextlib.suppress(OSError):  # a full disk is no reason to lose a report
                super().dump_bytecode(bucket)

    # what is compiled depends on the options, too
    ours = zlib.crc32((FOLDER / "html.py").read_bytes(), zlib.crc32(Path(__file__).read_bytes()))
    folder = Path(platformdirs.user_cache_dir("audiohil", appauthor=False)) / f"templates-{ours:08x}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return Cache(str(folder))

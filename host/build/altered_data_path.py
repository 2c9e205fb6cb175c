"""The firmware's session with every small change of some of its code in it, as shared libraries: a number makes one.

It is what the diagnosis compares a board with that takes samples, fills the model's input, decides or tells results
otherwise, or answers requests otherwise. The data path is what audio goes through beside the front end's kinds: from
AUDIO to columns, windows, outputs and detections. `host/core/replayed_session.c` stands in the place of the link and of
the hardware; `host/core/known_checksums.c` remembers checksums of images.
"""

from functools import cache, partial
from pathlib import Path

from ..checkout import CORE
from .alteration import Alteration
from .alterations import altered
from .altered_library import Altered, Skipped, Texts, altered_library
from .inputs import files_of
from .messages_header import messages_header
from .right_code import with_right_code
from .struct_members import members_alike

HARNESS = tuple(
    Path(__file__).parent.parent / "core" / name for name in ("replayed_session.c", "known_checksums.c")
)
# The core's functions that the harness has others for, which call these
COMPUTED = {
    "bundle/sha256.c": ("sha256_of(", "sha256_computed("),
    "link/crc32.c": ("uint32_t crc32_of(", "uint32_t crc32_computed("),
}
ALTERED = (
    "session/audio.c",
    "session/results.c",
    "frontend/frontend.c",
    "detect/stream.c",
    "detect/detector.c",
    "detect/threshold.c",
    "detect/argmax.c",
    "detect/n_of_m.c",
    "detect/mean_window.c",
    "bundle/model_ends.c",
)
# What relates a window's columns to one another, of the kinds that do
WINDOWED = (
    *ALTERED,
    "frontend/mfcc/dct.c",
    "frontend/mfcc_top/mfcc_top.c",
    "frontend/normalised/level_bytes.c",
    "frontend/normalised/normalised.c",
    "frontend/normalised/window.c",
)
ANSWERING = (
    "session/answers.c",
    "session/audio.c",
    "session/deploy.c",
    "session/echo.c",
    "session/info.c",
    "session/live.c",
    "session/model.c",
    "session/proof.c",
    "session/restart.c",
    "session/results.c",
    "session/session.c",
    "session/tensor.c",
    "bundle/bundle_image.c",
    "bundle/slot.c",
    "frontend/log_mel/image.c",  # which lays out what a proof is of
)  # what makes an answer of a request
# What makes a window of cells that are sent as they are
TENSORS = ("session/tensor.c", *WINDOWED)
NEEDED_OF_LINK = ("link/crc32.c",)
LIMITS = ("-DFE_ALL_KINDS", "-DCORE_MAX_CELLS=65535", "-DCORE_MAX_CLASSES=128")


@cache
def altered_session() -> tuple[Path, tuple[Alteration, ...]]:
    """Return the library and its alterations; number n of them is made while the global `fe_change` is n + 1.

    Raises:
        HilError: no C compiler, or it does not compile.
    """
    return library_of("session", ALTERED)


@cache
def altered_windows() -> tuple[Path, tuple[Alteration, ...]]:
    """As `altered_session`, with changes of what relates a window's columns to one another besides.

    Raises:
        HilError: no C compiler, or it does not compile.
    """
    return library_of("windows", WINDOWED)


@cache
def altered_tensors() -> tuple[Path, tuple[Alteration, ...]]:
    """As `altered_windows`, with changes of what takes a window that is sent by itself.

    Raises:
        HilError: no C compiler, or it does not compile.
    """
    return library_of("tensors", TENSORS)


@cache
def altered_answers() -> tuple[Path, tuple[Alteration, ...]]:
    """As `altered_session`, with changes of what answers requests.

    Raises:
        HilError: no C compiler, or it does not compile.
    """
    return library_of("answers", ANSWERING)


def library_of(name: str, files: tuple[str, ...]) -> tuple[Path, tuple[Alteration, ...]]:
    """As `altered_session`, with changes of some files of the core.

    Args:
        name: of the library's file, before the hash of its sources.
        files: below `firmware/core`.

    Raises:
        HilError: no C compiler, or it does not compile.
    """
    texts = partial(_texts, files)
    return altered_library(Altered(name, f"the altered {name}", "core", texts, ("core", "."), LIMITS))


def _texts(files: tuple[str, ...], skipped: Skipped) -> tuple[Texts, tuple[Alteration, ...]]:
    found: list[Alteration] = []
    members = members_alike(path.read_text(encoding="utf-8") for path in sorted(CORE.rglob("*.h")))
    texts = {
        "messages.h": messages_header(),
        **{path.name: path.read_text(encoding="utf-8") for path in HARNESS},
    }
    rights, changed = Texts(), Texts()
    for path in sorted(files_of([CORE])):
        name = path.relative_to(CORE).as_posix()
        if path.suffix not in (".c", ".h") or (
            name.startswith("link/") and path.suffix == ".c" and name not in NEEDED_OF_LINK
        ):
            continue
        text = path.read_text(encoding="utf-8")
        if name in files:
            left, dropped = skipped.of(name)
            rights[name] = text
            text, more = altered(name, text, len(found) + 1, left, members, dropped=dropped)
            changed[name] = text
            found += more
        given, other = COMPUTED.get(name, ("", ""))
        texts[f"core/{name}"] = text.replace(given, other)
    for name, text in with_right_code(rights, changed, found).items():
        texts[f"core/{name}"] = text
    return texts, tuple(found)

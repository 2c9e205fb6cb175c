"""What a kind of front end provides. Standard library only: header generation runs in any Python."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .settings import FrontEndSettings

MAGIC = b"HFE2"
NAME_BYTES = 16  # FE_KIND_BYTES in firmware/core/frontend/frontend.h


def _no_headers(tables: object) -> Mapping[str, str]:
    del tables
    return {}


@dataclass(frozen=True)
class Kind:
    """A kind of front end. Its folder has the same name as its C folder in firmware/core/frontend.

    Attributes:
        name: bundle.json's `frontend.kind`.
        folder: of both sides; the C side's `fe_kind` is called `fe_` and this.
        settings: the class of its settings.
        tables: computes what depends on the settings, the model's input scale and its zero point; raises SettingsError.
        image: the bytes that the C side's `open` reads, from the tables.
        parts: the C side's kinds that settings need, its own first; others than `folder` where it is made of several.
        normaliser: where cells depend on all of a window: what makes them of its columns, from the tables.
        fft_limit: the name of the most points of an FFT that the C side takes, in firmware/core/core_limits.h.
        headers: what else a build generates for people to read: a file's name and its C text, from the tables.
    """

    name: str
    folder: str
    settings: type[FrontEndSettings]
    tables: Callable[[Any, float, int], Any]
    image: Callable[[Any], bytes]
    fft_limit: str = "CORE_MAX_FFT"
    headers: Callable[[Any], Mapping[str, str]] = _no_headers
    normaliser: Callable[[Any], Any] | None = None
    parts: Callable[[Any], tuple[str, ...]] | None = None

    def linked(self, settings: FrontEndSettings) -> tuple[str, ...]:
        """Return the C side's kinds that settings need, the one that opens the image first."""
        return (self.folder,) if self.parts is None else self.parts(settings)


def image_of(name: str, body: bytes) -> bytes:
    """Return the image of a kind: the head that all have (`fe_image_head`), then `body`, padded to a multiple of 4."""
    body += bytes(-len(body) % 4)
    head = MAGIC + (8 + NAME_BYTES + len(body)).to_bytes(4, "little")
    return head + name.encode("ascii").ljust(NAME_BYTES, b"\0") + body

"""Names made safe and kept distinct: what two texts differ in, their names differ in, or an error names both.

A label stays Unicode. Where a name must be plain ASCII, it is a transliteration (anyascii), and a short hash of the
text keeps apart what is written alike. ASCII texts keep the names they always had: lower case, `-` for the rest.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from anyascii import anyascii

from .errors import HilError

MOST_BYTES = 60
"""Of UTF-8: a label has 63 bytes in a bundle, and file systems want suffixes beside it."""
_RESERVED = {"con", "prn", "aux", "nul", *(f"{kind}{i}" for kind in ("com", "lpt") for i in range(1, 10))}
_SEPARATOR = "/"
_KEPT = "LMNS"  # letters, marks, numbers, symbols


def label_name(text: str, otherwise: str = "unnamed") -> str:
    """`text` as a label, also the name of a folder: NFC, lower case, without separators and invisible characters.

    Args:
        text: anything.
        otherwise: the name of an empty text.
    """
    text = unicodedata.normalize("NFC", text)
    name = re.sub(f"{_SEPARATOR}+", "-", "".join(_of_label(character) for character in text.lower()))
    return _finished(unicodedata.normalize("NFC", name), text, otherwise)


def plain_name(text: str, otherwise: str = "unnamed") -> str:
    """`text` in ASCII letters, digits, `-` and `_`; what was more than ASCII gets a hash.

    Args:
        text: anything.
        otherwise: the name of an empty text.
    """
    text = unicodedata.normalize("NFC", text)
    name = re.sub(r"[^a-z0-9_-]+", "-", anyascii(text).lower())
    if text.isascii():
        return _finished(name, text, otherwise)
    ending = f"-{short_hash(text)}"
    return (name.strip("-_")[: MOST_BYTES - len(ending)].rstrip("-_") or otherwise) + ending


def shortened(text: str, most_bytes: int) -> str:
    """`text` when it has at most `most_bytes` of UTF-8, else its start and a hash of the whole."""
    content = text.encode("utf-8", "replace")
    if len(content) <= most_bytes:
        return text
    ending = f"-{short_hash(text)}"
    return content[: most_bytes - len(ending)].decode("utf-8", "ignore").rstrip("-_ ") + ending


def short_hash(text: str) -> str:
    """Eight hexadecimal digits that tell texts apart."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def check_distinct(
    pairs: Iterable[tuple[str, str]], what: str, cure: str, error: type[HilError] = HilError
) -> None:
    """Check that no two texts got one name.

    Args:
        pairs: text and name.
        what: they are, for the message ("labels").
        cure: what to do about it.

    Raises:
        error: two did; it names both.
    """
    known: dict[str, str] = {}
    for text, name in pairs:
        text = unicodedata.normalize("NFC", text)
        other = known.setdefault(name, text)
        if other != text:
            raise error(
                f"The {what} {ascii_shown(other)} and {ascii_shown(text)} would both become {name!r}.", cure
            )


def ascii_shown(text: str) -> str:
    """`text` in quotes; one that holds invisible characters with these escaped, so that two can be told apart."""
    return repr(text) if text.isprintable() else ascii(text)


def _of_label(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() or character in "-_" else _SEPARATOR
    kind = unicodedata.category(character)[0]
    return character if kind in _KEPT else "" if kind == "C" else _SEPARATOR


def _finished(name: str, text: str, otherwise: str) -> str:
    name = name.strip("-_")
    if not name:
        name = f"{otherwise}-{short_hash(text)}" if text.strip() else otherwise
    if name in _RESERVED:
        name += "-"
    return shortened(name, MOST_BYTES)

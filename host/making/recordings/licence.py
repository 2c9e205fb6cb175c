"""Creative Commons licences as recordings name them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CC = re.compile(r"creativecommons\.org/(licenses|publicdomain)/([a-z0-9+-]+)(?:/(\d\.\d))?", re.IGNORECASE)


@dataclass(frozen=True)
class Licence:
    """A licence.

    Attributes:
        name: for instance "CC BY-NC-SA 4.0"; what was given when it is not a Creative Commons address; "unknown".
        url: its address with a scheme, or empty.
        no_derivatives: whether changed copies, and so training sets cut from it, are forbidden.
        non_commercial: whether commercial use is forbidden.
    """

    name: str
    url: str
    no_derivatives: bool
    non_commercial: bool


def parse_licence(text: str) -> Licence:
    """The licence behind an address or a name.

    Unknown texts are kept as the name; whether they forbid something is told from the letters ND and NC in them.
    """
    text = text.strip()
    match = _CC.search(text)
    if match:
        kind, version = match[2].lower(), match[3]
        if match[1].lower() == "publicdomain":
            name = "CC0" if kind == "zero" else "Public Domain"
        else:
            name = f"CC {kind.upper()}"
        parts = kind.split("-")
        url = f"https://creativecommons.org/{match[1].lower()}/{kind}/" + (f"{version}/" if version else "")
        return Licence(f"{name} {version}" if version else name, url, "nd" in parts, "nc" in parts)
    words = re.split(r"[^a-z]+", text.lower())
    return Licence(text or "unknown", text if "://" in text else "", "nd" in words, "nc" in words)

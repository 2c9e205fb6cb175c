"""Where each source goes in a base folder: files are addressed by content, none is written over another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ...safe_names import plain_name
from .catalogue import Catalogue
from .on_disk import Source


def names_in(catalogue: Catalogue, sources: Sequence[Source], digests: Sequence[str]) -> list[str]:
    """A file name for each source.

    A recording keeps the name it has in the folder. A new one takes its stem where that is free, and otherwise its
    stem with the start of its digest: it lies beside what has the stem, also after an earlier run.

    Args:
        catalogue: the base folder.
        sources: what comes.
        digests: SHA-256 of each, hex; empty where it is not known.
    """
    kept: dict[tuple[str, str], list[str]] = defaultdict(list)
    taken: dict[tuple[str, str], str] = {}
    for each in catalogue:
        kept[each.label, each.original_sha256].append(each.name)
        taken[each.label, each.name.lower()] = each.original_sha256
    names = []
    for source, digest in zip(sources, digests, strict=True):
        stem = plain_name(source.path.stem)
        own = [name for name in kept[source.label, digest] if name == stem or _made_from(name, stem)]
        choices = own or [stem, *(f"{stem}-{digest[:length]}" for length in (8, 16, 64))]
        for name in choices:
            if taken.setdefault((source.label, name.lower()), digest) == digest:
                break
        names.append(name)
    return names


def _made_from(name: str, stem: str) -> bool:
    """Whether a name is the stem with an ending of this version, or a number as earlier versions had it."""
    start, ending = name[: len(stem)], name[len(stem) :]
    return start == stem and (ending[:1] == "-" or (ending[:1] == "_" and ending[1:].isdigit()))

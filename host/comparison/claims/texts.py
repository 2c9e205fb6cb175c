"""What a wrong text of INFO is: another field's, a label, nothing at all, a part of the right one."""

from collections.abc import Mapping

from ...board.wrong_bytes import how_bytes
from ...link import messages as m

TEXTS = ("firmware_version", "board", "chip", "bundle_name")
WORDS = {"bundle_name": "the bundle's name", "firmware_version": "the firmware's version"}


def whose_text(info: m.Info, field: str, right: Mapping[str, object], labels: tuple[str, ...] = ()) -> str:
    """What gives a field's text, in words behind a colon; empty: nothing plain.

    Args:
        info: as told.
        field: the one that is wrong.
        right: texts that fields must have, by name, as far as they are known.
        labels: of the bundle.
    """
    told, must = _text(getattr(info, field)), _text(right.get(field))
    if not told:
        return ": nothing is written there"
    others = {name: (_text(right.get(name)), _text(getattr(info, name))) for name in TEXTS if name != field}
    for place in (0, 1):  # the right ones first: two may be exchanged
        same = [name for name, texts in others.items() if texts[place] == told != must]
        if len(same) == 1:
            return f": that is the text of another field, {_name(same[0])}"
    if told in labels:
        return f": that is a label of the bundle (number {labels.index(told)})"
    behind = [name for name, texts in others.items() if must and texts[0] and told == must + texts[0]]
    if behind:
        return f": {_name(behind[0])} stands behind it, so its end is not kept"
    return how_bytes(told.encode(), must.encode())


def _name(field: str) -> str:
    return WORDS.get(field, f"the {field}")


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")

"""The fields of a struct in C, each with a value."""

import re

from .expression_changes import is_whole, parted

FIELDS = re.compile(r"^(\s+)(\.\w+ = [^{}]+?)(,|\};)\s*$")  # of a struct, in a line of their own
_FIELD = re.compile(r"^(\s*\.\w+ = )(.+)$")


def told_fields(line: str) -> list["re.Match[str]"]:
    """A struct's fields in a line of their own, each with its value; empty where it is none."""
    fields = FIELDS.match(line)
    return list(filter(None, map(whole_field, parted(fields[2], ",")))) if fields else []


def whole_field(part: str) -> "re.Match[str] | None":
    """A field's name and value; None where it is none that can be changed."""
    field = _FIELD.match(part)
    return field if field is not None and is_whole(field[2]) else None

"""Files that people and strangers write, as declared types: what a value may be stands in the type, once.

A type is a dataclass whose annotations carry bounds (`Annotated[int, Meta(ge=1)]`). `msgspec` holds the values to them;
every refusal names the file, the place in it (`frontend.bands`) and what would be right there. What one field asks of
another is checked afterwards, by functions of the file's own. The same types give the JSON Schemas in docs/schemas.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import cleandoc
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec
from msgspec import Meta
from msgspec.inspect import (
    AnyType,
    BoolType,
    DataclassType,
    DictType,
    Field,
    FloatType,
    IntType,
    ListType,
    LiteralType,
    Metadata,
    NoneType,
    StrType,
    TupleType,
    Type,
    UnionType,
    VarTupleType,
    type_info,
)

from .errors import HilError
from .strict_json import MAX_BYTES, JsonError, read_json_object

T = TypeVar("T")

KIND = "kind"
_MISSING = re.compile(r"missing required field `([^`]+)`")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_ATTRIBUTE = re.compile(r"^    (\w+(?:, \w+)*): (.*(?:\n     +.*)*)", re.MULTILINE)
_SHOWN = 60

AnyText = Annotated[str, Meta(extra={"unbounded": True})]
"""A text that nobody shows as it is: of any length, with any characters that have a UTF-8."""
Share = Annotated[float, Meta(ge=0, le=1)]
Seed = Annotated[int, Meta(ge=0, le=(1 << 32) - 2)]  # what TensorFlow takes, and one more


@dataclass(frozen=True)
class File:
    """The file that values come from, for messages.

    Attributes:
        name: what messages call it.
        error: what is raised.
        make_anew: how to get a whole one, for what is missing; empty when only its writer can tell.
    """

    name: str
    error: type[HilError]
    make_anew: str = ""

    def wrong(self, place: str, what: str, cure: str) -> HilError:
        """Return the error for a place in the file, "" for the whole."""
        return self.error(f"{self.name}: `{place}` {what}" if place else f"{self.name} {what}", cure)


@dataclass(frozen=True)
class Kinds:
    """Types that the name `kind` of an object tells apart; an object without it is of the kind `otherwise`."""

    types: Mapping[str, type[Any]]
    otherwise: str


def by_kind(types: Mapping[str, type[Any]], otherwise: str) -> Meta:
    """Annotation of a field that holds one of several types; the field's own type is a class they share."""
    return Meta(extra={"kinds": Kinds(types, otherwise)})


def text(most_bytes: int, cure: str = "", least: int = 1) -> Meta:
    """Annotation of a text: at most `most_bytes` of UTF-8, and not blank unless `least` is 0.

    Every text of a declared file is printable.
    """
    return Meta(extra={"most_bytes": most_bytes, "cure": cure}, min_length=least, max_length=most_bytes)


def expecting(cure: str, **bounds: Any) -> Meta:
    """Annotation that tells the cure in words of its own."""
    return Meta(extra={"cure": cure}, **bounds)


def read_declared(path: Path, kind: type[T], file: File, cure: str, most_bytes: int = MAX_BYTES) -> T:
    """Read a JSON file of at most `most_bytes` as the type `kind`.

    Raises:
        HilError: `file.error`: it cannot be read, is no strict JSON, or holds what the type does not allow.
    """
    try:
        values = read_json_object(path, cure, most_bytes)
    except JsonError as error:
        what = error.cause.removeprefix(f"{path} ").removeprefix("cannot be read: ")
        what = f"it {what}" if what.startswith(("is ", "does ")) else what
        raise file.error(f"{path} cannot be read: {what}", error.cure) from error
    return declared(values, kind, file)


def declared(values: object, kind: type[T], file: File, place: str = "") -> T:
    """Return `values`, as `json` gives them, as the type `kind`.

    Args:
        values: what was read; it is not changed.
        kind: a dataclass.
        file: where it comes from.
        place: of `values` in that file.

    Raises:
        HilError: `file.error`: the first value that is wrong, with its place, or every name that means nothing.
    """
    result: T = _Reader(file).built(values, _declaration(kind), place)
    return result


def named(*known: str) -> Meta:
    """Annotation of an object that may have these names only."""
    return Meta(extra={"names": known}, extra_json_schema={"propertyNames": {"enum": list(known)}})


_DECLARATIONS: dict[type[Any], Type] = {}


def _declaration(kind: type[Any]) -> Type:
    """`type_info`, once for each type: it takes longer than reading a file."""
    if kind not in _DECLARATIONS:
        _DECLARATIONS[kind] = type_info(kind)
    return _DECLARATIONS[kind]


def shown(value: object) -> str:
    """Return `value` as a message shows it: short, whatever it is."""
    try:
        text = repr(value)
    except ValueError:  # an integer of thousands of digits
        text = "a number too long to print"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def nearest(name: str, known: list[str]) -> str:
    """Say which known name was meant, or what is known."""
    close = difflib.get_close_matches(name, known, n=1)
    return (f"did you mean `{close[0]}`? " if close else "") + f"known here: {', '.join(known)}"


class _Reader:
    """Values of one file on their way to their types: objects from within outwards."""

    def __init__(self, file: File) -> None:
        self.file = file

    def built(self, value: object, node: Type, place: str) -> Any:
        """Return `value` with every object in it made; plain values are left to the object that holds them."""
        inner, extra = _bare(node)
        if isinstance(inner, UnionType):  # of one type and null
            if value is None:
                return value
            inner, extra = _bare(_not_null(inner))
        if "kinds" in extra:
            return self._of_kind(value, extra["kinds"], place)
        if isinstance(inner, DataclassType):
            return self._object(value, inner, place)
        if isinstance(inner, VarTupleType | ListType | TupleType):
            return self._list(value, inner, extra, place)
        if isinstance(inner, DictType):
            return self._free_names(value, inner, extra, place)
        if isinstance(inner, StrType) or (isinstance(value, str) and not isinstance(inner, AnyType)):
            return self._text(value, inner, extra, place)
        return value

    def _list(
        self, value: object, node: VarTupleType | ListType | TupleType, extra: Mapping[str, Any], place: str
    ) -> list[Any]:
        if not isinstance(value, list):
            self._refuse(value, node, extra, place)
        items = node.item_types if isinstance(node, TupleType) else (node.item_type,) * len(value)
        if len(items) != len(value):
            self._refuse(value, node, extra, place)
        return [
            self.built(each, item, f"{place}[{i}]")
            for i, (each, item) in enumerate(zip(value, items, strict=True))
        ]

    def _free_names(
        self, value: object, node: DictType, extra: Mapping[str, Any], place: str
    ) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._no_object(value, place)
        self._check_names(value, list(extra.get("names", value)), place)
        return {
            name: self.built(each, node.value_type, f"{place}.{name[:_SHOWN]}")
            for name, each in value.items()
        }

    def _of_kind(self, value: object, kinds: Kinds, place: str) -> Any:
        if not isinstance(value, dict):
            raise self._no_object(value, place)
        kind = value.get(KIND, kinds.otherwise)
        if not isinstance(kind, str) or kind not in kinds.types:
            cure = nearest(kind, list(kinds.types)) if isinstance(kind, str) else "give its name"
            raise self.file.wrong(_below(place, KIND), f"is {shown(kind)}", cure)
        rest = {name: each for name, each in value.items() if name != KIND}
        return self.built(rest, _declaration(kinds.types[kind]), place)

    def _object(self, value: object, node: DataclassType, place: str) -> Any:
        if not isinstance(value, dict):
            raise self._no_object(value, place)
        fields = {field.encode_name: field for field in node.fields}
        self._check_names(value, list(fields), place)
        ready = {
            name: self.built(each, fields[name].type, _below(place, name)) for name, each in value.items()
        }
        try:
            return msgspec.convert(ready, node.cls)
        except msgspec.ValidationError as error:
            self._explain(str(error), value, fields, place)
        except HilError as error:  # the type's own rules
            setting = getattr(error, "setting", "")
            what = (
                error.cause.removeprefix(f"front-end setting {setting} ")
                if setting
                else f"is wrong: {error.cause}"
            )
            raise self.file.wrong(_below(place, setting), what, error.cure) from error

    def _check_names(self, value: dict[str, Any], known: list[str], place: str) -> None:
        unknown = sorted(set(value) - set(known))
        if unknown:
            names = ", ".join(f"`{_below(place, name[:_SHOWN])}`" for name in unknown[:5])
            raise self.file.error(
                f"{self.file.name} has names that mean nothing: {names}",
                f"remove or correct them; {nearest(unknown[0], known)}",
            )

    def _explain(
        self, message: str, value: dict[str, Any], fields: Mapping[str, Field], place: str
    ) -> NoReturn:
        """Tell what `msgspec` found in an object, from the declaration of the place that it names."""
        if missing := _MISSING.search(message):
            field = fields[missing[1]]
            cure = f"add it: {_wanted(field.type)}"
            raise self.file.wrong(
                _below(place, missing[1]),
                "is missing",
                f"{cure}{', or ' * bool(self.file.make_anew)}{self.file.make_anew}",
            )
        path = message.rpartition(" - at `$")[2].rstrip("`")
        steps = [name or int(index) for name, index in _STEP.findall(path)]
        found: Any = value
        node: Type = fields[str(steps[0])].type
        for step in steps:
            found = found[step]
        for _ in steps[1:]:
            node = _item(node)
        inner, extra = _bare(node)
        self._refuse(found, inner, extra, _below(place, path.lstrip(".")))

    def _refuse(self, value: object, node: Type, extra: Mapping[str, Any], place: str) -> NoReturn:
        empty = value in ("", []) and isinstance(node, StrType | VarTupleType | ListType)
        cure = extra.get("cure") or f"give {_wanted(node, extra)}"
        raise self.file.wrong(place, "is empty" if empty else f"is {shown(value)}", cure)

    def _no_object(self, value: object, place: str) -> HilError:
        return self.file.wrong(place, f"is not an object, but {shown(value)}", 'make it {"name": value, ...}')

    def _text(self, value: object, node: Type, extra: Mapping[str, Any], place: str) -> str:
        if not isinstance(value, str):
            self._refuse(value, node, extra, place)
        if extra.get("unbounded") and not re.search("[\ud800-\udfff]", value):
            return value
        if not value.isprintable():  # also refuses lone surrogates, which have no UTF-8
            raise self.file.wrong(place, f"is {shown(value)}", "use printable characters only")
        if isinstance(node, StrType) and node.min_length and not value.strip():
            self._refuse("", node, extra, place)
        size, most = len(value.encode("utf-8")), extra.get("most_bytes")
        if most and size > most:
            raise self.file.wrong(place, f"is {size} bytes long", f"use at most {most} bytes (UTF-8)")
        return value


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place and name and not name.startswith("[") else place + name


def _bare(node: Type) -> tuple[Type, Mapping[str, Any]]:
    """A declaration without what is annotated beside it, and that."""
    if isinstance(node, Metadata):
        return node.type, node.extra or {}
    return node, {}


def _not_null(node: UnionType) -> Type:
    """What is declared beside null."""
    return next(each for each in node.types if not isinstance(each, NoneType))


def _item(node: Type) -> Type:
    """The declaration of a list's items."""
    inner = _bare(node)[0]
    if isinstance(inner, UnionType):
        inner = _bare(_not_null(inner))[0]
    if isinstance(inner, TupleType):
        return inner.item_types[0]
    assert isinstance(inner, VarTupleType | ListType), inner
    return inner.item_type


def _wanted(node: Type, extra: Mapping[str, Any] | None = None) -> str:
    """Say what a declaration allows, to stand after "give"."""
    inner, own = _bare(node)
    extra = extra or own
    if isinstance(inner, IntType):
        return f"a whole number{_bounds(inner)}"
    if isinstance(inner, FloatType):
        return f"a finite number{_bounds(inner)}"
    if isinstance(inner, StrType):
        return "text" + (f" of at most {extra['most_bytes']} bytes" if "most_bytes" in extra else "")
    if isinstance(inner, LiteralType):
        return " or ".join(str(value) for value in inner.values)
    if isinstance(inner, UnionType):
        return f"{_wanted(_not_null(inner))} or null"
    if isinstance(inner, TupleType):
        return f"a list of {len(inner.item_types)}: {_wanted(inner.item_types[0])} each"
    if isinstance(inner, VarTupleType | ListType):
        size = _counts(inner.min_length, inner.max_length)
        return f"a list of {size}entries: {_wanted(inner.item_type)} each"
    return _PLAIN.get(type(inner), 'an object, {"name": value, ...}')


_PLAIN = {BoolType: "true or false", NoneType: "null"}


def _bounds(node: IntType | FloatType) -> str:
    if node.ge is not None and node.le is not None:
        return (
            f" from {node.ge:g} to {node.le:g}"
            if isinstance(node, FloatType)
            else f" from {node.ge} to {node.le}"
        )
    parts = {" above ": node.gt, " of at least ": node.ge, " below ": node.lt, " of at most ": node.le}
    return " and".join(f"{word}{value}" for word, value in parts.items() if value is not None)


def _counts(low: int | None, high: int | None) -> str:
    if low and high:
        return f"{low} to {high} "
    return f"at least {low} " if low else f"at most {high} " if high else ""


def json_schema(kind: type[Any], title: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a declared type; as here, names that are not declared are refused."""
    found: dict[type[Any], dict[str, Kinds]] = {}
    _kinds_in(type_info(kind), found)
    all_kinds = [kinds for fields in found.values() for kinds in fields.values()]
    types = dict.fromkeys([kind, *found, *(each for kinds in all_kinds for each in kinds.types.values())])
    references, parts = msgspec.json.schema_components(
        types, ref_template="#/$defs/{name}", schema_hook=lambda _shared: {"type": "object"}
    )
    refer = dict(zip(types, references, strict=True))
    part_of = {each: parts[reference["$ref"].rpartition("/")[2]] for each, reference in refer.items()}
    for part in parts.values():
        part["additionalProperties"] = False
        _describe(part)
    for kinds in all_kinds:
        for name, each in kinds.types.items():
            part_of[each]["properties"][KIND] = {"const": name}
            if name != kinds.otherwise:
                part_of[each]["required"] = [KIND, *part_of[each].get("required", [])]
    for holder, fields in found.items():
        for name, kinds in fields.items():
            part_of[holder]["properties"][name] = {"anyOf": [refer[each] for each in kinds.types.values()]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **refer[kind],
        "$defs": dict(sorted(parts.items())),
    }


def _describe(part: dict[str, Any]) -> None:
    """Move what a docstring says of each attribute to that attribute."""
    summary, _, attributes = cleandoc(part.get("description", "")).partition("\n\nAttributes:\n")
    part["description"] = " ".join(summary.split())
    attributes = attributes.partition("\n\n")[0]
    for names, meaning in _ATTRIBUTE.findall(attributes):
        for name in names.split(", "):
            if name in part["properties"]:
                part["properties"][name]["description"] = " ".join(meaning.split())


def _kinds_in(node: Type, found: dict[type[Any], dict[str, Kinds]]) -> None:
    """Collect which fields hold one of several kinds, in all that `node` is made of."""
    inner, _ = _bare(node)
    if isinstance(inner, UnionType):
        _kinds_in(_not_null(inner), found)
    elif isinstance(inner, VarTupleType | ListType):
        _kinds_in(inner.item_type, found)
    elif isinstance(inner, DataclassType):
        for field in inner.fields:
            kinds = _bare(field.type)[1].get("kinds")
            if kinds:
                found.setdefault(inner.cls, {})[field.encode_name] = kinds
            else:
                _kinds_in(field.type, found)

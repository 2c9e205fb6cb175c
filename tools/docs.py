#!/usr/bin/env python3
"""Writes what follows from the code in docs/: tables in its pages, and the JSON Schemas of files that people write.

    python tools/docs.py            writes them
    python tools/docs.py --check    exits with 1 when a page does not show what the code says

A page marks where a table goes: `<!-- generated: NAME -->` before it and `<!-- end -->` after it.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from enum import IntEnum, IntFlag
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from host.board.farm import Farm  # noqa: E402
from host.build.planted import planted_faults  # noqa: E402
from host.bundle.schema import BundleFile  # noqa: E402
from host.comparison.diagnosis import deciding, kinds  # noqa: E402
from host.comparison.diagnosis.changed_columns import changed_columns  # noqa: E402
from host.comparison.diagnosis.changed_outputs import changed_outputs  # noqa: E402
from host.comparison.diagnosis.changed_rules import changed_rules  # noqa: E402
from host.comparison.diagnosis.one_change import in_one  # noqa: E402
from host.comparison.diagnosis.ring_unwritten import of_unwritten_place  # noqa: E402
from host.comparison.diagnosis.tensor_causes import ALL_CAUSES  # noqa: E402
from host.comparison.diagnosis.two_rules import two_rules  # noqa: E402
from host.declared import json_schema  # noqa: E402
from host.detector.rule import Int8Rule  # noqa: E402
from host.history.row import RunRow  # noqa: E402
from host.limits.limit import LimitsTable  # noqa: E402
from host.link import protocol  # noqa: E402
from host.link.codec import FieldLayout, Payload  # noqa: E402
from host.link.messages import ENUMS, FIRST_SEQUENCED_TYPE, MESSAGES, RESERVED  # noqa: E402
from host.making.pipeline.config import PipelineFile  # noqa: E402
from host.making.training.recipe import Recipe  # noqa: E402
from host.model.kernel_faults import fault_table  # noqa: E402
from host.order import ORDER  # noqa: E402
from host.report.declared_report import ReportFile  # noqa: E402

DOCS = ROOT / "docs"
MARKED = re.compile(r"(<!-- generated: ([\w-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def planted() -> str:
    """host/build/planted_faults.json: what is wrong, where, and which claim breaks."""
    rows = [
        (
            each.name,
            (f"`--fault {each.fault}`" if each.fault else f"`{each.file}`")
            + (f", model `{each.model}` of the tests" if each.model else ""),
            " ".join(f"{kind} {value}" for kind, value in each.where.items()),
            ", ".join(f"`{claim}`" for claim in each.claims),
        )
        for each in planted_faults()
    ]
    return table(("fault", "how", "where", "one of these breaks"), rows)


def packages() -> str:
    """host/order.py, top first, as a reader meets it."""
    return table(("package", "what it is for"), [(f"`{name}`", what) for name, what in ORDER.items()])


def message_list() -> str:
    """Every message in one line."""
    rows = [
        (
            f"`{message.TYPE:#04x}`",
            f"[{message.NAME}](#{message.NAME.lower()})" if message.LAYOUT else message.NAME,
            _size(message),
            _doc(message),
        )
        for message in MESSAGES
    ]
    return table(("type", "message", "bytes", "meaning"), rows)


def message_fields() -> str:
    """Every message's fields with their offsets."""
    parts = []
    for message in MESSAGES:
        if not message.LAYOUT:
            continue
        rows, at = [], 0
        for field in message.LAYOUT:
            rows.append((str(at), f"`{field.name}`", _kind(field)))
            at += FIELD_SIZES.get(field.kind, field.length)
        own = "" if message.TYPE >= FIRST_SEQUENCED_TYPE else ", the link's own"
        parts.append(f"### {message.NAME}\n\n`{message.TYPE:#04x}`{own}. {_doc(message)}\n\n")
        parts.append(table(("offset", "field", "type"), rows) + "\n")
    return "\n" + "".join(parts)


FIELD_SIZES = {"u8": 1, "i8": 1, "u16": 2, "u32": 4, "rest": 0}


def _kind(field: FieldLayout) -> str:
    if field.kind == "rest":
        return "bytes, to the payload's end"
    kind = field.kind.partition(":")[0]
    return {"bytes": f"{field.length} bytes", "text": f"text, {field.length} bytes, zero-padded"}.get(
        kind, kind
    )


def _size(message: type[Payload]) -> str:
    size = message.fixed_size()
    return f"{size} and more" if message.has_rest() else str(size)


def _doc(message: type[Payload]) -> str:
    return " ".join((message.__doc__ or "").split())


def numbers() -> str:
    """The enumerations of the messages, and what will never be used again."""
    parts = []
    for kind in ENUMS:
        rows = [(str(int(member)), f"`{member.name}`") for member in kind]
        parts.append(f"### {kind.__name__}\n\n{_doc_of(kind)}\n\n{table(('value', 'name'), rows)}")
        if RESERVED.get(kind):
            values = ", ".join(map(str, sorted(RESERVED[kind])))
            parts.append(f"\nReserved, because older versions gave them another meaning: {values}.\n")
        parts.append("\n")
    return "\n" + "".join(parts)


def _doc_of(kind: type[IntEnum] | type[IntFlag]) -> str:
    return " ".join((kind.__doc__ or "").split())


def link_numbers() -> str:
    """host/link/protocol.py."""
    rows = [
        (f"`{name}`", f"{value:,}".replace(",", " "))
        for name, value in vars(protocol).items()
        if name.isupper() and isinstance(value, int)
    ]
    return table(("name", "value"), rows)


def kernel_faults() -> str:
    """host/model/kernel_faults.json."""
    rows = [
        (
            fault.op,
            "; ".join(f"`{left} {compare} {right}`" for left, compare, right in fault.when),
            ", ".join((*fault.kernels, *fault.chips)) or "everywhere",
            f"{fault.component}{f' before {fault.mended}' if fault.mended else ''}",
            f"{fault.effect}, {fault.certain}: {fault.what}",
            fault.cure,
            fault.source,
        )
        for fault in fault_table()
    ]
    return table(("op", "when", "where", "library", "effect", "cure", "source"), rows)


def hypotheses() -> str:
    """host/comparison/diagnosis/kinds.py and deciding.py, and what the kinds of detectors know of themselves."""
    rows = [
        (stage, f"`{kind.of.__module__.rpartition('.')[2]}.{kind.of.__name__}`", kind.text)
        for stage, table_of in (
            ("columns", kinds.COLUMNS),
            ("outputs", (*kinds.OUTPUTS, kinds.CONVERTED)),
            ("the model's input", (kinds.NEVER_WRITTEN, *kinds.INPUTS)),
        )
        for kind in table_of
    ]
    rows += [
        (
            "detections",
            f"`{rule.__module__.rpartition('.')[2]}.variants`",
            f"The kind `{rule.kind}` wrong: {' '.join((rule.variants.__doc__ or '').split())}",
        )
        for rule in Int8Rule.__subclasses__()
    ]
    rows += [
        (
            "detections",
            f"`{rule.__module__.rpartition('.')[2]}.{rule.__name__}`",
            (rule.__doc__ or "").strip(),
        )
        for rule in deciding.RULES
    ]
    rows += [
        (
            stage,
            f"`{of.__module__.rpartition('.')[2]}.{of.__name__}`",
            (of.__doc__ or "").strip().split("\n\n")[0],
        )
        for stage, of in (
            ("columns", changed_columns),
            ("outputs", changed_outputs),
            ("columns and outputs", of_unwritten_place),
            ("columns and outputs", in_one),
            ("detections", changed_rules),
            ("detections", two_rules),
        )
    ]
    return table(("stage", "where", "what may be wrong"), rows)


def tensor_causes() -> str:
    """host/comparison/diagnosis/tensor_causes.py."""
    rows = [
        (cause.pattern, ", ".join(f"`{op}`" for op in cause.ops) or "any", cause.what, cause.cure)
        for cause in ALL_CAUSES
    ]
    return table(("cells that differ", "ops", "usually", "cure"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "tensor-causes": tensor_causes,
    "packages": packages,
    "messages": message_list,
    "fields": message_fields,
    "numbers": numbers,
    "link-numbers": link_numbers,
    "kernel-faults": kernel_faults,
    "planted-faults": planted,
    "hypotheses": hypotheses,
}


def rewritten(text: str) -> str:
    """A page with its tables as the code has them now.

    Raises:
        KeyError: the page marks a table that is not known.
    """
    return MARKED.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}{found[4]}", text)


SCHEMAS = {
    "bundle": (BundleFile, "bundle.json"),
    "pipeline": (PipelineFile, "a pipeline's configuration"),
    "recipe": (Recipe, "recipe.json"),
    "history": (RunRow, "a row of the history"),
    "limits": (LimitsTable, "limits of hil.toml and of bundle.json"),
    "report": (ReportFile, "report.json"),
    "farm": (Farm, "farm.toml"),
}


def schemas() -> dict[Path, str]:
    """The JSON Schemas of docs/schemas, by path."""
    return {
        DOCS / "schemas" / f"{name}.schema.json": json.dumps(json_schema(kind, title), indent=2) + "\n"
        for name, (kind, title) in SCHEMAS.items()
    }


def pages() -> list[Path]:
    """The pages of docs/."""
    return sorted(DOCS.rglob("*.md"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the tables; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing, exit with 1 where something is stale"
    )
    options = parser.parse_args(arguments)
    stale = []
    fresh = {page: rewritten(page.read_text(encoding="utf-8")) for page in pages()} | schemas()
    for page, new in fresh.items():
        if not page.exists() or new != page.read_text(encoding="utf-8"):
            stale.append(page.relative_to(ROOT).as_posix())
            if not options.check:
                page.parent.mkdir(exist_ok=True)
                page.write_text(new, encoding="utf-8", newline="\n")
    if options.check and stale:
        print(f"error: stale: {', '.join(stale)}\n  → run `python tools/docs.py`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

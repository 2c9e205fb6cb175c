"""Known faults of the kernels on a device, and whether a model meets one.

`kernel_faults.json` is the table. Its keys: `op` and `when` say which ops it strikes (`op_facts.py` has the facts; a
fact that is not there holds no condition); `kernels` and `chips` on which devices (empty: any): `esp-nn`,
`esp-nn-ansi` (its plain C versions, behind the same wrappers), `reference` (TFLite Micro's own); `component` is theirs
and `mended` says from which version on it is no more (null: in none that is known); `effect` is `values` or `crash`;
`certain` is `always`, `data` (on some inputs) or `layout` (where tensors lie badly); the rest is for people.
"""

import json
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from .op_facts import Fact, OpFacts, op_facts

TABLE = Path(__file__).with_suffix(".json")
VALUES, CRASH = "values", "crash"
ALWAYS, DATA, LAYOUT = "always", "data", "layout"
EFFECTS = (VALUES, CRASH)
CERTAINTIES = (ALWAYS, DATA, LAYOUT)

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "%16 ==": lambda left, right: left % 16 == right,
}
Condition = tuple[str, str, int | str]


@dataclass(frozen=True)
class KernelFault:
    """A row of the table; the module's first words say what the fields are."""

    id: str
    op: str
    when: tuple[Condition, ...]
    kernels: tuple[str, ...]
    chips: tuple[str, ...]
    component: str
    mended: str | None
    effect: str
    certain: str
    what: str
    cure: str
    source: str

    def strikes(self, op: OpFacts) -> bool:
        """Whether an op is one of those."""
        return op.op == self.op and all(_holds(condition, op.facts) for condition in self.when)


@dataclass(frozen=True)
class DeviceKernels:
    """Which kernels a device has.

    Attributes:
        kernels: one of KERNELS.
        chip: as INFO names the board: `esp32`, `esp32s3`; empty: any.
        versions: of libraries, by name, as far as they are known.
        name: how a person calls the device.
    """

    kernels: str
    chip: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    name: str = "the board"


@dataclass(frozen=True)
class KnownFault:
    """A fault that a model meets on a device.

    Attributes:
        fault: which.
        ops: those that it strikes.
        version: of the library on the device; None: it does not say.
        device: its name.
    """

    fault: KernelFault
    ops: tuple[OpFacts, ...]
    version: str | None
    device: str

    @property
    def crashes(self) -> bool:
        """Whether the board goes down in any case."""
        return self.fault.effect == CRASH and self.fault.certain == ALWAYS

    @property
    def expected(self) -> bool:
        """Whether it shows by itself, and not only where tensors lie badly."""
        return self.fault.certain != LAYOUT

    @property
    def sentence(self) -> str:
        """What a person should know: op, effect, library; without the cure."""
        fault = self.fault
        more = f" and {len(self.ops) - 1} more" if len(self.ops) > 1 else ""
        library = (
            f"{fault.component} {self.version}" if self.version else f"{fault.component} of unknown version"
        )
        until = f", mended in {fault.mended}" if fault.mended else ""
        effect = {
            (VALUES, ALWAYS): "gives wrong values",
            (VALUES, DATA): "gives wrong values on some inputs",
            (VALUES, LAYOUT): "may give wrong values",
            (CRASH, ALWAYS): "crashes the board",
            (CRASH, DATA): "crashes on some inputs",
            (CRASH, LAYOUT): "may crash the board",
        }[fault.effect, fault.certain]
        return f"{self.ops[0]}{more} {effect} on {self.device} ({library}{until}): {fault.what}"

    def __str__(self) -> str:
        return f"{self.sentence}. Cure: {self.fault.cure}. Source: {self.fault.source}"


@cache
def fault_table() -> tuple[KernelFault, ...]:
    """The rows of the table."""
    rows: list[dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))["faults"]
    return tuple(
        KernelFault(
            **{
                **row,
                "when": tuple((left, compare, right) for left, compare, right in row["when"]),
                "kernels": tuple(row["kernels"]),
                "chips": tuple(row["chips"]),
            }
        )
        for row in rows
    )


def known_faults(data: bytes, device: DeviceKernels) -> list[KnownFault]:
    """The known faults that a model meets on a device, those that crash first.

    Args:
        data: the `.tflite` file.
        device: its kernels; where a library's version is not known, a fault is not taken as mended.

    Raises:
        ModelError: the file cannot be read.
    """
    ops = op_facts(data)
    found = []
    for fault in fault_table():
        struck = tuple(op for op in ops if fault.strikes(op))
        version = device.versions.get(fault.component)
        if struck and _on(fault, device) and not _mended(fault, version):
            found.append(KnownFault(fault, struck, version, device.name))
    return sorted(found, key=lambda known: (not known.crashes, known.ops[0].index))


def _on(fault: KernelFault, device: DeviceKernels) -> bool:
    kernels = not fault.kernels or device.kernels in fault.kernels
    return kernels and (not fault.chips or device.chip in ("", *fault.chips))


def _mended(fault: KernelFault, version: str | None) -> bool:
    if fault.mended is None or version is None:
        return False
    ours, theirs = _numbers(version), _numbers(fault.mended)
    return bool(ours) and ours >= theirs


def _numbers(version: str) -> tuple[int, ...]:
    """1.2.3 of "1.2.3~1"; empty for what begins with no number."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in match.group().split(".")) if match else ()


def _holds(condition: Condition, facts: Mapping[str, Fact]) -> bool:
    left, compare, right = condition
    values = (_value(left, facts), _value(right, facts) if not isinstance(right, int) else right)
    if compare not in ("==", "!=") and any(isinstance(value, str) for value in values):
        return False
    return None not in values and _COMPARE[compare](*values)


def _value(name: str, facts: Mapping[str, Fact]) -> Fact | None:
    """A fact, a sum of facts ("pad_top + pad_left"), or a word that stands for itself ("int8")."""
    parts = [facts.get(part) for part in name.split(" + ")]
    if len(parts) == 1:
        return parts[0] if name in facts or "_" in name else name
    numbers = [part for part in parts if isinstance(part, int)]
    return sum(numbers) if len(numbers) == len(parts) else None

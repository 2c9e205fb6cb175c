"""What a firmware was built with. Latency depends on all of it, and results on the kernels."""

from collections.abc import Mapping

from ..printable import printable_line

MOST_LINES = 32
BUILD_ITSELF = frozenset({"elf"})  # these tell one build from another, and nothing of its tools


def built_with(lines: bytes) -> dict[str, str]:
    """The lines of BUILD: a version, and an optimisation level where there is one, by name; made safe to show."""
    found: dict[str, str] = {}
    for line in lines.decode("utf-8", "replace").split("\n")[:MOST_LINES]:
        name, _, value = printable_line(line).partition(" ")
        if name:
            found[name] = value
    return found


def tools(build: Mapping[str, str]) -> str:
    """One line about it, such as "compiler GCC 14.2.0, idf 5.5.3, esp-nn 1.2.3 O2"; empty when nothing is known."""
    return ", ".join(f"{name} {value}" for name, value in build.items() if name not in BUILD_ITSELF)


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is of another version now; empty when one of the two is not known."""
    if not before or not now:
        return []
    before, now = _kernels_named(before), _kernels_named(now)
    names = [name for name in {**before, **now} if name not in BUILD_ITSELF]
    return [
        f"{name} {now.get(name, 'none')} instead of {before.get(name, 'none')}"
        for name in names
        if before.get(name) != now.get(name)
    ]


def _kernels_named(build: Mapping[str, str]) -> dict[str, str]:
    """With the kernels of a firmware from before BUILD named them."""
    return {"kernels": "esp-nn", **build}

"""A limit on one figure: read from `name=value[unit]`, typed, and judged as a claim of the run."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from ..comparison.claims.finding import ClaimKind, Finding, broken, held, not_examined
from ..comparison.claims.timing import EMULATED, may_be_emulated
from ..comparison.record import RunRecord
from ..comparison.result import RunComparison
from ..declared import File, declared, named, nearest, text
from ..errors import HilError
from .figures import FIGURES, JUDGED, STAGES

REGRESSION = "regression"
OPTION = "--limit"
ALIASES = {
    "real-time": "load.p99",
    "stack": "stack-free",
    "heap": "heap-least",
    "false-alarms": "false-alarms-per-hour",
    "auc": "roc-auc",
}
UNITS: dict[str, dict[str, float]] = {
    "us": {"us": 1.0, "µs": 1.0, "μs": 1.0, "ms": 1e3, "s": 1e6},
    "bytes": {"B": 1.0, "": 1.0, "kB": 1e3, "KB": 1024.0, "KiB": 1024.0, "MB": 1024.0**2, "MiB": 1024.0**2},
    "share": {"": 1.0, "%": 0.01},
    "/h": {"": 1.0, "/h": 1.0},
    "": {"": 1.0},
}
LEAST_WINDOWS = {"p50": 2, "p95": 20, "p99": 100, "max": 1, "jitter": 2}
"""Of fewer windows a quantile is the longest of all, and says nothing of the rest."""
WORSENING = (
    *("total.p50", "inference.p50", "frontend.p50", "arena", "core-ram", "image", "stack-free", "heap-least"),
    *("accuracy", "roc-auc", "average-precision", "f1"),
)
"""What `regression` looks at: of times the medians, which one slow moment does not move."""
_VALUE = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?)\s*(\D*)", re.IGNORECASE)

Figures = Callable[[], Mapping[str, float]]
NAMES = (*(name for name, figure in FIGURES.items() if figure.better), *ALIASES, REGRESSION)


@dataclass(frozen=True)
class LimitsTable:
    """Limits where files hold them: `[limits]` of hil.toml, `limits` of bundle.json.

    Attributes:
        limits: texts of a number and a unit that the figure has, by the figure's name.
    """

    limits: Annotated[
        dict[str, Annotated[str, text(64), Meta(extra_json_schema={"pattern": rf"^\s*{_VALUE.pattern}$"})]],
        named(*NAMES),
    ]


class LimitError(HilError):
    """A limit that cannot be read."""


@dataclass(frozen=True)
class Limit:
    """A limit.

    Attributes:
        name: of a figure in `FIGURES`, or "regression".
        value: in the figure's unit.
        source: who set it, for people.
    """

    name: str
    value: float
    source: str

    @property
    def least(self) -> bool:
        """Whether the figure must be at least, and not at most, the value."""
        return self.name != REGRESSION and FIGURES[self.name].better == "more"


def read_limits(texts: Mapping[str, str], source: str) -> dict[str, Limit]:
    """Return limits by name, of texts such as {"total.p99": "50ms", "arena": "20KB"}.

    Raises:
        LimitError: no figure of that name, or no value with a unit that it has.
    """
    if source != OPTION:
        texts = declared({"limits": dict(texts)}, LimitsTable, File(source, LimitError)).limits
    limits = [_read(name.strip(), text, source) for name, text in texts.items()]
    return {limit.name: limit for limit in limits}


def split_limits(words: list[str]) -> dict[str, str]:
    """Return what several `--limit name=value` say.

    Raises:
        LimitError: a word without a name or a value, or a name twice.
    """
    found: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise LimitError(f"--limit {word!r} is no limit", "write it as --limit total.p99=50ms")
        if name.strip() in found:
            raise LimitError(f"--limit {name.strip()} is given twice", "give one value")
        found[name.strip()] = value
    return found


def _read(name: str, text: str, source: str) -> Limit:
    name = ALIASES.get(name, name)
    if name != REGRESSION and (name not in FIGURES or not FIGURES[name].better):
        raise LimitError(
            f"{source}: there is no figure {name[:60]!r} to set a limit on", nearest(name, list(NAMES))
        )
    units = UNITS["share" if name == REGRESSION else FIGURES[name].unit]
    found = _VALUE.fullmatch(text.strip())
    unit = found[2].strip() if found is not None else None
    if found is None or unit not in units:
        raise LimitError(
            f"{source}: {text[:40]!r} is no limit on {name}",
            f"give a number with a unit of {', '.join(each or 'none' for each in units)}",
        )
    value = float(found[1]) * units[unit]
    if not math.isfinite(value) or value < 0:
        raise LimitError(f"{source}: {text[:40]!r} is no limit on {name}", "give a finite number, 0 or more")
    return Limit(name, value, source)


def claims_of(
    limits: Mapping[str, Limit], figures: Figures, baseline: Callable[[], Mapping[str, float] | None]
) -> list[ClaimKind]:
    """Return a claim for each limit; all of them are required.

    Args:
        limits: by name.
        figures: gives the run's figures when a claim is judged.
        baseline: gives those of the run to compare with, None when the history has none.
    """
    return [_claim(limit, figures, baseline) for limit in limits.values()]


def _claim(limit: Limit, figures: Figures, baseline: Callable[[], Mapping[str, float] | None]) -> ClaimKind:
    if limit.name == REGRESSION:
        text = f"nothing is worse than in the run before by more than {100 * limit.value:g} %"

        def find(run: RunRecord) -> Finding:
            return _worsening(run, limit, figures(), baseline())

    else:
        text = f"{limit.name} is at {'least' if limit.least else 'most'} {shown(limit.name, limit.value)}"

        def find(run: RunRecord) -> Finding:
            return _judge(run, limit, figures())

    return ClaimKind(f"limit.{limit.name}", f"{text} ({limit.source})", find, lambda _run: True)


def shown(name: str, value: float) -> str:
    """A figure with its unit, as exact as it is."""
    unit = FIGURES[name].unit
    if unit == "us":
        return f"{value / 1000:,.6g} ms" if value >= 1000 else f"{value:,.6g} µs"
    if unit == "share":
        return f"{100 * value:.6g} %"
    return f"{value:,.10g}{ {'bytes': ' bytes', '/h': '/h'}.get(unit, '') }"


def _is_time(name: str) -> bool:
    return name.partition(".")[0] in (*STAGES, "load")


def _judge(run: RunRecord, limit: Limit, figures: Mapping[str, float]) -> Finding:
    unjudged = _why_not(run, limit.name, figures)
    if unjudged is not None:
        return unjudged
    value = figures[limit.name]
    evidence = f"{shown(limit.name, value)}, limit {shown(limit.name, limit.value)}"
    if (value >= limit.value) if limit.least else (value <= limit.value):
        return held(evidence)
    by = shown(limit.name, abs(value - limit.value))
    share = f" ({100 * abs(value - limit.value) / limit.value:.1f} %)" if limit.value else ""
    return broken(
        evidence,
        f"{limit.name} is {shown(limit.name, value)}: {by}{share} "
        f"{'under' if limit.least else 'over'} the limit of {shown(limit.name, limit.value)}",
    )


def _why_not(run: RunRecord, name: str, figures: Mapping[str, float]) -> Finding | None:
    """Why a figure cannot be judged; None when it can."""
    if _is_time(name):
        if may_be_emulated(run):
            return not_examined(EMULATED)
        windows = int(figures.get("windows", 0))
        least = LEAST_WINDOWS[name.partition(".")[2]]
        if windows < least:
            return not_examined(
                f"{name} takes at least {least} windows, the run has {windows}", f"{windows} windows"
            )
    if name in figures:
        return None
    if name in JUDGED:
        return not_examined(
            "the labels tell no such figure" if figures.keys() & JUDGED.keys() else "no recording has labels"
        )
    if name == "image":
        return not_examined("the firmware's image is not here, so that its size is not known")
    return not_examined("the board cannot tell")


def _worsening(
    run: RunRecord, limit: Limit, figures: Mapping[str, float], before: Mapping[str, float] | None
) -> Finding:
    if before is None:
        return not_examined("the history has no earlier run of this board and bundle that came to its end")
    judged, reasons = [], []
    for name in WORSENING:
        if name not in figures or name not in before or (_is_time(name) and may_be_emulated(run)):
            continue
        if name in JUDGED and figures.get("audio") != before.get("audio"):
            continue  # of other recordings
        judged.append(name)
        worse = (
            before[name] - figures[name] if FIGURES[name].better == "more" else figures[name] - before[name]
        )
        if worse > limit.value * abs(before[name]) + 1e-12:
            share = f" ({100 * worse / abs(before[name]):.1f} % worse)" if before[name] else ""
            reasons.append(
                f"{name} went from {shown(name, before[name])} to {shown(name, figures[name])}{share}"
            )
    if not judged:
        return not_examined("the run before has no figure in common with this one")
    evidence = f"{', '.join(judged)} held against the run before"
    return broken(evidence, *reasons) if reasons else held(evidence)


def attach(
    run: RunComparison,
    limits: Mapping[str, Limit],
    figures: Figures,
    baseline: Callable[[], Mapping[str, float] | None] = lambda: None,
) -> None:
    """Add the limits' claims to a run's table."""
    run.further = [*run.further, *claims_of(limits, figures, baseline)]

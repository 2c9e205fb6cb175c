"""Findings of a column that was looked into though all columns are right: the code that gives its wrong stage."""

from ...bundle.load import Bundle
from ...trace.stages import ColumnTrace
from .finding import Finding
from .traced_line import LEAST_NUMBERS, line_giving


def stage_findings(bundle: Bundle, trace: ColumnTrace | None) -> list[Finding]:
    """One expression of the front end's code is not the right one.

    Args:
        bundle: in use.
        trace: of a column whose cells do not show it; None: there is none.
    """
    departs = None if trace is None else trace.departs
    if trace is None or departs is None or departs.different < LEAST_NUMBERS:
        return []
    cause = line_giving(trace, departs, bundle, ())
    if cause is None:
        return []
    return [
        Finding(
            "stages",
            f"stage {departs.name} by a line of the code",
            f"column {trace.column} of a sound of the host's",
            f"{cause.told}; this gives all that is told of its stage {departs.name}, and no cell of this run shows it",
            cause.cure,
            f"{departs.different:,} of {departs.values:,} values differ",
            1.0,
            (),
        )
    ]

"""The run has seen enough for its verdict to mean something."""

from ..record import RunRecord
from .finding import Finding, held, not_examined


def find_coverage(run: RunRecord) -> Finding:
    """Values spread: a run whose outputs are all the same claims little."""
    seen = run.coverage
    if not seen.cells:
        return not_examined("nothing was compared")
    evidence = f"{seen.at_rails / seen.cells:.1%} of the cells at -128 or 127, longest stream {seen.longest:,} columns"
    if run.stimuli is not None:
        evidence = f"{evidence}; stimuli: {run.stimuli.reached}"
    if not run.inference:
        return held(evidence)
    evidence = f"{seen.distinct_scores} distinct scores in {seen.scores:,}, {evidence}"
    if seen.distinct_scores <= 1:
        return not_examined("all scores are the same value: the audio does not move the model", evidence)
    return held(evidence)

"""What stimuli show that files do not."""

from ..record import RunRecord
from .finding import Finding, judged, not_examined


def find_tensors(run: RunRecord) -> Finding:
    """Windows sent as they are give the reference's outputs."""
    stimuli = run.stimuli
    if stimuli is None:
        return not_examined("only --thorough sends windows", "0 windows sent")
    if not run.inference:
        return not_examined("the model does not run: --features-only")
    count = stimuli.tensors
    if not count.compared:
        return not_examined("no window was sent")
    more = f", by up to {count.largest} LSB" if count.different else ""
    outputs = "output differs" if count.different == 1 else "outputs differ"
    return judged(
        f"{stimuli.sent} windows, {count.compared:,} outputs compared, {count.different:,} differ{more}",
        [f"{count.different:,} {outputs} of windows sent: {stimuli.first_difference}"]
        if count.different
        else [],
    )

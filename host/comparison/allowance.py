"""What a run tells of the one tolerance there is."""

from ..model.allowed import rounding_ops, said_of
from .record import RunRecord


def allowance_note(run: RunRecord) -> str | None:
    """Return one sentence, None where every output must be equal."""
    if not run.inference:
        return None
    counts = [file.outputs for file in run.files]
    return said_of(
        rounding_ops(run.bundle.model_bytes),
        sum(count.allowed for count in counts),
        sum(count.compared for count in counts),
    )

"""Which checks say something in a run."""

from ..record import RunRecord


def files_differ(run: RunRecord) -> bool:
    """Something is wrong with a file, or was with its stream: what streams besides files show is known."""
    return not all(file.agreed for file in run.files)


def traces_may_be_tried(run: RunRecord) -> bool:
    """The board is one whose inferences cost nothing: each answer of a trace is one."""
    return run.facts.throwaway

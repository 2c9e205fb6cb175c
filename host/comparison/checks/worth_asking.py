"""Which checks say something in a run."""

from ..record import RunRecord


def files_differ(run: RunRecord) -> bool:
    """Something is wrong with a file, or was with its stream: what streams besides files show is known."""
    return not all(file.agreed for file in run.files)


def traces_may_be_tried(run: RunRecord) -> bool:
    """The board's inferences cost nothing, each answer of a trace being one, and no file says where to look already."""
    return run.facts.throwaway and not files_differ(run)

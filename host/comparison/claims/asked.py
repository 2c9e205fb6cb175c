"""What was asked of the board besides its files."""

from ..checks.checked import ANSWERS, LINE, RESTART, SLOT, STREAMS, TAKEOVER, TRACES, WINDOWS
from ..checks.slot_size import slot_may_be_tried
from ..checks.worth_asking import files_differ, traces_may_be_tried
from ..record import RunRecord
from .conduct import UNREACHED
from .finding import Finding, judged, not_examined, shown

NOT_ASKED = "the board was not asked"
TOO_LARGE = "the bundle is larger than the board's model slot"
DIFFER = "the files are not as they must be: what is wrong with them comes first"
INFERENCES = "each answer costs the board an inference: `python -m host trace` asks for them"
KEPT = "it would write the board's flash and restart it: `pytest hil_tests` does so"


def find_answers(run: RunRecord) -> Finding:
    """Requests with known answers bring these, out of place too."""
    return _checked(run, ANSWERS, NOT_ASKED, "0 requests with known answers")


def find_streams(run: RunRecord) -> Finding:
    """Streams in odd pieces, silent and clipped, with requests in between, are computed as any other."""
    return _checked(run, STREAMS, DIFFER if files_differ(run) else NOT_ASKED, "0 streams besides files")


def find_takeover(run: RunRecord) -> Finding:
    """A host that connects anew finds the board as any other: nothing goes on that the one before had begun."""
    return _checked(run, TAKEOVER, DIFFER if files_differ(run) else NOT_ASKED, "0 hosts gone")


def find_traces(run: RunRecord) -> Finding:
    """What is told of a window's ops and of a column's stages agrees with what was computed."""
    otherwise = DIFFER if files_differ(run) else INFERENCES
    return _checked(
        run, TRACES, NOT_ASKED if traces_may_be_tried(run) else otherwise, "0 windows looked into"
    )


def find_link_counts(run: RunRecord) -> Finding:
    """STATUS counts what the line was made to suffer."""
    return _checked(run, LINE, NOT_ASKED, "0 frames damaged on purpose")


def find_slot(run: RunRecord) -> Finding:
    """The model slot takes, tries, refuses, keeps and forgets bundles as it must."""
    return _checked(run, SLOT, _why_not(run), "0 bundles deployed")


def find_restart(run: RunRecord) -> Finding:
    """The board restarts on request, and says so."""
    return _checked(run, RESTART, _why_not(run), "0 restarts on request")


def _why_not(run: RunRecord) -> str:
    if not run.facts.throwaway:
        return KEPT
    return NOT_ASKED if slot_may_be_tried(run) else TOO_LARGE


def _checked(run: RunRecord, name: str, otherwise: str, nothing: str) -> Finding:
    """What a check found, or why it was not made."""
    found = run.checks.get(name)
    if found is not None and (found.what or found.wrong):
        return judged(found.what or "not finished", shown(found.wrong))
    if found is not None and found.ended:
        return not_examined(found.ended, nothing)
    return not_examined(UNREACHED if not run.info.protocol else otherwise, nothing)


def find_tensors(run: RunRecord) -> Finding:
    """Windows sent as they are give the reference's outputs."""
    if not run.inference:
        return not_examined("the model does not run: --features-only")
    found = run.checks.get(WINDOWS)
    if found is None:
        return not_examined(UNREACHED if not run.info.protocol else NOT_ASKED)
    stimuli = run.stimuli
    if stimuli is None:
        return judged(found.what, shown(found.wrong))
    count = stimuli.tensors
    if not count.compared:
        return not_examined("no window of --thorough was sent", found.what)
    more = f", by up to {count.largest} LSB" if count.different else ""
    outputs = "output differs" if count.different == 1 else "outputs differ"
    reasons = found.wrong
    if count.different:
        reasons = [*reasons, f"{count.different:,} {outputs} of windows sent: {stimuli.first_difference}"]
    return judged(
        f"{found.what}; {stimuli.sent} more windows, {count.compared:,} outputs compared, "
        f"{count.different:,} differ{more}",
        shown(reasons),
    )

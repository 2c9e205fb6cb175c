"""The diagnosis of a run: each stage's causes, found by replay, in sentences."""

from dataclasses import replace

from .answer_findings import answer_findings
from .column_findings import column_findings, column_view
from .detection_findings import detection_findings
from .evidence import MORE_THAN_FILE, DiagnosisRecord, Piece
from .finding import NEUTRAL, Finding
from .input_cells import ELSEWHERE
from .message_findings import message_findings
from .one_change import in_one
from .output_findings import output_findings, output_views
from .piece_findings import piece_findings
from .ring_unwritten import of_unwritten_place
from .seen_window import SeenWindow
from .stage_findings import stage_findings
from .stages import Stages, compare_stages
from .tensor_causes import trace_findings
from .window_findings import traced_window, window_findings

DEPLOYED = "with another bundle that was deployed"  # whose tables, or thresholds, reach what the bundle in use does not
MANY_VALUES = 100  # that differ, which no two causes give by chance
NEARLY_ALL = 0.98  # of the columns' cells: a bound, or a wrap, that few samples show may leave some
# What a stream's first windows hold of what came before it may be left, and is not known.
NEARLY_ALL_OUTPUTS = 0.9
OF_TRACE = {"stages": "features", "tensors": "outputs"}  # what a trace looks into


def diagnose(record: DiagnosisRecord) -> list[Finding]:
    """The causes of all that differs: of values and messages, then of answers; else of a bundle that was deployed.

    Returns:
        One finding a cause, over all files; by stage. Empty when nothing differs.
    """
    found = _of_run(record)
    if record.deployed is None:
        return found
    if not found:
        return _of_deployed(_of_files(record.deployed), record.deployed)
    if any(each.stage == "detections" or " line " in each.cause for each in found):
        return found
    return [*found, *_of_deployed(detection_findings(record.deployed), record.deployed)]


def _of_deployed(found: list[Finding], record: DiagnosisRecord) -> list[Finding]:
    few = record.features.different + record.outputs.different < MANY_VALUES
    hedge = "; so few values other causes may give, too" if few else ""
    return [
        replace(
            each,
            place=f"{DEPLOYED}, {each.place}",
            explanation=each.explanation + hedge * (each.verified and each.stage in ("features", "outputs")),
        )
        for each in found
    ]


def _of_run(record: DiagnosisRecord) -> list[Finding]:
    """Of what the bundle in use shows."""
    found = _of_files(record)
    if any(" line " in each.cause for each in found if each.stage != "stages"):
        return found  # what gives all of a stage is the cause of what is answered wrongly, too
    if of_window := window_findings(record.bundle, _window_seen(record, found)):
        left = [
            each for each in found if each.stage != "outputs" or (each.verified and each.cause != ELSEWHERE)
        ]
        return [
            *of_window,
            *(_with_cure(each, of_window[0]) if each.stage == "tensors" else each for each in left),
        ]
    if of_stage := stage_findings(record.bundle, record.seen_stage):
        return [*found, *of_stage]
    if in_pieces := piece_findings(record):
        return [*found, *in_pieces]
    return [*found, *answer_findings(record.bundle, record.heard)]


def _window_seen(record: DiagnosisRecord, found: list[Finding]) -> SeenWindow | None:
    """A window of which all of the model's input is known, where nothing gives all outputs."""
    if record.seen_window is not None:
        return record.seen_window
    outputs = [each for each in found if each.stage == "outputs" and each.cause != ELSEWHERE]
    known = any(each.verified and each.share == 1.0 for each in outputs)
    return None if known else traced_window(record.traced)


def _of_files(record: DiagnosisRecord) -> list[Finding]:
    """Find the causes of all differences of a run, by replaying hypotheses on what was recorded.

    Returns:
        One finding a cause, over all files; by stage: features, outputs, detections. Empty when nothing differs.
    """
    if not record.files:
        return [*trace_findings(record.traced, record.bundle), *message_findings(record)]
    stages = compare_stages(record)
    values = [*_of_values(record, stages), *detection_findings(record)]
    messages = message_findings(record)
    if any(each.cause == message.cause for each in values for message in messages):
        messages = []  # the line that gives the values gives these, too
    if _other_columns(record) and any(each.stage == "features" and each.share == 1.0 for each in values):
        messages = []  # what makes all columns of the samples makes as many of them as came
    traces = trace_findings(record.traced, record.bundle, record.files)
    if MORE_THAN_FILE in record.again:
        traces = [_of_unlike_streams(each) for each in traces]
    if messages:  # they give the detections
        of_numbers = _numbered_otherwise(record)
        values = [each for each in values if _is_beside(each, of_numbers)]
        traces = [each for each in traces if not of_numbers or each.stage != "tensors"]
    return [*_by_line(traces, values), *values, *messages]


def _of_unlike_streams(found: Finding) -> Finding:
    """Of a column: each stage came in a stream of its own, and what is wrong is not the same in each stream."""
    if found.stage != "stages":
        return found
    told = (
        "each stage was looked at in a stream of its own, and streams differ: one before it may be wrong, too"
    )
    cure = f"{found.cure}; then at the stages before it, and at their input"
    return replace(found, explanation=f"{found.explanation}; {told}", cure=cure)


def _is_beside(found: Finding, of_numbers: bool) -> bool:
    """Whether a cause may stand beside one of messages: what is numbered otherwise was held against other windows."""
    return found.stage == "features" or (
        found.stage == "outputs" and found.cause != NEUTRAL and not of_numbers
    )


def _numbered_otherwise(record: DiagnosisRecord) -> bool:
    """Whether all outputs are right as they came, and wrong only by the numbers that are told of their windows."""
    said = {each.name: each.said.outputs for each in record.spoken if each.said.whole}
    differing = [file for file in record.files if file.outputs.differing_rows]
    return bool(differing) and all(
        file.name in said and _came_right(file.piece, said[file.name]) for file in differing
    )


def _came_right(piece: Piece, came: list[bytes]) -> bool:
    """Whether a piece's windows have the right outputs in the order in which they came."""
    right = [row.tobytes() for row in piece.outputs_expected]
    return came[piece.first_window :][: len(right)] == right


def _other_columns(record: DiagnosisRecord) -> bool:
    """Whether of all files whose messages are wrong other numbers of columns came than their samples make."""
    settings = record.bundle.settings
    return bool(record.spoken) and all(
        each.said.done is not None and each.said.done[1] != settings.columns(each.samples)
        for each in record.spoken
    )


def _by_line(traced: list[Finding], values: list[Finding]) -> list[Finding]:
    """What a trace found, with the cure of what gives all outputs, or of the line of code that gives all columns.

    A trace of a window tells what is usually wrong where a tensor departs, or where none does: beside what
    gives all outputs these are other causes, so that only what was seen is left. So it is with what the numbers
    of a column have nearly in common, or what two causes give there, beside the one that gives all columns.
    """
    exact = {
        each.stage: each
        for each in values
        if each.share == 1.0 and (each.stage == "outputs" or " line " in each.cause)
    }
    columns = [each for each in values if each.stage == "features"]
    if len(columns) == 1 and columns[0].share >= NEARLY_ALL:
        exact.setdefault("features", columns[0])
    outputs = [each for each in values if each.stage == "outputs"]
    around = outputs[0] if len(outputs) == 1 and _is_cause_of_most(outputs[0]) else None
    told = []
    for each in traced:
        of_stage = exact.get(OF_TRACE.get(each.stage, ""))
        no_op = each.stage == "tensors" and not each.share  # of what is around the ops a trace sees nothing
        told.append(_with_cure(each, around if of_stage is None and no_op else of_stage))
    return told


def _is_cause_of_most(found: Finding) -> bool:
    return found.verified and found.share >= NEARLY_ALL_OUTPUTS


def _with_cure(found: Finding, line: Finding | None) -> Finding:
    if line is None or (found.stage == "stages" and not found.seen and " line " not in line.cause):
        return found
    return replace(found, cure=line.cure, explanation=found.seen or found.explanation)


def _of_values(record: DiagnosisRecord, stages: Stages) -> list[Finding]:
    """Of columns and outputs: each by itself, or both by one cause."""
    columns = [column_view(file) for file in record.files if len(file.piece.expected)]
    outputs = output_views(record, replace(stages, own_columns=False))
    if (place := of_unwritten_place(record, stages.host, columns, outputs)) is not None:
        return [place]
    found = [*column_findings(record, stages), *output_findings(record, stages)]
    return in_one(record, stages.host, found, columns, outputs)

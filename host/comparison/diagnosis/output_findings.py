"""Findings of the stage outputs: what differs beyond that which follows from the columns."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from ...detector.detector import Detector
from ...frontend.normalised.settings import NormalisedSettings
from .causes_told import leaves_some, nearest_told, neutral_finding, verified_finding
from .changed_outputs import changed_outputs
from .evidence import DiagnosisRecord
from .finding import NEUTRAL, Finding
from .input_cells import traced_cells
from .kinds import output_hypotheses
from .search import OF_INPUT, Verified, View, search
from .stages import Stages
from .tensor_causes import WINDOWED_INPUT
from .told_places import at_told_places
from .words import OUTPUT_CURES, output_name, spread_words

LEAST_OUTPUTS = 4  # that a cause must reproduce

_MODEL_CURE = (
    "Look at the model's input, its memory and its kernels on the device; "
    "`pytest hil_tests/test_inference.py` sends windows without the stream"
)
_INPUT_CURE = "Look at what fills the model's input, and what is kept in it: a trace found every op right"
_OUTPUTS_CURE = (
    "Look at what copies and converts the outputs: a trace found every op right, and what is sent wrong"
)
_TOLD_CURE = (
    "Look at what tells a window's outputs, behind the detector (send_window, WINDOW_RESULT): the detections are "
    "those of the right outputs, so the model gave these, of the right input"
)
# What a trace runs once more behind a window, with the ring as it is then
_AGAIN = ("stream_put_window", "put_measured", "stream_window_column", "model_ends_put", "store", "width")
_BEFORE_CURE = (
    "Look at what the input was made of at that time: when ring_index moves on, and what is in the ring then "
    "(stream_push, complete_window); what copies it is right, as a trace found that let it copy once more"
)
_AROUND_CURE = (
    "Look at what is around the ops, which a trace found right: what fills the model's input and what is kept in it, "
    "what copies and converts its outputs, and what a stream keeps from window to window"
)


def output_findings(record: DiagnosisRecord, stages: Stages) -> list[Finding]:
    """Of outputs: the causes of what does not follow from the columns; empty where all of it follows."""
    if stages.model is not None:
        elsewhere = at_told_places(record, stages.model, output_views(record, stages))
        if elsewhere is not None:
            return [elsewhere]
    choices = [stages] if stages.sure else [stages, replace(stages, own_columns=not stages.own_columns)]
    tried = [(choice, *_search(record, choice)) for choice in choices]
    # where the columns differ and the outputs follow from neither side's, the side that explains more is right
    stages, views, found, left = min(tried, key=lambda entry: sum(int(view.wrong.sum()) for view in entry[3]))
    if not any(view.wrong.any() for view in views):
        return _unrecorded(record)
    names = [output_name(record.bundle, value) for value in range(record.outputs.values)]
    pattern = spread_words(record.outputs, names, "windows", "outputs")
    if stages.own_columns:
        about = "held against what follows from the device's own columns"
    else:
        about = "their columns are equal" if not record.features.different else ""
    nearest = nearest_told(found, views, left)
    again = _right_again(record)
    if leaves_some(found, left):
        found = _of_data_path(views, stages, again)
    elif len(found) > 1:  # one line that gives all is likelier than two causes at once
        found = _of_data_path(views, stages, again) or found
    elif again and found and found[0].candidate.family == OF_INPUT:
        found = _of_data_path(views, stages, again) or [_made_before(found[0])]
    if found:
        alone = len(found) == 1
        return [
            _without_excluded(
                record, verified_finding(record, "outputs", cause, record.outputs, pattern, about, alone)
            )
            for cause in found
        ]
    told = about or "held against the host's outputs"
    if not stages.replayed:
        told = "the reference could not be run again on the recorded columns"
    told = "; ".join(part for part in (nearest, told) if part)
    return [neutral_finding(record, "outputs", views, pattern, told, _where_to_look(record))]


def _where_to_look(record: DiagnosisRecord) -> str:
    """Not at the kernels where a trace found every op right; nor at the side of them that it found right."""
    traced = [file for file in record.traced if file.window is not None]
    if not traced or any(file.window is None or file.window.tensors.departure is not None for file in traced):
        return _MODEL_CURE
    steps = {file.step for file in traced}
    windowed = isinstance(record.bundle.settings, NormalisedSettings)
    of_step = {"input": WINDOWED_INPUT.cure if windowed else _INPUT_CURE, "outputs": _OUTPUTS_CURE}
    return of_step.get(steps.pop(), _AROUND_CURE) if len(steps) == 1 else _AROUND_CURE


def _without_excluded(record: DiagnosisRecord, finding: Finding) -> Finding:
    """What is out of step is not the input where detections follow from the right outputs, and not from those told."""
    if finding.cure == OUTPUT_CURES.shift and _decided_rightly(record):
        return replace(finding, cure=_TOLD_CURE)
    return finding


def _decided_rightly(record: DiagnosisRecord) -> bool:
    """Whether all detections are right, and some of them would not be by the outputs that were told."""
    files = [file for file in record.files if file.scores is not None]
    if len(files) < len(record.files) or any(file.device_changes != file.expected_changes for file in files):
        return False
    rule = record.bundle.thresholds
    return any(
        Detector(rule).update(file.scores) != file.device_changes for file in files if file.scores is not None
    )


def _right_again(record: DiagnosisRecord) -> tuple[str, ...]:
    """Functions that filled the input rightly in each trace of a window whose outputs came wrong in the trace, too."""
    steps = {file.step for file in record.traced if file.window is not None}
    return _AGAIN if steps == {"outputs"} else ()


def _made_before(found: Verified) -> Verified:
    """An input that is right when it is written once more: not what writes it is wrong."""
    return replace(found, candidate=replace(found.candidate, cure=_BEFORE_CURE))


def _of_data_path(views: list[View], stages: Stages, right: Collection[str]) -> list[Verified]:
    """The one change of the data path's code that gives all outputs; empty where none does.

    Args:
        views: of all files kept.
        stages: with the reference.
        right: functions that are known to be right.
    """
    if stages.model is None:
        return []
    found, left = search(views, [changed_outputs(stages.model, right)], LEAST_OUTPUTS)
    return [] if leaves_some(found, left) else found


def _search(record: DiagnosisRecord, stages: Stages) -> tuple[list[View], list[Verified], list[View]]:
    views = output_views(record, stages)
    hypotheses = output_hypotheses(record.bundle, stages.model)
    if stages.model is not None:
        hypotheses += [
            traced_cells(stages.model, file.window.inputs)
            for file in record.traced
            if file.step == "input" and file.window is not None and file.window.inputs is not None
        ]
    return (views, *search(views, hypotheses, LEAST_OUTPUTS))


def output_views(record: DiagnosisRecord, stages: Stages) -> list[View]:
    """The outputs of each file that has some, against those of the columns that the stages name."""
    own = {id(entry.file): entry for entry in stages.replayed} if stages.own_columns else {}
    views = []
    for file in record.files:
        piece, before = file.piece, file.before
        if not len(piece.outputs_expected):
            continue
        entry = own.get(id(file))
        expected = piece.outputs_expected if entry is None else np.where(
            entry.sound[:, None], entry.own, piece.outputs_expected
        )  # fmt: skip
        views.append(
            View(
                file,
                piece.first_window,
                expected,
                piece.outputs_device,
                piece.outputs_present if entry is None else entry.sound,
                before.piece.outputs_device if before is not None else piece.outputs_device[:0],
                before.piece.first_window if before is not None else 0,
            )
        )
    return views


def _unrecorded(record: DiagnosisRecord) -> list[Finding]:
    """Outputs follow from the columns: nothing to say. That windows differ which were not kept is said."""
    kept = any(
        (file.piece.outputs_expected != file.piece.outputs_device)[file.piece.outputs_present].any()
        for file in record.files
    )
    if kept or not record.outputs.different:
        return []
    names = [output_name(record.bundle, value) for value in range(record.outputs.values)]
    file = next((file for file in record.files if file.outputs.different), record.files[0])
    return [
        Finding(
            "outputs",
            NEUTRAL,
            f"{file.name}, window {file.outputs.first}",
            "outputs differ in windows of which not all columns were kept, so nothing could be replayed",
            _MODEL_CURE,
            spread_words(record.outputs, names, "windows", "outputs"),
            0.0,
            (file.name,),
        )
    ]

"""The diagnosis of a run: each stage's causes, found by replay, in sentences."""

from .column_findings import column_findings
from .detection_findings import detection_findings
from .evidence import DiagnosisRecord
from .finding import Finding
from .output_findings import output_findings
from .stages import compare_stages
from .tensor_causes import trace_findings


def diagnose(record: DiagnosisRecord) -> list[Finding]:
    """Find the causes of all differences of a run, by replaying hypotheses on what was recorded.

    Returns:
        One finding a cause, over all files; by stage: features, outputs, detections. Empty when nothing differs.
    """
    if not record.files:
        return trace_findings(record.traced, record.bundle)
    stages = compare_stages(record)
    return [
        *trace_findings(record.traced, record.bundle),
        *column_findings(record, stages),
        *output_findings(record, stages),
        *detection_findings(record),
    ]

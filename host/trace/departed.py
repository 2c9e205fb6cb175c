"""The op at which a window departs, as a case."""

import sys
from collections.abc import Mapping
from importlib import metadata

from ..board.identity import describe
from ..bundle.load import Bundle
from ..link.messages import Info
from ..model.op_words import op_title
from .case_file import Case, CaseError, make_case
from .window import WindowTrace
from .words import trace_sentence

PACKAGES = ("ai-edge-litert", "tensorflow", "tflite-micro", "numpy")


def departed_case(
    bundle: Bundle, traced: WindowTrace, info: Info, built_with: Mapping[str, str]
) -> Case | None:
    """The departing op of a window, with its input and both outputs; None where none departs.

    Args:
        bundle: the bundle in use.
        traced: the window.
        info: what the board says of itself.
        built_with: versions that its firmware was built with.

    Raises:
        CaseError: the op cannot stand alone, or its input differs too.
    """
    departure = traced.tensors.departure
    if departure is None:
        return None
    if not departure.inputs_equal:
        raise CaseError(
            f"op {departure.row.record.op} departs on an input that differs, too",
            "export the op that departs first",
        )
    op = departure.row.record.op
    return make_case(
        bundle.model_bytes,
        op,
        op_title(bundle.model_bytes, op),
        traced.host.values,
        {departure.row.record.tensor: departure.device},
        {
            "sentence": trace_sentence(traced.tensors),
            "bundle": bundle.name,
            "model_sha256": bundle.model_hash.hex(),
            "window": traced.tensors.window,
            "expected": traced.tensors.engine,
            "board": describe(info),
            "built_with": dict(built_with),
            "versions": _versions(),
        },
    )


def _versions() -> dict[str, str]:
    found = {"python": sys.version.split()[0]}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found

"""What a pytest session learns of its board, for its row in the history. Light: every session loads it."""

from dataclasses import dataclass, field

import pytest

from ..bundle.load import Bundle
from ..comparison.file import FileComparison
from ..comparison.latency import Latencies
from ..link import messages as m


@dataclass
class SessionFacts:
    """What is known so far.

    Attributes:
        kind: of the board; empty before one was chosen.
        reached: how, in words.
        bundle: the bundle in use.
        info: the board's INFO.
        built_with: versions that its firmware was built with.
        latencies: of all comparisons that tests made with `hil_device`.
        totals: of these, named as a report's totals.
    """

    kind: str = ""
    reached: str = ""
    bundle: Bundle | None = None
    info: m.Info = field(default_factory=m.Info)
    built_with: dict[str, str] = field(default_factory=dict)
    latencies: Latencies = field(default_factory=Latencies)
    totals: dict[str, float] = field(default_factory=dict)

    def add(self, file: FileComparison) -> None:
        """Take in a comparison."""
        self.latencies.extend(file.latencies)
        outputs = file.outputs
        found = {
            "audio_s": file.audio_s,
            "windows": file.windows,
            "feature_cells": file.features.compared,
            "feature_mismatches": file.features.different,
            "outputs": outputs.compared,
            "output_mismatches": outputs.different,
            "detections_device": len(file.device_changes),
            "detection_mismatches": file.detection_mismatches,
        }
        self.totals = {name: self.totals.get(name, 0) + value for name, value in found.items()}


KEY = pytest.StashKey[SessionFacts]()


def facts_of_session(config: pytest.Config) -> SessionFacts:
    """Those of the session that `config` is of."""
    if KEY not in config.stash:
        config.stash[KEY] = SessionFacts()
    return config.stash[KEY]

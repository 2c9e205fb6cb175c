"""`report.json`: every promised name is there, whatever happened."""

import json
from pathlib import Path

import numpy as np
import pytest

from ..comparison.claims.table import CLAIMS
from ..comparison.fakes import Tamper
from .conftest import Compare, MakeRun
from .json_report import report_values, write_json

PROMISED = {"verdict", "claims", "left_out", "board", "bundle", "totals", "latency_us", "link", "files"}
TOTALS = {
    "audio_s",
    "windows",
    "feature_cells",
    "feature_mismatches",
    "outputs",
    "output_mismatches",
    "max_output_difference",
    "outputs_allowed",
    "detection_mismatches",
}


def test_a_run_that_passes(compared: Compare, make_run: MakeRun, tmp_path: Path) -> None:
    file = compared("Grünspecht.wav")
    values = json.loads(write_json(make_run(file), tmp_path).read_text(encoding="utf-8"))
    assert values.keys() >= PROMISED
    assert values["totals"].keys() >= TOTALS
    assert (values["verdict"], values["reasons"]) == ("pass", [])
    assert [claim["name"] for claim in values["claims"]] == [kind.name for kind in CLAIMS]
    for claim in values["claims"]:
        assert claim["status"] in {"held", "not-examined"}, claim
        assert claim["evidence"] if claim["status"] == "held" else claim["reason"]
    assert values["totals"]["feature_cells"] == file.features.compared
    assert values["totals"]["outputs"] == file.outputs.compared
    assert values["totals"]["audio_s"] == 8.0
    for stage in ("frontend", "inference", "total"):
        figures = values["latency_us"][stage]
        assert figures["p50"] <= figures["p95"] <= figures["p99"] <= figures["max"]
    assert values["link"]["device"]["rx_frames"] == 12
    assert values["memory"]["arena_used"] == 40000
    (entry,) = values["files"]
    assert entry["name"] == "Grünspecht.wav"
    assert entry["agreed"] is True
    assert entry["detections"]["host"] == entry["detections"]["device"] != []
    assert entry["latency_us"]["total"]["count"] == file.windows


def test_a_run_that_fails(compared: Compare, make_run: MakeRun, tmp_path: Path, wrong_cell: Tamper) -> None:
    values = json.loads(
        write_json(make_run(compared(tamper=wrong_cell)), tmp_path).read_text(encoding="utf-8")
    )
    assert values["verdict"] == "fail"
    assert values["totals"]["feature_mismatches"] == 1
    (mismatch,) = values["files"][0]["mismatches"]
    assert mismatch["where"] == "column 70, band 5"
    differing = values["files"][0]["differing"]
    ((column, band, host, device),) = differing["features"]
    assert (column, band) == (70, 5) and (device - host) % 256 == 3
    assert differing["features_left_out"] == 0 == differing["outputs_left_out"]
    assert values["patterns"][0].startswith("the one that differs among all cells: band 5, always ")
    assert values["files"][0]["diagnosis"]


def test_nothing_to_compare(compared: Compare, make_run: MakeRun, tmp_path: Path) -> None:
    values = json.loads(
        write_json(make_run(compared(audio=np.zeros(3, np.int16))), tmp_path).read_text(encoding="utf-8")
    )
    assert values.keys() >= PROMISED
    assert values["verdict"] == "incomplete"
    assert values["latency_us"] == {}
    assert values["totals"]["outputs"] == 0


def test_names_that_are_no_text(compared: Compare, make_run: MakeRun, tmp_path: Path) -> None:
    values = json.loads(write_json(make_run(compared("\udcff\n.wav")), tmp_path).read_text(encoding="utf-8"))
    assert values["files"][0]["name"] == "\\udcff\\n.wav"


def test_a_broken_claim_and_a_file_left_out(
    compared: Compare, make_run: MakeRun, wrong_cell: Tamper, tmp_path: Path
) -> None:
    run = make_run(compared("bad.wav", wrong_cell))
    run.left_out.append(("z.wav", "no numbers"))
    values = json.loads(write_json(run, tmp_path).read_text(encoding="utf-8"))
    (features,) = (claim for claim in values["claims"] if claim["name"] == "features")
    assert (features["status"], features["reason"]) == ("broken", "1 feature cell differs")
    assert values["left_out"] == [{"name": "z.wav", "reason": "no numbers"}]


def test_numbers_of_a_whole_run_are_bounded_and_what_is_left_out_is_told(
    compared: Compare, make_run: MakeRun, wrong_cell: Tamper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host.report.json_report.KEPT_OF_RUN", 1)
    values = report_values(make_run(compared("a.wav", wrong_cell), compared("b.wav", wrong_cell)))
    told = [
        (len(file["differing"]["features"]), file["differing"]["features_left_out"])
        for file in values["files"]
    ]
    assert told == [(1, 0), (0, 1)]
    assert values["differing_limits"]["run"] == 1

"""The logarithm is computed as the C core does it, and each other rule is named by the levels that it gives."""

from dataclasses import replace

import numpy as np
import pytest

from ...bundle.load import Bundle, load_bundle
from ...checkout import DEFAULT_BUNDLE
from ...core.c_frontend import octave_table
from ...trace.stages import ColumnTrace, Stage, segments_of
from ...trace.window import front_end
from .column_findings import _traced_stage
from .evidence import DiagnosisRecord, TracedFile
from .log_stage import LogRule, _logarithm, _rules, log_cause
from .tensor_causes import trace_findings

pytestmark = pytest.mark.native
COLUMNS = 20
RULES = list(_rules())


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(DEFAULT_BUNDLE)


@pytest.fixture(scope="module")
def columns(bundle: Bundle) -> list[dict[str, bytes]]:
    """Stages of columns between loud clicks and silence: sums of very unlike scale beside each other."""
    rng = np.random.default_rng(4)
    count = bundle.settings.samples_for(COLUMNS)
    time_s = np.arange(count) / bundle.settings.sample_rate
    tone = 20_000 * np.sin(2 * np.pi * 1000 * time_s) * (time_s % 0.2 < 0.1)
    sound = (tone + rng.normal(0, 3, count) * (time_s % 0.3 < 0.2)).astype(np.int16)
    return [front_end(bundle).capture(sound, column) for column in range(COLUMNS)]


def traced(stages: dict[str, bytes], device: bytes) -> ColumnTrace:
    """Equal up to mel; the logarithm as given."""
    return ColumnTrace(
        7,
        (
            Stage("mel", stages["mel"], stages["mel"], segments=True),
            Stage("log", stages["log"], device, "log band 0", 1, 1, 1),
        ),
    )


def levels(bundle: Bundle, stages: dict[str, bytes], rule: LogRule) -> bytes:
    tables = bundle.tables
    band_db = np.array(tables.band_db_q16, np.int64)
    found = _logarithm(*segments_of(stages["mel"]), band_db, tables.floor_q16)(rule)
    return found.astype("<i4").tobytes()


def test_the_right_rule_gives_the_cores_levels(bundle: Bundle, columns: list[dict[str, bytes]]) -> None:
    for stages in columns:
        assert levels(bundle, stages, LogRule()) == stages["log"]


@pytest.mark.parametrize("told", [told for told, _, _ in RULES])
def test_a_rule_is_named_where_it_shows(bundle: Bundle, columns: list[dict[str, bytes]], told: str) -> None:
    """In a column where rules give the same levels the first of them is; none is named that gives others."""
    rule, cure = next((rule, cure) for text, cure, rule in RULES if text == told)
    showing = [s for s in columns if levels(bundle, s, rule) != s["log"]]
    assert showing
    named = [log_cause(traced(s, levels(bundle, s, rule)), bundle) for s in showing]
    assert (told, cure) in named and None not in named


def test_levels_that_no_rule_gives_have_no_name(bundle: Bundle, columns: list[dict[str, bytes]]) -> None:
    stages = columns[3]
    other = np.frombuffer(stages["log"], "<i4").copy()
    other[5] += 77
    assert log_cause(traced(stages, other.tobytes()), bundle) is None
    spoilt = replace(traced(stages, levels(bundle, stages, LogRule(up=1))), stages=())
    assert log_cause(spoilt, bundle) is None


def test_the_finding_says_so(bundle: Bundle, columns: list[dict[str, bytes]]) -> None:
    rule = LogRule(up=1)
    stages = next(s for s in columns if levels(bundle, s, rule) != s["log"])
    file = TracedFile("a.wav", column=traced(stages, levels(bundle, stages, rule)))
    (finding,) = trace_findings([file], bundle)
    assert "is shifted by the distance between both scales once instead of twice" in finding.explanation
    assert finding.explanation.endswith("computed so, all of the device's values come out")
    assert finding.cure.startswith("Look at the shifts in fe_log") and finding.cause == "stage log"
    (finding,) = trace_findings([file])
    assert finding.cure.startswith("Look at what computes the stage log")


def test_where_a_trace_saw_it_no_guess_is_made(bundle: Bundle, columns: list[dict[str, bytes]]) -> None:
    """What equal levels become says less than the stages themselves."""
    rule = LogRule(up=1)
    stages = next(s for s in columns if levels(bundle, s, rule) != s["log"])
    record = DiagnosisRecord(bundle)
    assert _traced_stage(record) == ("", "")
    record.traced = [TracedFile("a.wav"), TracedFile("a.wav", column=ColumnTrace(7, ()))]
    assert _traced_stage(record) == ("", "")
    record.traced.append(TracedFile("a.wav", column=traced(stages, levels(bundle, stages, rule))))
    where, look = _traced_stage(record)
    assert where.startswith(
        "they arise in the stage log, as the trace of a column shows: where a band's falling sum"
    )
    assert look.startswith("Look at the shifts in fe_log")


LOUDER_NEXT, QUIETER_NEXT = (3, 5), (5, 3)  # scales of two segments


@pytest.mark.parametrize(
    ("scales", "rule", "energy", "scale"),
    [
        (LOUDER_NEXT, LogRule(), 1000 // 16 + 4096, 5),
        (LOUDER_NEXT, LogRule(down=0), 1000 + 4096, 5),
        (LOUDER_NEXT, LogRule(down=1), 250 + 4096, 5),
        (LOUDER_NEXT, LogRule(down=3), 15 + 4096, 5),
        (LOUDER_NEXT, LogRule(up=0), 62 + 4096, 5),
        (LOUDER_NEXT, LogRule(carried=False), 62 + 4096, 3),
        (LOUDER_NEXT, LogRule(rising=False), 4096, 5),
        (LOUDER_NEXT, LogRule(falling=False), 62, 5),
        (QUIETER_NEXT, LogRule(), 1000 + 4096 // 16, 5),
        (QUIETER_NEXT, LogRule(up=0), 1000 + 4096, 5),
        (QUIETER_NEXT, LogRule(up=3), 1000 + 64, 5),
        (QUIETER_NEXT, LogRule(down=0), 1000 + 256, 5),
        (QUIETER_NEXT, LogRule(carried=False), 1000 + 256, 5),
        ((4, 4), LogRule(), 5096, 4),
        ((4, 4), LogRule(carried=False), 5096, 4),
        ((4, 4), LogRule(interpolated=0), 5096, 4),
        ((4, 4), LogRule(interpolated=0.5), 5096, 4),
        ((4, 4), LogRule(octaves=1), 5096, 4),
        ((4, 4), LogRule(octaves=-1), 5096, 4),
        ((0, 0), LogRule(), 5096, 0),
    ],
)
def test_a_level_is_that_of_two_sums_on_one_scale(
    scales: tuple[int, int], rule: LogRule, energy: int, scale: int
) -> None:
    sums = np.array([1000, 9]), np.array([9, 4096]), np.array(scales)
    compute = _logarithm(*sums, np.array([700]), -(1 << 40))
    table = octave_table().astype(float)
    bits = energy.bit_length() - 1
    place = (energy / 2**bits - 1) * 64
    entry = int(place)
    right = (2 * scale + bits + rule.octaves) * table[64] + table[entry] + 700
    right += rule.interpolated * (place - entry) * (table[entry + 1] - table[entry])
    [level] = compute(rule)
    assert abs(level - right) < 1
    assert abs(table[64] - 65_536 * 10 * np.log10(2)) < 1


@pytest.mark.parametrize(
    ("constant", "added"),
    [(0, [10, 200, 3000]), (1, [200, 3000, 3000]), (-1, [10, 10, 200]), (None, [0, 0, 0])],
)
def test_a_level_has_the_constant_of_its_band(constant: int | None, added: list[int]) -> None:
    sums = np.full(4, 64), np.full(4, 64), np.zeros(4, np.int64)
    compute = _logarithm(*sums, np.array([10, 200, 3000]), -(1 << 40))
    [plain] = _logarithm(*sums, np.array([0]), -(1 << 40))(LogRule())
    assert (compute(LogRule(constant=constant)) - plain).tolist() == added


def test_levels_have_a_floor_and_sums_thirty_two_bits() -> None:
    up, down, shift = np.array([0, 2**32 - 1, 1, 0]), np.array([9, 0, 2, 0, 9]), np.array([0] * 5)
    bands = np.array([0, 0, -(10**9), 0])
    compute = _logarithm(up, down, shift, bands, -77)
    silent, around, low, beside = compute(LogRule())
    assert (silent, low) == (-77, -77)
    assert (around, beside) == (0, round(octave_table()[8] + 3 * octave_table()[64]))  # 1 and 9
    assert compute(LogRule(floored=False))[2] < -(10**8) and compute(LogRule(floored=False))[0] == -77


def test_sums_are_those_of_segments_that_are_equal(bundle: Bundle, columns: list[dict[str, bytes]]) -> None:
    rule = LogRule(up=1)
    stages = next(s for s in columns if levels(bundle, s, rule) != s["log"])
    mel, log = traced(stages, levels(bundle, stages, rule)).stages
    earlier = Stage("hann", b"12", b"12")
    assert log_cause(ColumnTrace(7, (earlier, mel, log)), bundle) is not None
    assert log_cause(ColumnTrace(7, (earlier, log)), bundle) is None
    unequal = replace(mel, device=bytes(len(mel.host)))
    assert log_cause(ColumnTrace(7, (earlier, unequal, log)), bundle) is None

"""Claims about what the board was asked besides its files, and about what is known of it beforehand."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ...board.interface import BoardFacts
from ...board.kinds.virtual import VirtualBoard, VirtualOptions
from ...checkout import ROOT
from ...link import messages as m
from ..checks.checked import ANSWERS, LINE, MOST_TOLD, RESTART, SLOT, WINDOWS, Checked, shown
from ..fakes import sample_status
from ..mismatch import Count
from ..record import RunRecord
from ..stimuli.outcome import StimuliRecord
from . import asked, table
from .asked import (
    KEPT,
    NOT_ASKED,
    TOO_LARGE,
    find_answers,
    find_link_counts,
    find_restart,
    find_slot,
    find_streams,
    find_takeover,
    find_tensors,
    find_traces,
)
from .conduct import find_device_log
from .conftest import Make, broken, held, unexamined, with_info
from .finding import Finding, Status
from .identity import HALVING, find_identity
from .memory import find_arena, find_core_ram

pytestmark = pytest.mark.native


@pytest.mark.parametrize(
    ("find", "name", "otherwise", "nothing"),
    [
        (find_answers, ANSWERS, NOT_ASKED, "0 requests with known answers"),
        (find_link_counts, LINE, NOT_ASKED, "0 frames damaged on purpose"),
        (find_slot, SLOT, KEPT, "0 bundles deployed"),
        (find_restart, RESTART, KEPT, "0 restarts on request"),
    ],
)
def test_a_check_is_a_claim(
    record: Make, find: Callable[[RunRecord], Finding], name: str, otherwise: str, nothing: str
) -> None:
    run = record()
    run.checks = {}
    assert find(run) == unexamined(otherwise, nothing)
    run.checks = {name: Checked()}  # begun, and broken off before anything was said
    assert find(run) == unexamined(otherwise, nothing)
    run.checks = {name: Checked(ended="the board fell silent")}
    assert find(run) == unexamined("the board fell silent", nothing)
    run.checks = {name: Checked("9 questions")}
    assert find(run) == held("9 questions")
    run.checks[name].note("one is wrong")
    assert find(run) == broken("9 questions", "one is wrong")
    run.checks = {name: Checked("", ["lost"])}
    assert find(run) == broken("not finished", "lost")
    run.checks = {name: Checked("9 questions", list("abcde"))}
    assert find(run) == broken("9 questions", "a", "b", "c", "and 2 more")
    run.checks, run.facts = {}, BoardFacts(throwaway=True)
    assert find(with_info(run, slot_size=1 << 20)) == unexamined(NOT_ASKED, nothing)
    if name in (SLOT, RESTART):
        assert find(with_info(run, slot_size=1000)) == unexamined(TOO_LARGE, nothing)
    assert find(with_info(run, protocol=0)) == unexamined("the board was not reached", nothing)


def test_what_a_check_keeps_is_bounded() -> None:
    found = Checked()
    for number in range(MOST_TOLD + 5):
        found.note(str(number))
    assert len(found.wrong) == MOST_TOLD
    assert found.hold("it", 1, 1) and not Checked().hold("it", 1, 2)
    other = Checked()
    other.hold("it", 1000, b"\1\2")
    assert other.wrong == ["it is 1,000, 0x0102 is right"]
    assert shown(bytes(9)) == "000000000000… (9 bytes)" and shown("text") == "text"


def test_tensors(record: Make) -> None:
    run = record()
    assert find_tensors(run) == held("asked")
    run.checks[WINDOWS].note("window 3")
    assert find_tensors(run) == broken("asked", "window 3")
    run.checks[WINDOWS] = Checked("asked")
    run.stimuli = StimuliRecord()
    assert find_tensors(run) == unexamined("no window of --thorough was sent", "asked")
    run.stimuli = StimuliRecord(tensors=Count(1000), sent=100, first_difference="window 5")
    said = "asked; 100 more windows, 1,000 outputs compared, {} differ"
    assert find_tensors(run) == held(said.format(0))
    for different, words in ((1, "1 output differs"), (2, "2 outputs differ")):
        run.stimuli.tensors = Count(1000, different, 9)
        assert find_tensors(run) == broken(
            f"{said.format(different)}, by up to 9 LSB", f"{words} of windows sent: window 5"
        )
    run.checks = {}
    assert find_tensors(run) == unexamined(NOT_ASKED)
    assert find_tensors(with_info(run, protocol=0)) == unexamined("the board was not reached")
    run.inference = False
    assert find_tensors(run) == unexamined("the model does not run: --features-only")


def test_slot_and_restart_are_required_of_boards_that_keep_nothing(record: Make) -> None:
    run = record()

    def required() -> set[str]:
        return {claim.name for claim in table.judge(run) if claim.required}

    assert not {"slot", "restart"} & required()
    run.facts = BoardFacts(throwaway=True)
    assert not {"slot", "restart"} & required()
    with_info(run, slot_size=1 << 20)
    assert {"slot", "restart"} <= required()


# ---- what is known beforehand


def test_a_board_says_what_it_was_started_with(record: Make) -> None:
    run = record()
    run.facts = BoardFacts({"reset_reason": m.ResetReason.POWER_ON}, m.Capability(run.info.capabilities))
    assert find_identity(run) == held(f"15 fields of INFO, bundle {run.bundle.name!r}")
    assert find_identity(with_info(run, reset_reason=m.ResetReason.WATCHDOG)).reasons == (
        "INFO says reset_reason 4, the board was started with 1",
    )
    more = with_info(record(), capabilities=run.info.capabilities | m.Capability.MICROPHONE)
    more.facts = run.facts
    assert find_identity(more).reasons == (
        "INFO says that the board has a MICROPHONE, which is not how it was started",
    )
    less = with_info(record(), capabilities=run.info.capabilities & ~m.Capability.VIRTUAL_TIME)
    less.facts = run.facts
    assert find_identity(less).reasons == (
        "INFO says that the board has no VIRTUAL_TIME, which is not how it was started",
    )


BUT_A_SECTOR = ": that is all of the flash but a record's sector"
QUARTER = ": that is a quarter of the flash but a record's sector"
HALVES = (
    "look at how flash is halved and what a record takes (half_size in slot_init, slot_capacity in "
    "firmware/core/bundle/slot.c)"
)


@pytest.mark.parametrize(
    ("field", "right", "told", "words"),
    [
        ("slot_size", 1 << 20, 256, ": it is told in flash sectors of 4,096"),
        ("slot_size", 1 << 20, 1024, ": it is told in KiB of 1,024"),
        ("slot_size", 1 << 20, 257, ""),
        ("slot_size", 126_976, 122_880, f": 1 flash sector of 4,096 bytes less; {HALVES}"),
        ("slot_size", 126_976, 131_072, f": 1 flash sector of 4,096 bytes more; {HALVES}"),
        ("slot_size", 126_976, 114_688, f": 3 flash sectors of 4,096 bytes less; {HALVES}"),
        ("slot_size", 126_976, 110_592, ""),
        ("slot_size", 126_976, 258_048, f"{BUT_A_SECTOR}: it is not halved ({HALVING})"),
        ("slot_size", 126_976, 61_440, f"{QUARTER}: it is halved twice ({HALVING})"),
        ("slot_size", 126_976, 122_879, ""),
        ("slot_size", 4_096, 0, ": it is told in at most 12 bits"),
        ("clock_hz", 126_976, 122_880, ""),
        ("chip", "one", "two", ""),
        ("chip", 5, "two", ""),
        ("slot_size", "one", 256, ""),
    ],
)
def test_a_size_that_is_told_in_other_units(
    record: Make, field: str, right: object, told: object, words: str
) -> None:
    run = with_info(record(), **{field: told})
    run.facts = BoardFacts({field: right})
    reason = next(each for each in find_identity(run).reasons if "was started with" in each)
    assert reason.endswith(f"was started with {right}{words}")


def test_two_fields_that_have_each_others_numbers(record: Make) -> None:
    run = with_info(record(), reset_reason=0, bundle_source=1)
    run.facts = BoardFacts({"reset_reason": 1, "bundle_source": 0})
    assert find_identity(run).reasons == (
        "INFO says reset_reason 0 and bundle_source 1, the board was started with 1 and 0: each is the other's "
        "(session_send_info in firmware/core/session/info.c)",
    )
    run = with_info(run, slot_size=7)
    run.facts = BoardFacts({"reset_reason": 1, "bundle_source": 0, "slot_size": 8})
    assert len(find_identity(run).reasons) == 3, "a third one is wrong, too"
    run = with_info(run, reset_reason=3)
    run.facts = BoardFacts({"reset_reason": 1, "bundle_source": 0})
    assert len(find_identity(run).reasons) == 2


def test_states_and_the_bundles_capabilities_are_no_facts(record: Make) -> None:
    run = record()
    run.facts = BoardFacts({}, m.Capability.VIRTUAL_TIME | m.Capability.DETECTORS)
    assert find_identity(run).status == Status.HELD
    with_info(run, capabilities=run.info.capabilities | m.Capability.SET_ASIDE)
    assert find_identity(run).status == Status.HELD


def test_a_virtual_boards_facts_are_its_options() -> None:
    plain = VirtualBoard(ROOT).facts
    assert plain.throwaway and plain.info["bundle_source"] == 0 and plain.capabilities is not None
    assert plain.exact_line
    assert not plain.capabilities & (m.Capability.MICROPHONE | m.Capability.BAUD)
    kept = VirtualBoard(ROOT, VirtualOptions(flash=ROOT)).facts
    assert not kept.throwaway and "bundle_source" not in kept.info
    slow = VirtualBoard(ROOT, VirtualOptions(baud=9600, microphone=ROOT)).facts
    assert not slow.throwaway and slow.capabilities is not None
    assert slow.capabilities & m.Capability.MICROPHONE and slow.capabilities & m.Capability.BAUD


def test_log_lines_of_a_level_that_nobody_knows(record: Make) -> None:
    run = record()
    run.log.add(m.LogLevel.VERBOSE, "fine")
    assert find_device_log(run).status == Status.HELD
    run.log.add(9, "?")
    run.log.add(6, "?")
    assert find_device_log(run) == broken(
        "3 lines, 0 of them errors",
        "the firmware logged lines of level 6, 9, which the protocol does not know",
    )


def test_warnings_break_nothing_and_are_counted_with_the_first_one(record: Make) -> None:
    run = record()
    run.log.add(m.LogLevel.INFO, "hello")
    assert find_device_log(run) == held("1 lines, 0 of them errors")
    run.log.add(m.LogLevel.WARNING, "assertion failed: x")
    assert find_device_log(run) == held("2 lines, 0 of them errors, 1 warning: assertion failed: x")
    run.log.add(m.LogLevel.WARNING, "another")
    assert find_device_log(run) == held("3 lines, 0 of them errors, 2 warnings: assertion failed: x")
    run.log.add(m.LogLevel.ERROR, "broken")
    assert find_device_log(run).status == Status.BROKEN


def test_a_virtual_boards_arena_is_that_of_this_computer(record: Make) -> None:
    run = record()
    run.witness_arena_size = run.info.arena_size
    assert find_arena(run).status == Status.HELD
    assert find_arena(with_info(run, arena_size=70_000)) == broken(
        "40,000 of 70,000 bytes",
        "the arena is said to have 70,000 bytes, and TFLite Micro on this computer is given 65,536 for this model",
    )
    run.board = "esp32"
    assert find_arena(run).status == Status.HELD


def test_a_virtual_board_cannot_know_its_heap(record: Make) -> None:
    run = record()
    run.status = replace(sample_status(), heap_free=100_000)
    assert find_core_ram(run).reasons == (
        "a virtual board cannot know its stack and heap, and says that 100,000 bytes are free",
    )
    run.board = "esp32"
    assert find_core_ram(run).status == Status.HELD


@pytest.mark.parametrize("differ", [True, False])
@pytest.mark.parametrize("tried", [True, False])
def test_why_streams_hosts_and_traces_were_not_looked_into(
    record: Make, monkeypatch: pytest.MonkeyPatch, differ: bool, tried: bool
) -> None:
    run = record()
    run.checks = {}
    monkeypatch.setattr(asked, "files_differ", lambda _: differ)
    monkeypatch.setattr(asked, "traces_may_be_tried", lambda _: tried)
    first = "the files are not as they must be: what is wrong with them comes first"
    why = first if differ else "the board was not asked"
    assert find_streams(run) == unexamined(why, "0 streams besides files")
    assert find_takeover(run) == unexamined(why, "0 hosts gone")
    costs = "each answer costs the board an inference: `python -m host trace` asks for them"
    otherwise = "the board was not asked" if tried else first if differ else costs
    assert find_traces(run) == unexamined(otherwise, "0 windows looked into")

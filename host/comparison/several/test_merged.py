"""The result of several boards: files in the run's order, and what of each board counts for all of them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...link import messages as m
from ..diagnosis.evidence import TracedFile
from ..diagnosis.finding import Finding
from ..fakes import bundle_info, sample_status
from ..file import FileComparison
from ..record import Cost, Share
from ..result import RunComparison
from ..stimuli.outcome import StimuliRecord
from .merged import SeveralComparison, kinds_of


class Told(RunComparison):
    """A board's result whose diagnosis is given."""

    told: tuple[Finding, ...] = ()

    @property
    def diagnosis(self) -> list[Finding]:
        """See `RunComparison`."""
        return list(self.told)


def _merged(bundle: Bundle, *boards: dict[str, Any]) -> SeveralComparison:
    """Of boards "b0", "b1", ... with some values each; one with `info` None was not reached."""
    run = SeveralComparison("", bundle, m.Info())
    for at, values in enumerate(boards):
        lost = values.pop("lost", "")
        record = Told("virtual", bundle, values.pop("info", bundle_info(bundle)) or m.Info())
        for name, value in values.items():
            assert hasattr(record, name)
            setattr(record, name, value)
        run.shares.append(Share(f"b{at}", record, lost))
    return run


def _file(bundle: Bundle, name: str, agreed: bool = True) -> FileComparison:
    file = FileComparison(name, bundle)
    file.traces.add_sound(np.ones(5, np.int16))
    file.finished = file.audio_ended = True
    file.samples = bundle.window_samples
    file.features.compared, file.features.different = 10, 0 if agreed else 1
    return file


def test_files_stand_in_the_runs_order_whoever_compared_them(bundle: Bundle) -> None:
    run = _merged(bundle, {}, {})
    for place, board in ((2, 0), (0, 1), (5, 1), (1, 0)):
        run.take(run.shares[board], place, _file(bundle, f"{place}.wav"))
    assert [(file.name, file.board) for file in run.files] == [
        *(("0.wav", "b1"), ("1.wav", "b0")),
        *(("2.wav", "b0"), ("5.wav", "b1")),
    ]
    assert run.pictured == run.files
    assert [[file.name for file in share.record.files] for share in run.shares] == [
        ["2.wav", "1.wav"],
        ["0.wav", "5.wav"],
    ]


def test_no_more_pictures_are_kept_than_of_one_board(bundle: Bundle) -> None:
    """The last one that agrees goes."""
    run = _merged(bundle, {})
    for place in range(41, 0, -1):
        run.take(run.shares[0], place, _file(bundle, f"{place}", agreed=place > 39))
    assert len(run.files) == 41 and len(run.pictured) == 40
    assert [file.name for file in run.pictured] == [str(place) for place in range(1, 41)]
    run.take(run.shares[0], 50, _file(bundle, "50"))
    assert "50" not in [file.name for file in run.pictured]


def _finding(cause: str, *files: str, share: float = 1.0, stage: str = "features") -> Finding:
    return Finding(stage, cause, "column 3", f"it is {cause}", "mend it", "band 3", share, files)


def test_a_cause_that_several_boards_have_is_one_cause(bundle: Bundle) -> None:
    run = _merged(
        bundle,
        {"told": (_finding("late", "b.wav", "a.wav", share=0.5), _finding("loud", "c.wav"))},
        {"told": (_finding("late", "a.wav", "d.wav"), _finding("late", "c.wav", stage="outputs"))},
    )
    for place, name in enumerate("abcd"):
        run.take(run.shares[0], place, _file(bundle, f"{name}.wav"))
    late, loud, outputs = run.diagnosis
    assert late == replace(
        _finding("late", "b.wav", "a.wav", "d.wav", share=0.5), pattern="band 3; on every board"
    )
    assert loud == replace(_finding("loud", "c.wav"), pattern="band 3; on b0")
    assert (outputs.stage, outputs.pattern) == ("outputs", "band 3; on b1")


def test_causes_stand_in_the_order_of_the_files_they_concern_first(bundle: Bundle) -> None:
    run = _merged(
        bundle,
        {"told": (_finding("nowhere"), _finding("last", "c.wav"), _finding("unknown", "z.wav"))},
        {"told": (_finding("first", "c.wav", "a.wav"), _finding("two", "b.wav"))},
        {},
    )
    for place, name in enumerate("abc"):
        run.take(run.shares[0], place, _file(bundle, f"{name}.wav"))
    assert [each.cause for each in run.diagnosis] == ["first", "two", "last", "nowhere", "unknown"]
    twice = _merged(bundle, {"told": (_finding("x", "a"), _finding("x", "b"))}, {})
    assert [each.pattern for each in twice.diagnosis] == ["band 3; on b0"]


def test_of_memory_the_scarcest_counts(bundle: Bundle) -> None:
    info = bundle_info(bundle)
    least = {"stack_free": 50, "heap_free": 700, "heap_min_free": 30}
    run = _merged(
        bundle,
        {"info": replace(info, arena_used=5, core_ram=9), "status": replace(sample_status(), **least)},
        {
            "info": replace(info, arena_used=7, core_ram=8),
            "status": replace(sample_status(), stack_free=40, heap_free=900, heap_min_free=0),
        },
        {"info": None},
    )
    assert run.memory() == {
        "core_ram": 9,
        "arena_size": info.arena_size,
        "arena_used": 7,
        "stack_free": 40,
        "heap_free": 700,
        "heap_min_free": 30,
    }
    nothing = _merged(bundle, {"info": None}, {"info": None})
    assert nothing.memory() == {"core_ram": None, "arena_size": None, "arena_used": None}


def test_counters_are_summed_and_of_sizes_the_largest_counts(bundle: Bundle) -> None:
    status = replace(sample_status(), crc_errors=2, rx_size=100, rx_high_water=70)
    other = replace(sample_status(), crc_errors=3, rx_size=90, rx_high_water=80)
    run = _merged(
        bundle,
        {"status": status, "host_link": {"rx_frames": 5}},
        {"status": other, "host_link": {"rx_frames": 6, "duplicates": 1}},
        {},
    )
    counters = run.link_counters()
    assert counters["host"] == {"rx_frames": 11, "duplicates": 1}
    device = counters["device"]
    assert (device["crc_errors"], device["rx_size"], device["rx_high_water"]) == (5, 100, 80)
    assert device["rx_frames"] == 800


def test_what_boards_found_besides_files_is_put_together(bundle: Bundle) -> None:
    info = bundle_info(bundle)
    op = object()
    run = _merged(
        bundle,
        {
            "info": None,
            "built_with": {"elf": "x"},
            "witness": False,
            "reconnected": 1,
            "cost": Cost(1.0, 2.0, 3),
        },
        {
            "info": replace(info, boot_id=7),
            "built_with": {"compiler": "gcc", "elf": "1", "esp-nn": "2"},
            "op_times": [op],
            "host_link": {"a": 1},
            "host_at_start": {"b": 2},
            "damaged_at_start": 4,
            "stimuli": StimuliRecord(sent=3),
            "restarts": [("a.wav", "power")],
            "reconnected": 2,
            "cost": Cost(10.0, 20.0, 30),
        },
        {
            "built_with": {"compiler": "gcc", "elf": "2"},
            "host_link": {"a": 5, "c": 1},
            "host_at_start": {"b": 3},
            "damaged_at_start": 5,
            "stimuli": StimuliRecord(sent=2),
            "restarts": [("b.wav", "heat")],
            "cost": Cost(100.0, 200.0, 300),
        },
    )
    run.gather()
    assert run.info.boot_id == 7 and run.built_with == {"compiler": "gcc"} and run.op_times == [op]
    assert (run.reached, run.witness) == ("b0, b1, b2", True)
    assert (run.reconnected, run.damaged_at_start) == (3, 9)
    assert (run.host_link, run.host_at_start) == ({"a": 6, "c": 1}, {"b": 5})
    assert run.restarts == [("a.wav on b1", "power"), ("b.wav on b2", "heat")]
    assert run.stimuli is not None and run.stimuli.sent == 2
    assert run.cost == Cost(111.0, 222.0, 333)
    nobody = _merged(bundle, {"info": None}, {"info": None})
    nobody.gather()
    assert not nobody.info.protocol and nobody.stimuli is None and nobody.built_with == {}


@pytest.mark.parametrize("without", [1, 2])
def test_one_board_without_a_witness_is_none_with_one(bundle: Bundle, without: int) -> None:
    run = _merged(bundle, *({"witness": at != without} for at in range(3)))
    run.gather()
    assert run.witness is False


def test_a_note_is_told_once_and_one_of_some_boards_names_them(bundle: Bundle) -> None:
    run = _merged(
        bundle,
        {"notes": ["all", "mine", "all"]},
        {"notes": ["all"]},
        {"notes": ["mine"], "lost": "unplugged"},
    )
    run.notes = ["before"]
    run.gather()
    assert run.notes == ["before", "all", "b0: mine", "b2: mine"]
    lost = _merged(bundle, {"notes": ["all"], "lost": "a"}, {"notes": ["all"], "lost": "b"})
    lost.gather()
    assert lost.notes == ["b0: all", "b1: all"]


def test_traces_stand_in_the_order_of_their_files(bundle: Bundle) -> None:
    run = _merged(bundle, {}, {})
    for place, name in enumerate("ab"):
        run.take(run.shares[0], place, _file(bundle, name))
    run.records[0].recorded.traced = [TracedFile("z"), TracedFile("b")]
    run.records[1].recorded.traced = [TracedFile("a")]
    run.gather()
    assert [each.name for each in run.recorded.traced] == ["a", "b", "z"]


def test_kinds_are_counted() -> None:
    assert kinds_of(["esp32", "virtual", "esp32"]) == "2 esp32, 1 virtual"

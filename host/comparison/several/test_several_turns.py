"""A run on several boards, message by message: no process and no board, so that each order can be tried."""

import queue
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from ...bundle.load import Bundle
from ...errors import HilError
from ...link import messages as m
from .. import events as e
from ..fakes import FakeInterpreter, bundle_info
from ..file import FileComparison
from ..result import RunComparison
from ..run import new_result
from ..wishes import Wishes
from . import process_messages as s
from . import several_run
from .fake_boards import SentBoard
from .several_run import SeveralRun

FILES = ("0.wav", "1.wav", "2.wav")
CONNECTS = ""
Script = Callable[["Link", str | None], None]  # of a board, and a file's name or `CONNECTS`; None: the end


class Link:
    """Stands in for `BoardLink`: what its board says of a turn is the test's."""

    scripts: dict[str, Script]
    made: "dict[str, Link]"

    def __init__(self, name: str, bundle: Bundle, job: s.Job, inbox: Any) -> None:
        self.name, self.bundle, self.job = name, bundle, job
        self.free = self.began = False
        self.turns: list[str | None] = []
        self.done: list[str] = []
        self._inbox = inbox
        Link.made[name] = self
        self._act(CONNECTS)

    def say(self, *messages: Any) -> None:
        """Messages, in order; None: its process ended."""
        for message in messages:
            self._inbox.put((self.name, message))

    def over(self, *why: Any) -> None:
        """The last message."""
        record = new_result("virtual", self.bundle, Wishes())
        record.info, record.witness = bundle_info(self.bundle), True
        self.say(s.Over(record, *why))

    def compare(self, name: str, *before: Any) -> None:
        """A file is finished."""
        file = FileComparison(name, self.bundle)
        file.clipping.add(np.full((2, self.bundle.settings.bands), 500))
        self.say(*before, s.Done(file), s.Free())

    def give(self, turn: s.Turn) -> None:
        """See `BoardLink`."""
        self.free = False
        self.turns.append(turn.file and turn.file[0])
        self._act(self.turns[-1])

    def _act(self, turn: str | None) -> None:
        script = Link.scripts.get(self.name)
        if script is not None:
            script(self, turn)
        elif turn == CONNECTS:
            self.say(s.Free())
        elif turn is None:
            self.over()
        else:
            self.compare(turn)

    def how_it_ended(self) -> str:
        """See `BoardLink`."""
        return "its process ended (SIGKILL)"

    def ask_to_stop(self) -> None:
        """Written down."""
        self.done.append("asked")

    def close(self) -> None:
        """Written down."""
        self.done.append("closed")


@dataclass
class Made:
    """A run that is not executed yet."""

    run: SeveralRun
    told: list[e.Event]

    def of(self, kind: type) -> list[Any]:
        """Events of a kind."""
        return [event for event in self.told if isinstance(event, kind)]


@pytest.fixture
def make(bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Made]:
    """Makes runs on boards "b0", "b1", ...; some follow a script from the beginning on."""
    for name in FILES:
        soundfile.write(tmp_path / name, np.zeros(2000, np.int16), bundle.settings.sample_rate)
    monkeypatch.setattr(several_run, "BoardLink", Link)

    def made(count: int = 2, wishes: Wishes | None = None, **scripts: Script) -> Made:
        monkeypatch.setattr(Link, "scripts", scripts, raising=False)
        monkeypatch.setattr(Link, "made", {}, raising=False)
        boards = [(f"b{at}", SentBoard(bundle)) for at in range(count)]
        told: list[e.Event] = []
        return Made(SeveralRun([tmp_path], boards, bundle, wishes, _interpreters, [told.append]), told)

    return made


def _interpreters(bundle: Bundle) -> tuple[Any, None]:
    return FakeInterpreter(bundle), None


Make = Callable[..., Made]


def test_all_files_are_shared_out_and_each_board_hears_the_end(make: Make) -> None:
    made = make()
    result = made.run.execute()
    assert [file.name for file in result.files] == list(FILES)
    given = [link.turns for link in Link.made.values()]
    assert sorted(turn for turns in given for turn in turns if turn) == list(FILES)
    assert [turns[-1] for turns in given] == [None, None] and all(len(turns) >= 2 for turns in given)
    assert [link.done for link in Link.made.values()] == [["closed"], ["closed"]]
    assert result.complete and result.failures == [] and result.board == "2 virtual"
    assert [event.name for event in made.of(e.StepStarted)] == ["connect", "stream", "examine"]
    assert [event.name for event in made.of(e.StepEnded)] == ["connect", "stream", "examine"]
    assert all(0 <= event.seconds < 600 for event in made.of(e.StepEnded))
    assert {"connect", "stream", "examine", "total"} == set(result.seconds)
    assert all(result.seconds[event.name] == event.seconds for event in made.of(e.StepEnded))
    assert len(made.of(e.FileDone)) == 3
    assert any("100 % of the input's cells are clipped" in note for note in result.notes)
    assert all(file.clipping.cells == 0 for file in result.files), "thousands of files keep none"
    jobs = [link.job for link in Link.made.values()]
    assert [job.name for job in jobs] == ["b0", "b1"] and jobs[0].wishes == Wishes()
    for share in result.shares:
        assert isinstance(share.record, RunComparison)
        assert isinstance(share.record.recorded.new_interpreter(), FakeInterpreter)


def test_wishes_hold_for_all_of_them(make: Make) -> None:
    result = make(wishes=Wishes(features_only=True, damage=0.01, thorough=True)).run.execute()
    assert (result.inference, result.damage, result.stimuli is not None) == (False, 0.01, False)
    assert result.versions["numpy"] == np.__version__


def test_a_lost_boards_file_is_the_next_ones(make: Make) -> None:
    def dies(link: Link, turn: str | None) -> None:
        if turn == CONNECTS:
            link.say(s.Free())
        else:
            link.over("the cable broke", "mend it")

    made = make(b0=dies)
    result = made.run.execute()
    assert {file.board for file in result.files} == {"b1"} and len(result.files) == 3
    assert made.of(e.BoardLost) == [e.BoardLost("b0", "the cable broke", "0.wav")]
    assert result.lost == [("b0", "the cable broke")] and result.complete
    share = next(share for share in result.shares if share.name == "b0")
    assert (share.cure, share.left) == ("mend it", True)


def test_a_board_may_be_lost_without_a_file_or_a_word(make: Make) -> None:
    made = make(b0=lambda link, _: link.say(None))
    result = made.run.execute()
    assert made.of(e.BoardLost) == [e.BoardLost("b0", "its process ended (SIGKILL)", "")]
    assert len(result.files) == 3 and "run it again" in next(iter(result.shares)).cure


def test_an_end_after_the_last_message_is_no_loss(make: Make) -> None:
    def ends(link: Link, turn: str | None) -> None:
        if turn == CONNECTS:
            link.say(s.Free())
        elif turn is None:
            link.over()
            link.say(None, None)
        else:
            link.compare(turn)

    made = make(b0=ends, b1=lambda link, turn: ends(link, turn))
    assert made.run.execute().lost == [] and not made.of(e.BoardLost)


def test_a_file_that_costs_two_boards_is_a_failure(make: Make) -> None:
    def poisoned(link: Link, turn: str | None) -> None:
        if turn == CONNECTS:
            link.say(s.Free())
        elif turn is None:
            link.over()
        elif turn == "0.wav":
            link.over("it crashed", "look at it")
        else:
            link.compare(turn)

    result = make(3, b0=poisoned, b1=poisoned, b2=poisoned).run.execute()
    assert [file.name for file in result.files] == ["1.wav", "2.wav"]
    (failure,) = result.failures
    assert failure.startswith("0.wav: b") and " and b" in failure
    assert failure.endswith("were lost in it, so no other board was given it")
    assert result.verdict == "not finished"


def test_without_a_board_left_the_run_breaks_off(make: Make) -> None:
    def lost(link: Link, _: str | None) -> None:
        link.over("no port", f"plug in {link.name}")

    made = make(b0=lost, b1=lost)
    with pytest.raises(HilError, match="every board was lost; b1: no port") as error:
        made.run.execute()
    assert error.value.cure == "plug in b1"
    assert [link.done for link in Link.made.values()] == [["closed"], ["closed"]]
    assert made.told[-1].result.reached == "b0, b1"  # type: ignore[union-attr]


def test_who_chose_a_wrong_board_is_told_before_anything_is_streamed(make: Make) -> None:
    made = make(b0=lambda link, _: link.over("it is an esp32", "correct it", True))
    with pytest.raises(HilError, match="board b0: it is an esp32") as error:
        made.run.execute()
    assert error.value.cure == "correct it"
    assert [link.done for link in Link.made.values()] == [["asked", "closed"]] * 2


def test_a_board_that_came_back_as_another_is_lost(make: Make) -> None:
    """Once it streamed it was the right one."""

    def changes(link: Link, turn: str | None) -> None:
        link.say(s.Free()) if turn == CONNECTS else link.over("another bundle", "flash it", True)

    result = make(b0=changes).run.execute()
    assert result.lost == [("b0", "another bundle")] and len(result.files) == 3


def test_a_fault_of_this_program_ends_the_run(make: Make) -> None:
    made = make(b1=lambda link, _: link.over("", "", False, "Traceback: a fault"))
    with pytest.raises(RuntimeError, match="board b1: Traceback: a fault"):
        made.run.execute()
    assert all(link.done == ["asked", "closed"] for link in Link.made.values())


def test_what_happens_on_a_board_is_told_with_its_name(make: Make, bundle: Bundle) -> None:
    found = e.BoardFound(replace(bundle_info(bundle), boot_id=5), "through a hub")

    def talks(link: Link, turn: str | None) -> None:
        if turn == CONNECTS:
            link.say(s.Told(found), s.Told(e.DeviceLog(3, "hello")), s.Free())
        elif turn is None:
            link.over()
        else:
            link.compare(turn, s.Told(e.FileAgain(turn, "it restarted")))

    made = make(b0=talks)
    seen: list[Any] = []

    def look(event: e.Event) -> None:
        if isinstance(event, e.BoardFound):
            share = made.run._shares["b0"]
            seen.append((share.record.reached, share.record.info.boot_id, made.run._result.info.boot_id))

    made.run.subscribe(look)
    made.run.execute()
    assert made.of(e.BoardFound) == [replace(found, name="b0")]
    assert made.of(e.DeviceLog) == [e.DeviceLog(3, "b0: hello")]
    assert {event.cause for event in made.of(e.FileAgain)} == {"it restarted (b0)"}
    assert seen == [("through a hub", 5, 5)], "also before its part ends"


def test_a_file_that_is_left_out_is_given_to_nobody_else(make: Make) -> None:
    def leaves_out(link: Link, turn: str | None) -> None:
        if turn == CONNECTS:
            link.say(s.Free())
        elif turn is None:
            link.over()
        elif turn == "1.wav":
            link.say(s.Told(e.FileLeftOut("1.wav", "the card was pulled")), s.Free())
        else:
            link.compare(turn)

    result = make(b0=leaves_out, b1=leaves_out).run.execute()
    assert result.left_out == [("1.wav", "the card was pulled")]
    assert [file.name for file in result.files] == ["0.wav", "2.wav"]


def test_stimuli_stand_behind_all_files_and_their_clipping_is_nobodys(make: Make) -> None:
    def thorough(link: Link, turn: str | None) -> None:
        if turn == CONNECTS:
            link.say(s.Free())
        elif turn is None:
            file = FileComparison("stimuli: loud", link.bundle)
            file.clipping.add(np.full((2, 64), 500))
            link.say(s.Done(file))
            link.over()
        else:
            link.say(s.Done(FileComparison(turn, link.bundle)), s.Free())

    result = make(1, b0=thorough).run.execute()
    assert [file.name for file in result.files] == [*FILES, "stimuli: loud"]
    assert not any("clipped" in note for note in result.notes)


def test_what_is_built_for_boards_is_built_once_a_kind(
    make: Make, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[str] = []
    made = make(3)
    boards = [
        (name, SimpleNamespace(kind=kind, prepare=lambda kind=kind: prepared.append(kind)))
        for name, kind in (("b0", "virtual"), ("b1", "qemu"), ("b2", "qemu"))
    ]
    monkeypatch.setattr(made.run, "_boards", [*boards, ("b3", SentBoard(bundle, kind="esp32"))])
    monkeypatch.setattr(made.run, "_shares", made.run._shares | {"b3": made.run._shares["b0"]})
    made.run.execute()
    assert prepared == ["virtual", "qemu"]


def test_waiting_can_be_interrupted(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Ctrl-C does not end a wait, it is looked for once a second."""
    made = make()
    waits: list[float] = []

    class Quiet:
        def get(self, timeout: float) -> Any:
            waits.append(timeout)
            if len(waits) == 3:
                raise KeyboardInterrupt
            raise queue.Empty

        def put(self, _: Any) -> None:
            pass

    monkeypatch.setattr(made.run, "_inbox", Quiet())
    with pytest.raises(KeyboardInterrupt):
        made.run.execute()
    assert waits == [1.0] * 3 and made.run._result.interrupted
    assert all(link.done == ["asked", "closed"] for link in Link.made.values())
    assert isinstance(made.told[-1], e.RunEnded) and m.Info() == made.run._result.info


def test_a_file_that_was_left_out_is_not_lost_with_its_board(make: Make) -> None:
    def leaves_out_and_dies(link: Link, turn: str | None) -> None:
        if turn == CONNECTS:
            link.say(s.Free())
        else:
            link.say(s.Told(e.FileLeftOut("0.wav", "the card was pulled")), None)

    made = make(b0=leaves_out_and_dies)
    result = made.run.execute()
    assert result.left_out == [("0.wav", "the card was pulled")]
    assert [file.name for file in result.files] == ["1.wav", "2.wav"]
    assert made.of(e.BoardLost) == [e.BoardLost("b0", "its process ended (SIGKILL)", "")]

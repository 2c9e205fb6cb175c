"""A run on several boards: who is free gets the next file, who is lost gives its file back."""

import queue
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from ...audio.source import AudioSource
from ...bundle.load import Bundle
from ...errors import HilError
from ...model.interpreter import Interpreter
from .. import events as e
from ..clipping import Clipping
from ..device import BoardUnderTest
from ..interpreters import Interpreters, load_interpreters
from ..record import Share
from ..run import Run, new_result
from ..wishes import Wishes
from . import process_messages as s
from .board_link import BoardLink, Inbox
from .merged import SeveralComparison, kinds_of
from .work_queue import WorkQueue

LOOK_S = 1.0  # between looks for Ctrl-C where waiting cannot be interrupted


@runtime_checkable
class Preparing(Protocol):
    """A board for which something is built, once for all of its kind."""

    def prepare(self) -> None:
        """Build it now.

        Raises:
            HilError: it cannot be built.
        """


class SeveralRun(Run):
    """One run on several boards.

    Args:
        paths: audio files and folders of them.
        boards: each with its name; reached by a process of its own, so they are pickled.
        bundle: what all of them should run.
        wishes: what the user asked for.
        interpreters: as for `Run`; pickled, too.
        listeners: called with each event, in order.
    """

    _result: SeveralComparison

    def __init__(
        self,
        paths: Sequence[Path],
        boards: Sequence[tuple[str, BoardUnderTest]],
        bundle: Bundle,
        wishes: Wishes | None = None,
        interpreters: Interpreters = load_interpreters,
        listeners: Sequence[e.Listener] = (),
    ) -> None:
        self._boards = boards
        super().__init__(paths, boards[0][1], bundle, wishes, interpreters, listeners)
        self._inbox: Inbox = queue.SimpleQueue()
        self._links: dict[str, BoardLink] = {}
        self._shares = {share.name: share for share in self._result.shares}
        self._queue: WorkQueue[AudioSource] = WorkQueue({})
        self._places: dict[str, int] = {}
        self._phase: tuple[str, float] | None = None
        self._expected: Interpreter | None = None

    def _new_result(self) -> SeveralComparison:
        plain = new_result(kinds_of(board.kind for _, board in self._boards), self._bundle, self._wishes)
        result = SeveralComparison(
            plain.board,
            plain.bundle,
            plain.info,
            plain.inference,
            versions=plain.versions,
            damage=plain.damage,
            stimuli=plain.stimuli,
        )
        result.shares = [
            Share(name, new_result(board.kind, self._bundle, self._wishes)) for name, board in self._boards
        ]
        return result

    def _stream_all(self) -> None:
        sources = self._open_sources()
        self._queue = WorkQueue(sources)
        self._places = {name: at for at, name in enumerate(sources)}
        self._begin("connect")
        for kind in {board.kind: board for _, board in self._boards}.values():
            if isinstance(kind, Preparing):
                kind.prepare()
        try:
            for name, board in self._boards:
                job = s.Job(name, board, self._wishes, self._interpreters)
                self._links[name] = BoardLink(name, self._bundle, job, self._inbox)
            while not all(share.left for share in self._shares.values()):
                self._hear()
        except BaseException:
            for link in self._links.values():
                link.ask_to_stop()
            raise
        finally:
            for link in self._links.values():
                link.close()
            self._begin(None)
            self._result.gather()
        self._end()

    def _begin(self, phase: str | None) -> None:
        """The run goes from one part to the next."""
        now = time.monotonic()
        if self._phase is not None:
            name, since = self._phase
            if name == phase:
                return
            self._result.seconds[name] = now - since
            self._tell(e.StepEnded(name, now - since))
        self._phase = None if phase is None else (phase, now)
        if phase is not None:
            self._tell(e.StepStarted(phase))

    def _hear(self) -> None:
        """Take in one message, and give out what can be given."""
        try:
            name, message = self._inbox.get(timeout=LOOK_S)
        except queue.Empty:
            return
        share = self._shares[name]
        if isinstance(message, s.Free):
            self._links[name].free = self._links[name].began = True
        elif isinstance(message, s.Done):
            self._take_from(share, message)
        elif isinstance(message, s.Told):
            self._pass_on(share, message.event)
        elif isinstance(message, s.Over):
            self._take_over(share, message)
        elif not share.left:
            self._lose(share, self._links[name].how_it_ended(), "see what it said above; run it again")
        self._give()

    def _give(self) -> None:
        for link in self._links.values():
            if not link.free:
                continue
            turn = self._queue.take(link.name)
            if turn is not None:
                self._begin("stream")
                link.give(s.Turn(turn))
            elif self._queue.over:
                self._begin("examine")
                link.give(s.Turn(None))

    def _take_from(self, share: Share, done: s.Done) -> None:
        name = self._queue.finished(share.name)
        place = self._places[name] if name is not None else len(self._places) + len(self._result.files)
        file = done.file
        if name is not None:  # of stimuli nobody wants to know
            self._clipped.add(file.name, file.clipping)
        file.clipping = Clipping()
        self._result.take(share, place, file)
        self._tell(e.FileDone(file, self._result))

    def _pass_on(self, share: Share, event: e.Event) -> None:
        """Tell what happened on a board, with its name."""
        if isinstance(event, e.BoardFound):
            share.record.info, share.record.reached = event.info, event.reached
            if not self._result.info.protocol:
                self._result.info = event.info
            event = replace(event, name=share.name)
        elif isinstance(event, e.DeviceLog):
            event = replace(event, text=f"{share.name}: {event.text}")
        elif isinstance(event, e.FileAgain):
            event = replace(event, cause=f"{event.cause} ({share.name})")
        elif isinstance(event, e.FileLeftOut):
            self._queue.finished(share.name)
            self._result.left_out.append((event.name, event.cause))
        self._tell(event)

    def _take_over(self, share: Share, over: s.Over) -> None:
        """A board's part has ended: take its result, which has all but the files."""
        record = over.record
        record.files = share.record.files
        record.recorded.interpreter = self._reference
        share.record, share.left = record, True
        if over.fault:
            raise RuntimeError(f"board {share.name}: {over.fault}")
        if over.wrong and not self._links[share.name].began:
            raise HilError(f"board {share.name}: {over.cause}", over.cure)
        if over.cause:
            self._lose(share, over.cause, over.cure)

    def _reference(self) -> Interpreter:
        """For the diagnosis, which replays here what a board did."""
        if self._expected is None:
            self._expected = self._interpreters(self._bundle)[0]
        return self._expected

    def _lose(self, share: Share, cause: str, cure: str) -> None:
        share.lost, share.cure, share.left = cause, cure, True
        file = self._queue.give_back(share.name)
        self._tell(e.BoardLost(share.name, cause, file or ""))

    def _end(self) -> None:
        """Whether all files had their turn.

        Raises:
            HilError: no board was left to compare them all.
        """
        result = self._result
        lost = [share for share in self._shares.values() if share.lost]
        for name, boards in self._queue.fatal:
            result.failures.append(
                f"{name}: {' and '.join(boards)} were lost in it, so no other board was given it"
            )
        if len(lost) == len(self._shares):
            last = lost[-1]
            raise HilError(f"every board was lost; {last.name}: {last.lost}", last.cure)
        result.complete = True

"""The model slot and the restart of a board that keeps nothing: bundles deployed, tried, refused, kept, forgotten."""

import binascii
import hashlib
import secrets
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...bundle.image import bundle_image
from ...bundle.load import Bundle
from ...detector.detector import Detector
from ...errors import HilError
from ...link import messages as m
from ...model.interpreter import Interpreter
from ...printable import counted
from ..cause import Cause, with_cause
from ..claims.identity import differing_proof, wrong_info
from ..expected import Expected
from ..file import FileComparison
from ..stimuli.thorough import MadeSound
from ..streaming import compare_file
from .checked import ON_SOUND
from .crafted_bundles import crafted_bundles
from .departures import departures
from .full_slot import FULL, FULL_REFUSED, FULL_RESTARTED, HALVES_OVERLAP, filled
from .lost_in_flash import not_erased, refused_text, why_lost
from .overheard import Overheard, SlotDevice
from .restarts import RESTART_S, Restarts
from .slot_aside import aside_told
from .slot_causes import (
    ANOTHER_CRC,
    ANOTHER_REASON,
    ANOTHER_SHA,
    COMMITTED,
    DAMAGED,
    FIRST_HALF,
    FIRST_OF_TWO,
    FOUND_BY_BOOT,
    HALF_NOT_NOTED,
    HELD,
    INCOMPLETE,
    NONE_ASIDE,
    NOT_CHOSEN,
    NOT_KEPT,
    NOT_LOADED,
    NUMBER_NOT_KEPT,
    OVERWRITTEN,
    REFUSED_RECORD,
    SECOND_UNSEEN,
    STAYS,
    STILL_ACTIVE,
    SUSPECTS,
    WHICH_RECORD,
    WRITTEN_OVER,
    WRITTEN_OVER_AT_ONCE,
)
from .slot_flash import FAILED, NOT_ERASED, PLACE, erasing_told, flash_told
from .slot_parsed import parsed_told
from .slot_talk import DEPLOYMENT, TRIAL, SlotTalk
from .variant import PADDING, first_variant, second_variant

Int16 = NDArray[np.int16]
WITHOUT = tuple(f"session/{name}.c" for name in ("audio", "echo", "live", "results", "tensor"))
BUILTIN, DEPLOYED, ON_TRIAL = 0, 1, 2
CUT = 8  # bytes; whole words, as flash is written
NO_BUNDLES = 1015, 1016  # bytes: the first ends within a word; around where SHA-256 needs another block of 64
RESTARTS = 2  # of a deployed bundle
OVERWROTE = "after another refused image and a restart"
RESTARTED, RENEWED = "after a restart", "once the first one was deployed again and the board restarted"
EMPTIED, EMPTIED_RESTARTED = "once emptied", "emptied and restarted"
TRIED, TRIED_AGAIN = "after a trial", "on trial once more"
RUNS, BYTES_OF = "the board runs the bundle", "the bytes of"
ONCE, LEFT = "once deployed", "after refused images"


class SlotCheck(SlotTalk):
    """One board's slot and restart.

    Args:
        device: idle; connected to a board of which nothing outlives this.
        bundle: that it has compiled in.
        interpreter: of the bundle's model; None deploys and restarts, and runs no model.
        sound: int16, some seconds for a deployed bundle to be tried on.
        random: gives bytes, the same number as asked for.
        rate: of the board's clock, as it was seen before: what is wrong with it is told there.
        decides: whether the detections of the bundle compiled in are right.
    """

    def __init__(
        self,
        device: SlotDevice,
        bundle: Bundle,
        interpreter: Interpreter | None,
        sound: Int16,
        random: Callable[[int], bytes] = secrets.token_bytes,
        rate: float = 1.0,
        decides: bool = True,
    ) -> None:
        self._decides = decides
        self._mismatch = b""  # its reason where an image is not the one that was announced
        self._interpreter, self._sound = interpreter, sound
        # by bundles that surely ran, for the diagnosis
        self.streamed: list[tuple[Bundle, FileComparison]] = []
        first = first_variant(bundle, random(PADDING), interpreter, sound)
        second, self._ends = second_variant(bundle, random(PADDING), first, interpreter, sound)
        super().__init__(Overheard(device, "the slot"), bundle, first, second)
        self._device.heard.without = WITHOUT
        self._restarts = Restarts(self._device, rate)
        self.restart = self._restarts.found

    def run(self) -> None:
        """Do all of it; afterwards the board runs what it had compiled in.

        Raises:
            HilError: the board failed.
        """
        try:
            self._all_steps()
            self._tell_refused()
        except HilError as error:
            done = counted(len(self._restarts.reasons), "restart")
            self.restart.ended = f"the board failed after {done}, in the check of the slot: {error.cause}"
            raise

    def _all_steps(self) -> None:
        self._deploy(self.first)
        self._expect(ONCE, self.first, DEPLOYED)
        self._compare(self.first, self._sound)
        self._refusals()
        self._hold_in_use()
        self._try(self.second)
        self._hold_ended()
        self._leave_trial(self.second)
        self._expect("after a host that tried a bundle was gone", self.first, DEPLOYED)
        self._deploy(self.second)
        self._expect("once another one is deployed", self.second, DEPLOYED)
        if self._interpreter is not None:
            self._compare(self.second, self._ends)
        self._hold_newest()
        self._hold_full()
        self._empty()
        self._hold_emptied()
        self._restarts.once()
        self._restarts.hold_reasons()
        self._expect(EMPTIED_RESTARTED, self._bundle, BUILTIN)
        self.slot.what = "two bundles deployed and tried on sound, nine images refused, the slot emptied"
        self.restart.what = counted(len(self._restarts.reasons), "restart on request", "restarts on request")

    # ---- the steps

    def _hold_in_use(self) -> None:
        """Images that were refused have left the bundle in use alone."""
        before = any(text.startswith(f"{BYTES_OF} ", len(f"{ONCE}: ")) for text in self.slot.wrong)
        self._expect(LEFT, self.first, DEPLOYED)
        changed = [text for text in self.slot.wrong if text.startswith(f"{LEFT}: {BYTES_OF} ")]
        if before or not changed:
            return
        self._deploy(self.first)
        self._restarts.once()
        self._send_damaged(self.second)
        nonce = secrets.randbits(32)
        proof = self._device.prove(nonce)
        kept = proof is not None and not differing_proof(self.first, nonce, proof)
        why = HALF_NOT_NOTED if kept else WRITTEN_OVER_AT_ONCE
        self.slot.wrong[:] = [text for text in self.slot.wrong if text not in changed]
        self.slot.wrong.insert(0, Cause(changed[0] + why))
        self._device.heard.suspects = SUSPECTS[why]
        self._deploy(self.first)  # all that follows begins with it

    def _hold_emptied(self) -> None:
        """Once the slot is emptied what was compiled in is in use; where it is not, a trial shows why."""
        if self._expect(EMPTIED, self._bundle, BUILTIN) is self._bundle or self._refused:
            return
        self._send(bundle_image(self.second), m.DeployTry())
        self.ask([m.DeployAbandon()])
        _, kept = self._instead(self._device.info())
        if kept is not None:
            self._tell_why(EMPTIED, NOT_CHOSEN if kept is self._bundle else STILL_ACTIVE)

    def _hold_newest(self) -> None:
        """After a restart the bundle deployed last is in use, whichever half of the slot it lies in."""
        for _ in range(RESTARTS):  # in a row, and none of them a crash
            self._restarts.once()
        runs = self._expect(RESTARTED, self.second, DEPLOYED)
        before = runs is self.first
        if runs is self.second:
            self._hold_written()
        if before:  # the next deployment goes where the one in use does not lie
            self._deploy(self.second)
        self._deploy(self.first)
        self._restarts.once()
        behind = self._expect(RENEWED, self.first, DEPLOYED) is self.second
        why = WHICH_RECORD.get((before, behind), "")
        self._tell_why(RESTARTED if before else RENEWED, self._of_first_half() if why == FIRST_HALF else why)

    def _hold_full(self) -> None:
        """A bundle that fills its half of the slot stays whole when the other half is filled."""
        full = None if self.slot.wrong else filled(self.first, self._device.info().slot_size)
        if full is None:
            return
        refused = len(self._refused)
        with self._device.unheard():  # of so many bytes a diagnosis would try changes for minutes
            self._deploy(full)
            self._send_damaged(full)
            self._expect(FULL, full, DEPLOYED)
            self._restarts.once()
            self._expect(FULL_RESTARTED, full, DEPLOYED)
        del self._refused[refused:]  # of right images it says why
        if self.slot.wrong:
            told = self.slot.wrong[0]
            self.slot.wrong[:] = [Cause(told + (HALVES_OVERLAP if told.startswith(FULL) else FULL_REFUSED))]

    def _of_first_half(self) -> str:
        """Why the record in the first half is used, which is in use now: by a newer one, and by one that is alone."""
        self._deploy(self.second)
        self._restarts.once()
        if self._runs(self.second):
            return NUMBER_NOT_KEPT
        self._deploy(self.second)
        # what begins takes the record of the half that is not in use, and leaves the second one's alone
        image = bundle_image(self.first)
        begun = self._send(image[:CUT], m.DeployAbandon(), length=len(image))
        self._restarts.once()
        if refused_text(begun):
            return FIRST_HALF
        return FIRST_OF_TWO if self._runs(self.second) else SECOND_UNSEEN

    def _runs(self, bundle: Bundle) -> bool:
        """Whether INFO is that of a bundle."""
        return not wrong_info(self._device.info(), bundle, self._interpreter is not None)

    def _hold_written(self) -> None:
        """An image that is refused leaves the bundle in use alone, in whichever half of the slot that lies."""
        self._send_damaged(self.first)
        self._restarts.once()
        if self._expect(OVERWROTE, self.second, DEPLOYED) is not self.second:
            self._deploy(self.second)  # all that follows begins with it
            self._tell_why(OVERWROTE, WRITTEN_OVER)

    def _send_damaged(self, bundle: Bundle) -> None:
        """Deploy an image of which the last byte is another one."""
        image = bundle_image(bundle)
        damaged = image[:-1] + bytes([image[-1] ^ 1])
        self._send(damaged, m.DeployCommit(), binascii.crc32(image), hashlib.sha256(image).digest())

    def _tell_refused(self) -> None:
        """Where what is right was refused, all else follows from that; why, where it can be read from other images."""
        if not self._refused:
            if self.slot.wrong and (
                lost := not_erased(
                    lambda each: self._refused_for(each) == self._mismatch, self._restarts.once
                )
            ):
                self.slot.wrong[:] = [Cause(NOT_KEPT + lost)]
                self._device.heard.suspects = SUSPECTS[NOT_KEPT]
            return
        what, reason = self._refused[0]
        told = next(text for text in self.slot.wrong if text.startswith(f"{what} brings "))
        if self._refused_first == FAILED and (failed := flash_told(self.ask)):
            why = failed
            self._device.heard.suspects = (
                ("slot_write",) if failed == PLACE else ("erase_up_to", "slot_write")
            )
        elif self._refused_first == NOT_ERASED:
            why = erasing_told(self._taken)
            self._device.heard.suspects = ("slot_init", "half_offset", "slot_begin")
        elif reason == self._mismatch or not reason or not self._mismatch:
            why = self._why_lost(bundle_image(self.first), reason, self._restarts.once)
        else:
            why = self._which_deployment(reason) or self._parsed(reason)
            self._empty()  # it may be taken in the end
        self.slot.wrong[:] = [with_cause(told, why)]

    def _why_lost(self, image: bytes, reason: bytes, restart: Callable[[], None] | None = None) -> str:
        """Why an image that is right is refused as one that was announced with wrong checksums is."""
        return why_lost(self._send, image, reason, self._piece, restart)

    def _which_deployment(self, reason: bytes) -> str:
        """Which deployments are refused, where trials are not: into an emptied slot, or beside another one."""
        if any(what != DEPLOYMENT for what, _ in self._refused):
            return ""
        self._empty()
        taken = [self._refused_for(bundle_image(each)) != reason for each in (self.first, self.second)]
        return REFUSED_RECORD.get((taken[0], taken[1]), "")

    def _parsed(self, reason: bytes) -> str:
        """Which function refuses a bundle, where it says something that is known."""
        told, suspects = parsed_told(reason, bundle_image(self.first), self._refused_for)
        self._device.heard.suspects = suspects or self._device.heard.suspects
        for image in crafted_bundles(self.first) if told else ():
            self._refused_for(image)  # the reasons are for the diagnosis, which tries changes of the code
        return told or ANOTHER_REASON

    def _refused_for(self, image: bytes) -> bytes:
        """Why an image is refused; empty: it is taken."""
        return refused_text(self._send(image, m.DeployCommit()))

    def _hold_ended(self) -> None:
        """Behind a trial that was given up what was in use before is so again."""
        runs = self._expect(TRIED, self.first, DEPLOYED)
        if runs is self.first or (runs is not self.second and self._refused):
            return  # where nothing was taken, nothing could be given up
        self._restarts.once()
        _, kept = self._instead(self._device.info())
        if runs is not self.second:
            self._tell_why(TRIED, FOUND_BY_BOOT if kept is self.first else "")
            if kept is not self.first:
                self._deploy(self.first)  # all that follows begins with it
            return
        if kept is self.first:
            # the next trial is of another bundle than this one, which a diagnosis tells apart
            self._send(bundle_image(self.first), m.DeployTry())
        else:
            self._deploy(self.first)  # all that follows begins with it
        whys = {self.first.name: STAYS, self.second.name: COMMITTED, self._bundle.name: OVERWRITTEN}
        self._tell_why(TRIED, "" if kept is None else whys[kept.name])

    def _tell_why(self, when: str, why: str) -> None:
        """Say why another bundle runs, and say it first."""
        told = [text for text in self.slot.wrong if text.startswith(f"{when}: {RUNS}")]
        if why and told:
            self.slot.wrong.remove(told[0])
            self.slot.wrong.insert(0, Cause(told[0] + why))
            self._device.heard.suspects = SUSPECTS[why]

    def _deploy(self, bundle: Bundle) -> None:
        image = bundle_image(bundle)
        answers = self._send(image, m.DeployCommit())
        right = m.DeployState.RECEIVING, m.DeployState.ACTIVE
        self._hold_states(DEPLOYMENT, answers, *right, taken=len(image))
        self._hold_name(answers, bundle)

    def _try(self, bundle: Bundle) -> None:
        image = bundle_image(bundle)
        trying = self._send(image, m.DeployTry())
        self._hold_states(TRIAL, trying, m.DeployState.RECEIVING, m.DeployState.TRIAL)
        self._hold_name(trying, bundle)
        self._expect("on trial", bundle, ON_TRIAL)
        ended = self.ask([m.DeployAbandon()])
        self._hold_states("the end of a trial", ended, m.DeployState.ABANDONED)
        self._hold_name(ended, self.first)  # which was deployed before

    def _leave_trial(self, bundle: Bundle) -> None:
        """A host tries a bundle and is gone; the next one finds what was in use before."""
        trying = self._send(bundle_image(bundle), m.DeployTry())
        right = self._hold_states(TRIAL, trying, m.DeployState.RECEIVING, m.DeployState.TRIAL)
        if right and self._expect(TRIED_AGAIN, bundle, ON_TRIAL) is self.first:
            self._tell_why(TRIED_AGAIN, NOT_LOADED)
        self._device.connect(RESTART_S)

    def _empty(self) -> None:
        answers = self.ask([m.DeployBegin()])
        self._hold_states("emptying the slot", answers, m.DeployState.ACTIVE)
        self._hold_name(answers, self._bundle)

    def _refusals(self) -> None:
        """Images that are not what was announced, or do not fit, one in a stream, and a piece that belongs to none."""
        image = bundle_image(self.second)
        crc32, sha256 = binascii.crc32(image), hashlib.sha256(image).digest()
        other = bytes([sha256[0] ^ 1]) + sha256[1:]
        # what a comparison of too few bits or bytes leaves out
        far_crc32, far_sha256 = crc32 ^ 1 << 31, sha256[:-1] + bytes([sha256[-1] ^ 1])
        damaged = bytearray(image)
        damaged[-1] ^= 1
        receiving, refused = m.DeployState.RECEIVING, m.DeployState.REFUSED
        self._hold_room()
        self._hold_places(image)
        commit = m.DeployCommit()
        for what, sent, why in (
            ("an image with another CRC-32", (image, crc32 ^ 1, sha256), ANOTHER_CRC),
            ("an image with another CRC-32 in its highest bit", (image, far_crc32, sha256), ANOTHER_CRC),
            ("an image with another SHA-256", (image, crc32, other), ANOTHER_SHA),
            ("an image with another SHA-256 in its last byte", (image, crc32, far_sha256), ANOTHER_SHA),
            ("a damaged image", (bytes(damaged), crc32, sha256), DAMAGED),
            ("an image that is not complete", (image[:-CUT], crc32, sha256), INCOMPLETE),
        ):
            answers = self._send(sent[0], commit, *sent[1:], len(image))
            self._mismatch = self._mismatch or refused_text(answers)
            if not self._hold_states(what, answers, receiving, refused, why=why):
                self._deploy(self.first)  # what was taken would be in use in all that follows
        for length in NO_BUNDLES:
            made = bytes(at % 251 for at in range(length))
            what, answers = f"an image of {length:,} bytes that is no bundle", self._send(made, commit)
            self._hold_states(what, answers, receiving, refused, taken=length)
            if self._mismatch and refused_text(answers) == self._mismatch:
                told = f"{what} is refused as an image that was announced with wrong checksums is"
                self.slot.note(told, self._why_lost(made, self._mismatch))
        stream = m.StreamStart(79, m.StreamFlag.FEATURES)
        in_stream = self.ask((stream, m.DeployBegin(), m.DeployBegin(len(image)), m.StreamEnd(79)))
        codes = [answer.code for answer in in_stream if isinstance(answer, m.Error)]
        if codes != [m.ErrorCode.BUSY] * 2:
            self.slot.note("a deployment in a stream is not refused")

    # ---- what must be

    def _expect(self, when: str, bundle: Bundle, source: int) -> Bundle:
        """INFO and proof are those of a bundle; returns the one that runs, as far as it is known."""
        info, nonce = self._device.info(), secrets.randbits(32)
        proof = self._device.prove(nonce)
        wrong = wrong_info(info, bundle, self._interpreter is not None)
        unproved = [] if proof is None else differing_proof(bundle, nonce, proof, earlier=True)
        words, other = self._instead(info) if wrong else ("", bundle)
        runs = bundle if other is None or (proof is not None and not unproved) else other
        if other is not None and runs is not bundle:
            why = self._why(when, runs)
            wrong = [f"{RUNS} {words}{why}"]  # all else that INFO says follows from it
            self._device.heard.suspects = SUSPECTS.get(why, self._device.heard.suspects)
            if proof is not None and not differing_proof(runs, nonce, proof):
                unproved = []
        elif other is not None and wrong:
            wrong = [f"INFO says that of the bundle {words}, and the bytes in use are the right one's"]
        aside = aside_told(self._device.device) if info.capabilities & m.Capability.SET_ASIDE else ""
        if aside and runs is self._bundle is not bundle:
            wrong = [f"{RUNS} {words}{aside}"]  # which is also why INFO says so
        elif info.bundle_source != source:
            wrong.append(f"INFO says bundle_source {info.bundle_source}, {source} is right")
        if info.capabilities & m.Capability.SET_ASIDE and not (aside and wrong):
            wrong.append(NONE_ASIDE)
        for text in wrong + unproved:
            self.slot.note(f"{when}: {text}")
        return runs

    def _instead(self, info: m.Info) -> tuple[str, Bundle | None]:
        """Which bundle INFO is of, in words behind its name."""
        for words, other in (
            ("deployed first", self.first),
            ("deployed last", self.second),
            ("compiled in", self._bundle),
        ):
            if not wrong_info(info, other, self._interpreter is not None):
                return words, other
        return "", None

    def _why(self, when: str, other: Bundle) -> str:
        """Why another bundle runs, where that is known, in words behind a colon."""
        # what was in use before the restart was right, so that it comes from flash
        emptied = not any(text.startswith(f"{EMPTIED}:") for text in self.slot.wrong)
        return HELD if when == EMPTIED_RESTARTED and emptied and other is not self._bundle else ""

    def _compare(self, bundle: Bundle, samples: Int16) -> None:
        """The deployed bundle on some sound."""
        # where it is not the bundle that runs, INFO, the proof or a state has told that
        runs = all(text.startswith(ON_SOUND) for text in self.slot.wrong)
        sound = MadeSound("deployed bundle", lambda: [samples])
        file = compare_file(self._device.device, bundle, sound, self._interpreter)
        for text in departures(file, " where scores meet a threshold exactly"):
            self.slot.note(f"{ON_SOUND}: {text}")
        outputs = (
            Expected(bundle, self._interpreter).push(samples).outputs if file.detection_mismatches else None
        )
        if outputs is not None:
            earlier = Detector(self._bundle.thresholds).update(outputs.scores)
            if self._decides and sorted(earlier) == sorted(file.device_changes):
                self.slot.note(
                    f"{ON_SOUND}: its detections are those of the detector compiled in, which stays in use"
                )
                return
            self._decides = False  # this bundle's are not those of that detector, so no other's are by chance
        if runs:
            self.streamed.append((bundle, file))

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
from ...link.codec import Payload
from ...model.interpreter import Interpreter
from ...printable import counted
from ..cause import Cause, with_cause
from ..claims.identity import differing_proof, wrong_info
from ..expected import Expected
from ..file import FileComparison
from ..stimuli.thorough import MadeSound
from ..streaming import compare_file
from .answers import Request
from .checked import ON_SOUND, Checked
from .departures import departures
from .lost_in_flash import not_erased, refused_text, state_told, why_lost
from .overheard import Overheard, SlotDevice
from .restarts import RESTART_S, Restarts
from .slot_aside import aside_told
from .slot_causes import (
    ANNOUNCED,
    ANOTHER_CRC,
    ANOTHER_REASON,
    ANOTHER_SHA,
    COMMITTED,
    DAMAGED,
    FIRST_HALF,
    FIRST_OF_TWO,
    FOUND_BY_BOOT,
    HELD,
    INCOMPLETE,
    NONE_ASIDE,
    NOT_KEPT,
    NOT_LOADED,
    NUMBER_NOT_KEPT,
    OVERWRITTEN,
    REFUSED_RECORD,
    SECOND_UNSEEN,
    STAYS,
    SUSPECTS,
    WHICH_RECORD,
    WRITTEN_OVER,
)
from .slot_parsed import parsed_told
from .slot_room import room_of
from .variant import PADDING, second_variant, variant, with_thresholds

Int16 = NDArray[np.int16]
WITHOUT = tuple(f"session/{name}.c" for name in ("audio", "echo", "live", "results", "tensor"))
BUILTIN, DEPLOYED, ON_TRIAL = 0, 1, 2
REFUSED = m.DeployState.REFUSED
DEPLOYMENT, TRIAL = "a deployment", "a trial"  # of what is right
CUT = 8  # bytes; whole words, as flash is written
NO_BUNDLES = 1015, 1016  # bytes: the first ends within a word; around where SHA-256 needs another block of 64
RESTARTS = 2  # of a deployed bundle
OVERWROTE = "after another refused image and a restart"
RESTARTED, RENEWED = "after a restart", "once the first one was deployed again and the board restarted"
EMPTIED, EMPTIED_RESTARTED = "once emptied", "emptied and restarted"
TRIED, TRIED_AGAIN = "after a trial", "on trial once more"
RUNS = "the board runs the bundle"


class SlotCheck:
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
        self._lengths: set[int] = set()  # that were announced
        self._piece = (device.max_payload - m.DeployData.fixed_size()) & ~7  # bytes of an image in a message
        self._refused: list[tuple[str, bytes]] = []  # what was right and refused, and the board's reason
        self._mismatch = b""  # its reason where an image is not the one that was announced
        self._device, self._bundle, self._interpreter = Overheard(device, "the slot"), bundle, interpreter
        self._sound = sound
        self._device.heard.without = WITHOUT
        self._restarts = Restarts(self._device, rate)
        self.slot, self.restart = Checked(heard=self._device.heard), self._restarts.found
        # by bundles that surely ran, for the diagnosis
        self.streamed: list[tuple[Bundle, FileComparison]] = []
        first = variant(bundle, random(PADDING))
        self.first = first if interpreter is None else with_thresholds(first, interpreter, sound)
        self.second, self._ends = second_variant(bundle, random(PADDING), first, interpreter, sound)

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
        self._expect("once deployed", self.first, DEPLOYED)
        self._compare(self.first, self._sound)
        self._refusals()
        self._expect("after refused images", self.first, DEPLOYED)
        self._try(self.second)
        self._hold_ended()
        self._leave_trial(self.second)
        self._expect("after a host that tried a bundle was gone", self.first, DEPLOYED)
        self._deploy(self.second)
        self._expect("once another one is deployed", self.second, DEPLOYED)
        if self._interpreter is not None:
            self._compare(self.second, self._ends)
        self._hold_newest()
        self._empty()
        self._expect(EMPTIED, self._bundle, BUILTIN)
        self._restarts.once()
        self._restarts.hold_reasons()
        self._expect(EMPTIED_RESTARTED, self._bundle, BUILTIN)
        self.slot.what = "two bundles deployed and tried on sound, nine images refused, the slot emptied"
        self.restart.what = counted(len(self._restarts.reasons), "restart on request", "restarts on request")

    # ---- the steps

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
        image = bytearray(bundle_image(self.first))
        damaged = bytes(image[:-1]) + bytes([image[-1] ^ 1])
        self._send(damaged, m.DeployCommit(), binascii.crc32(image), hashlib.sha256(image).digest())
        self._restarts.once()
        if self._expect(OVERWROTE, self.second, DEPLOYED) is not self.second:
            self._deploy(self.second)  # all that follows begins with it
            self._tell_why(OVERWROTE, WRITTEN_OVER)

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
        if reason == self._mismatch or not reason or not self._mismatch:
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
        ended = self._device.exchange([(m.DeployAbandon.TYPE, b"")])
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
        answers = self._device.exchange([_request(m.DeployBegin())])
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
        # what was refused before must not keep a piece that belongs to nothing from being refused
        left = (m.DeployBegin(length=len(image)), m.DeployAbandon(), m.DeployData(0, image[:8]))
        self._hold_states(
            "a piece behind a deployment that was abandoned",
            self._device.exchange([_request(each) for each in left]),
            *(receiving, m.DeployState.ABANDONED, refused),
        )
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
        in_stream = self._device.exchange(
            [_request(each) for each in (stream, m.DeployBegin(), m.DeployBegin(len(image)), m.StreamEnd(79))]
        )
        codes = [answer.code for answer in in_stream if isinstance(answer, m.Error)]
        if codes != [m.ErrorCode.BUSY] * 2:
            self.slot.note("a deployment in a stream is not refused")

    def _send(
        self,
        image: bytes,
        end: Payload,
        crc32: int | None = None,
        sha256: bytes | None = None,
        length: int | None = None,
    ) -> list[Payload]:
        """An image in pieces, announced with its own checksums and length or with others."""
        begin = m.DeployBegin(
            len(image) if length is None else length,
            binascii.crc32(image) if crc32 is None else crc32,
            hashlib.sha256(image).digest() if sha256 is None else sha256,
        )
        self._lengths.add(begin.length)
        size = self._piece
        pieces = [m.DeployData(at, image[at : at + size]) for at in range(0, len(image), size)]
        answers: list[Payload] = self._device.exchange([_request(each) for each in (begin, *pieces, end)])
        return answers

    # ---- what must be

    def _hold_room(self) -> None:
        """An image as large as the slot is taken, and one of a byte more is not."""
        fitting, beyond, why = room_of(
            lambda length: self._device.exchange([_request(m.DeployBegin(length=length))]),
            self._device.info().slot_size,
        )
        self._hold_states("an image as large as the slot", fitting, m.DeployState.RECEIVING, why=why)
        self._hold_states("an image beyond the slot", beyond, REFUSED, why=why)

    def _hold_states(
        self,
        what: str,
        answers: list[Payload],
        *right: m.DeployState,
        taken: int | None = None,
        why: str = "",
    ) -> bool:
        """Note other states than are owed, and `why`; returns whether they are these."""
        states = [answer.state if isinstance(answer, m.DeployStatus) else answer.NAME for answer in answers]
        if states != [int(state) for state in right]:
            owed = ", ".join(state.name for state in right)
            came = ", ".join(state_told(answer, REFUSED in right) for answer in answers) or "nothing"
            self.slot.note(f"{what} brings {came}, and {owed} is owed", why)
            last = answers[-1] if answers else None
            if isinstance(last, m.DeployStatus) and last.state == REFUSED and what in (DEPLOYMENT, TRIAL):
                self._refused.append((what, last.text))
            return False
        self._hold_texts(what, answers)
        last = answers[-1]
        if taken is not None and isinstance(last, m.DeployStatus):
            self.slot.hold(f"the bytes received in DEPLOY_STATUS of {what}", last.received, taken)
        return True

    def _hold_texts(self, what: str, answers: list[Payload]) -> None:
        """What has begun has nothing yet, and what is refused has a reason."""
        for answer in answers:
            if not isinstance(answer, m.DeployStatus):
                continue
            if answer.state == m.DeployState.RECEIVING:
                self._hold_nothing(what, answer.received)
                self._hold_text(f"the text of DEPLOY_STATUS as {what} begins", answer.text, "")
            elif answer.state == m.DeployState.REFUSED and not answer.text:
                self.slot.note(f"{what} is refused, and DEPLOY_STATUS has no reason in it")

    def _hold_nothing(self, what: str, received: int) -> None:
        """Nothing came of what has just begun; told once."""
        begins = "the bytes received as "
        if received and not any(text.startswith(begins) for text in self.slot.wrong):
            about = ANNOUNCED if received in self._lengths else ""
            self.slot.note(f"{begins}{what} begins is {received:,}, 0 is right", about)

    def _hold_name(self, answers: list[Payload], bundle: Bundle) -> None:
        last = answers[-1] if answers else None
        if isinstance(last, m.DeployStatus) and last.state != m.DeployState.REFUSED:
            self._hold_text("the name in DEPLOY_STATUS", last.text, bundle.name)

    def _hold_text(self, what: str, theirs: bytes, right: str) -> None:
        """A text of theirs, told in words, with the bundle that it names."""
        text = theirs.decode(errors="replace")
        names = {self.first.name: "deployed first", self.second.name: "deployed last"}
        names[self._bundle.name] = "compiled in"
        if theirs != right.encode():
            whose = f" (the bundle {names[text]})" if text in names else ""
            self.slot.note(f"{what} is {text!r}{whose}, {right!r} is right")

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


def _request(request: Payload) -> Request:
    return request.TYPE, request.encode()

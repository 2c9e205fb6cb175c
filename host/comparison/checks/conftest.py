"""A device with a slot, made up, and faults put into it."""

import hashlib
import time
import zlib
from dataclasses import replace

from ...bundle.image import bundle_image
from ...bundle.load import Bundle
from ...link import messages as m
from ...link.codec import Payload
from ..conftest import bundle, samples
from ..fakes import FakeDevice, FakeInterpreter, bundle_info
from .answers import Request

__all__ = ["bundle", "samples"]


class SlotFake(FakeDevice):
    """Takes bundles that it knows.

    Args:
        bundle: compiled in.
        known: those that may be deployed.
        fault: what goes wrong, by name; empty: nothing.
        room: bytes that its slot has for an image.
    """

    def __init__(self, bundle: Bundle, known: list[Bundle], fault: str = "", room: int = 1 << 20) -> None:
        info = bundle_info(bundle)
        info = replace(info, capabilities=info.capabilities | m.Capability.SLOT, slot_size=room)
        super().__init__(bundle, FakeInterpreter(bundle), info=info, quick=True)
        self.fault = fault
        self._builtin = bundle
        self._known = {bundle_image(each): each for each in known}
        self._halves: list[tuple[int, bytes] | None] = [None, None]  # each with its sequence number
        self._active: int | None = None
        self._lies: int | None = None  # where the image in use does
        self._image: bytes | None = None  # what lies in the half in use
        self._sequence = self._booted_sequence = 0
        self._begin: m.DeployBegin | None = None
        self._data = b""
        self._streams = self._booting = False
        self._arrived = False  # the image, as it was announced
        self._restarts_asked = 0
        self._tried = False  # a bundle, ever
        self.log: list[str] = []

    def know(self, bundles: list[Bundle]) -> None:
        """These may be deployed, too."""
        self._known |= {bundle_image(each): each for each in bundles}

    def exchange(self, requests: list[Request]) -> list[Payload]:
        """See `Exchanging.exchange`."""
        return [answer for kind, payload in requests for answer in self._take(m.decode(kind, payload))]

    def _take(self, request: Payload) -> list[Payload]:
        if isinstance(request, m.StreamStart | m.StreamEnd):
            self._streams = isinstance(request, m.StreamStart)
            return []
        if self._streams and self.fault != "deploys in a stream":
            return [m.Error(request=request.TYPE, code=m.ErrorCode.BUSY)]
        if isinstance(request, m.DeployBegin):
            return self._take_begin(request)
        if isinstance(request, m.DeployData):
            elsewhere = request.offset != len(self._data) and self.fault != "places unheld"
            self._data += request.data
            refused = elsewhere or (self._begin is None and self.fault != "refused for ever")
            if elsewhere:
                self._begin = None
            return [self._status(m.DeployState.REFUSED)] if refused else []
        if isinstance(request, m.DeployAbandon):
            self._begin = None
            if self.fault != "trial stays":
                self._use_kept()
            return [self._status(m.DeployState.ABANDONED)]
        return self._take_whole(isinstance(request, m.DeployTry))

    def _take_begin(self, request: m.DeployBegin) -> list[Payload]:
        self._begin, self._data, self._arrived = request, b"", False
        if request.length and self.fault != "overwrites":
            self._halves[self._target] = None
            if self.fault == "halves overlap" and len(self._image or b"") == self.device_info.slot_size:
                self._halves = [None, None]
        if request.length == 0:
            kept = (
                self._halves[self._active]
                if self.fault == "half emptied" and self._active is not None
                else None
            )
            self._halves = [None, kept]
            if self.fault != "emptied kept in mind":
                self._active = self._image = None
            if self.fault not in ("emptied late", "emptied kept in mind"):
                self._use(self._builtin, 0)
            return [
                self._status(
                    m.DeployState.REFUSED if self.fault == "emptying fails" else m.DeployState.ACTIVE
                )
            ]
        most = self.device_info.slot_size - (self.fault == "too short")
        fits = request.length <= most or self.fault == "too long"
        return [self._status(m.DeployState.RECEIVING if fits else m.DeployState.REFUSED)]

    def _take_whole(self, trial: bool) -> list[Payload]:
        begin = self._begin
        assert begin is not None
        right = (
            len(self._data) == begin.length
            and (self.fault == "CRC unchecked" or zlib.crc32(self._data) == begin.crc32)
            and (self.fault == "SHA unchecked" or hashlib.sha256(self._data).digest() == begin.sha256)
        )
        self._arrived = right and self.fault != f"SHA of {len(self._data)}"
        right = right and not (self.fault == "full refused" and begin.length == self.device_info.slot_size)
        right = right and not self.fault.startswith("takes no bundle")
        unwritten = not trial and (
            self.fault == "writes no record"
            or (self.fault == "writes one record alone" and self._image is not None)
        )
        unwritten = unwritten or self.fault == "reads no bundle"
        if unwritten and right and self._data in self._known:
            self._use_kept()
            return [replace(self._status(m.DeployState.REFUSED), text=b"record")]
        if not right or self._data not in self._known:
            if self.fault == "refused overwrites" and self._active == 1:
                self._halves[1] = None
            self._use_kept()
            if self.fault in ("half not noted", "halves turned") and self._lies == self._target:
                self._bundle = replace(self._bundle, model_bytes=b"written over")
            if self.fault == "refusing forgets":
                self._use(self._builtin, 0)
            return [self._status(m.DeployState.REFUSED)]
        if not trial or self.fault == "trial kept":
            self._commit(self._data)
        if trial and self.fault == "overwrites":
            self._halves, self._image = [None, None], self._data
        if trial and self.fault == "second trial unloaded" and self._tried:
            self._use_kept()
        else:
            self._use(self._known[self._data], 2 if trial else 1)
        self._tried = self._tried or trial
        return [self._status(m.DeployState.TRIAL if trial else m.DeployState.ACTIVE)]

    def _status(self, state: m.DeployState) -> m.DeployStatus:
        active = state.name.lower() == self.fault.removesuffix(" is told active")
        text = b"another" if self.fault == "status names another" else self._bundle.name.encode()
        if state == m.DeployState.RECEIVING and self.fault != "begins with a name":
            text = b""
        elif state == m.DeployState.REFUSED:
            text = b"" if self.fault == "refuses without a word" else b"why"
            if self._arrived and self._data not in self._known and self.fault != "takes no bundle":
                text = b"no bundle"
        elif state == m.DeployState.ABANDONED and self.fault == "abandons without a name":
            text = b""
        received = 0 if self.fault == "received untold" else len(self._data)
        received += state == m.DeployState.RECEIVING and self.fault == "begins with a byte"
        if self.fault == "last word cut":
            received &= ~3
        if state == m.DeployState.RECEIVING and self.fault == "begins with its length" and self._begin:
            received = self._begin.length
        return m.DeployStatus(m.DeployState.ACTIVE if active else state, received, text)

    def _commit(self, image: bytes) -> None:
        target = self._target
        self._sequence += self.fault != "number not counted up"
        if self.fault == "number not kept":
            self._sequence = self._booted_sequence + 1
        self._halves[target] = self._sequence, image
        self._active = self._active if self.fault == "half not noted" else target
        self._lies, self._image = target, image

    def _find(self) -> None:
        """As at boot: the newest record, or the one that a fault prefers."""
        found = [(kept[0], half) for half, kept in enumerate(self._halves) if kept is not None]
        by_half = [(half, half) for _, half in found]
        chosen = {"older wins": min(found, default=None), "first half wins": min(by_half, default=None)}
        chosen["second half wins"] = max(by_half, default=None)
        newest = max(found, key=lambda each: (each[0], -each[1]), default=None)
        best = chosen.get(self.fault, newest)
        if self.fault == "second half unseen":
            best = next((each for each in found if each[1] == 0), None)
        self._booted_sequence = 0 if best is None else best[0]
        self._active = self._lies = None if best is None else best[1]
        kept = None if self._active is None else self._halves[self._active]
        self._image = None if kept is None else kept[1]

    @property
    def _target(self) -> int:
        """The half that is written next."""
        if self.fault == "halves turned" and self._lies is not None:
            return self._lies
        return 1 if self._active == 0 else 0

    def _use_kept(self) -> None:
        if self._image is None or (self.fault == "found by boot alone" and not self._booting):
            self._use(self._builtin, 0)
        else:
            self._use(self._known[self._image], 1)

    def _use(self, bundle: Bundle, source: int) -> None:
        """Make a bundle the one in use, or as much of it as the fault leaves."""
        self._bundle = bundle
        if source and self.fault == "front end stays":
            self._bundle = replace(bundle, settings=self._builtin.settings, model=self._builtin.model)
        elif source and self.fault == "thresholds stay":
            self._bundle = replace(bundle, detector=self._builtin.detector)
        elif source and self.fault == "model stays":
            self._bundle = replace(bundle, model_bytes=self._builtin.model_bytes)
        info = bundle_info(bundle)
        old = self.device_info
        self.device_info = replace(
            info,
            capabilities=old.capabilities & ~m.Capability.SET_ASIDE,
            slot_size=old.slot_size,
            boot_id=old.boot_id,
            reset_reason=old.reset_reason,
            bundle_source=0 if self.fault == "source untold" else source,
        )
        if (
            self.fault == "second bundle misnamed"
            and self._known
            and bundle is list(self._known.values())[-1]
        ):
            self.device_info = replace(self.device_info, bundle_name=b"another")
        if self.fault == "no logits":
            self.device_info = replace(
                self.device_info, capabilities=info.capabilities & ~m.Capability.LOGITS
            )
        if self.fault == "name stays":
            self.device_info = replace(self.device_info, bundle_name=self._builtin.name.encode())
        if self.fault == "hash stays":
            self.device_info = replace(self.device_info, settings_hash=self._builtin.settings_hash)

    def connect(self, timeout_s: float | None = None) -> m.Info:
        """See `DeviceUnderTest.connect`."""
        super().connect(timeout_s)
        if self.fault not in ("trial outlives", "trial stays"):
            self._use_kept()
        return self.device_info

    def reset(self, timeout_s: float | None = None) -> m.Info:  # noqa: ARG002
        """See `SlotDevice.reset`."""
        if self.fault != "clock goes on":
            self._booted_s = time.monotonic()
        self._inferences = 7 if self.fault == "counts go on" else 0
        self._restarts_asked += 1
        if self.fault == "forgets" or (self.fault == "counts a crash" and self._restarts_asked == 2):
            self._halves = [None, None]
        self._find()
        self._booting = True
        self._use_kept()
        self._booting = False
        if self.fault == "image cut off" and self._image is not None:
            self.log.append("the bundle in the model slot is not used: the image is cut off")
            self._use(self._builtin, 0)
            aside = self.device_info.capabilities | m.Capability.SET_ASIDE
            self.device_info = replace(self.device_info, capabilities=aside)
        info = self.device_info
        self.device_info = replace(
            info,
            boot_id=info.boot_id + (self.fault != "same boot id"),
            reset_reason=m.ResetReason.POWER_ON if self.fault == "reason untold" else m.ResetReason.SOFTWARE,
        )
        return self.device_info

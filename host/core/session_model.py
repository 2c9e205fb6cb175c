"""What the session owes a host, request by request: a small model that the firmware is held against.

It knows modes, refusals and counts; what columns and detections are made of, it takes from the front end's own tests.
"""

import zlib
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bundle.image import bundle_image
from ..bundle.load import Bundle
from ..detector.detector import Detector
from ..link import messages as m
from ..link.codec import MessageError, Payload
from .c_frontend import FrontEnd
from .session_answers import Deployment, Owed, Results
from .session_facts import FactRequests
from .session_trace_model import MOST_SHIFT, TraceModel
from .session_trace_requests import TraceRequests

Int16 = NDArray[np.int16]
SECTOR = 4096


class SessionModel:
    """The session, as far as a host can tell.

    Args:
        builtin: the bundle compiled in.
        known: bundles by their image, those that may be deployed.
        flash_size: of the slot.
        controls: the fake target's, read only: what is going to fail.
        sound: the microphone's next samples.
    """

    def __init__(
        self,
        builtin: Bundle,
        known: dict[bytes, Bundle],
        flash_size: int,
        controls: Any,
        sound: Callable[[int], Int16],
    ) -> None:
        self.builtin, self.known, self.sound = builtin, known, sound
        self.capacity = flash_size // 2 // SECTOR * SECTOR - SECTOR
        self.controls = controls
        self.slot: bytes | None = None  # the image committed
        self.deployment: Deployment | None = None
        self.trace = TraceModel()
        self.arm()
        self.boot()

    # ---- state

    def boot(self) -> None:
        """As the firmware boots, with whatever fails armed."""
        self.inferences = 0
        self.columns = self.windows = 0
        self.deployment = None
        self.trace.shift = 0
        self._choose_bundle()
        self.connect()

    def arm(self) -> None:
        """The controls were set anew, with nothing under way."""
        self.loads_to_fail = self.controls.loads_to_fail
        self.invokes_to_fail = self.controls.invokes_to_fail

    def connect(self) -> None:
        """A new host: nothing of what the one before began is left."""
        self.mode = "idle"
        self.stream_id = 0
        self.audio_refused = self.tensor_refused = self.deploy_refused = False
        self._abandon()
        if self.trace.shift:
            self.trace.shift = 0
            self.load()
        self.trace.connect()
        self.tensor: m.TensorBegin | None = None
        self.cells = b""
        self.dead = False
        self.owed: list[Owed] = []
        self.results: list[Results] = []  # of each stream, in order

    # ---- models and bundles

    def load(self) -> bool:
        """Load the bundle's model; whether that goes well."""
        self.remembered = 0
        self.trace.load()
        fails, self.loads_to_fail = self.loads_to_fail > 0, max(0, self.loads_to_fail - 1)
        self.loaded = not fails and self.trace.shift <= MOST_SHIFT
        return self.loaded

    def _use(self, bundle: Bundle, source: int) -> bool:
        self.bundle, self.source = bundle, source
        return self.load()

    def _choose_bundle(self) -> None:
        self.set_aside = self.slot is not None and not self._use(self.known[self.slot], 1)
        if self.slot is None or self.set_aside:
            self._use(self.builtin, 0)

    def _abandon(self) -> None:
        trial = self.deployment is not None and self.deployment.trial
        self.deployment = None
        if trial:
            self._choose_bundle()

    def _forget(self, request: int) -> bool:
        if self.controls.stateful and not self.load():
            self.refuse(request, m.ErrorCode.INFERENCE_FAILED)
            return False
        return True

    def _infer(self, cells: bytes, window: int) -> bytes | None:
        controls = self.controls
        self.trace.before(window, bool(controls.stateful), bool(controls.keep_fails), self.remembered)
        if self.invokes_to_fail:
            self.invokes_to_fail -= 1
            return None
        self.trace.window = cells
        add = self.remembered & 15 if self.controls.stateful else 0
        values = np.frombuffer(cells, np.int8)
        classes = len(self.bundle.labels)
        scores = (values[np.arange(classes) % len(values)].astype(int) + add).astype(np.int8)
        self.remembered += 1
        logits = (~scores).tobytes() if self.bundle.model.logits else b""
        return scores.tobytes() + logits

    # ---- requests

    def take(self, kind: int, payload: bytes) -> None:
        """Note what a request owes."""
        if self.dead:
            return
        kinds: dict[int, Callable[[Any], None]] = {
            **FactRequests(self).kinds,
            m.EchoRequest.TYPE: lambda request: self.owe(m.Echo, data=request.data),
            m.StreamStart.TYPE: self._stream_start,
            m.Audio.TYPE: self._audio,
            m.StreamEnd.TYPE: self._stream_end,
            m.TensorBegin.TYPE: self._tensor_begin,
            m.TensorData.TYPE: self._tensor_data,
            m.DeployBegin.TYPE: self._deploy_begin,
            m.DeployData.TYPE: self._deploy_data,
            m.DeployTry.TYPE: self._deploy_try,
            m.DeployCommit.TYPE: self._deploy_commit,
            m.DeployAbandon.TYPE: self._deploy_abandon,
            m.LiveStart.TYPE: self._live_start,
            m.LiveStop.TYPE: self._live_stop,
            m.Reset.TYPE: self._reset,
            **TraceRequests(self).kinds,
            m.BuildRequest.TYPE: lambda _: self.owe(m.Build, lines=b"compiler none\nfake 1.2"),
        }
        job = kinds.get(kind)
        if job is None:
            self.owe(m.Error, request=kind, code=m.ErrorCode.UNKNOWN_TYPE, value=kind)
            return
        if kind == m.TensorBegin.TYPE:  # good or bad, it ends the one before
            self.tensor_refused = True
            self.mode = "idle" if self.mode == "tensor" else self.mode
        try:
            request = m.decode(kind, payload)
        except MessageError:
            self._malformed(kind, len(payload))
            return
        job(request)

    def owe(self, kind: type[Payload], **fields: Any) -> None:
        """Note an answer."""
        self.owed.append(Owed(kind, fields))

    def refuse(self, request: int, code: m.ErrorCode, **fields: Any) -> None:
        """Note a refusal."""
        self.owe(m.Error, request=request, code=code, **fields)

    def _malformed(self, kind: int, length: int) -> None:
        if kind == m.TensorData.TYPE:
            self._bad_piece()
        elif kind == m.DeployData.TYPE:
            if not self.is_busy(kind):
                self.refuse_deploy(
                    b"malformed DEPLOY_DATA" if self.deployment else b"no deployment has begun"
                )
        else:
            self.refuse(kind, m.ErrorCode.BAD_REQUEST, value=length)

    def _reset(self, _: m.Reset) -> None:
        self.dead = True

    # ---- streams

    def _begin_results(self) -> None:
        self.results.append(Results())
        self.samples = np.empty(0, np.int16)
        self.columns = self.windows = self.changes = 0
        self.detector = Detector(self.bundle.thresholds)
        quantisation = self.bundle.model.input
        self._front_end = FrontEnd(self.bundle.settings, quantisation.scale, quantisation.zero_point)
        self._cells = np.empty((0, self.bundle.settings.bands), np.int8)

    def _stream_start(self, request: m.StreamStart) -> None:
        infer = bool(request.flags & m.StreamFlag.INFERENCE)
        if infer and not self.loaded:
            self.refuse(m.StreamStart.TYPE, m.ErrorCode.NO_MODEL)
            return
        self.mode = "idle"
        if infer and not self._forget(m.StreamStart.TYPE):
            return
        self.mode, self.stream_id, self.audio_refused = "stream", request.stream, False
        self.infer, self.features = infer, bool(request.flags & m.StreamFlag.FEATURES)
        self._begin_results()
        self.trace.begin_armed()
        self.trace.stage, self.trace.looked = None, self.trace.stage
        self.owe(m.StreamStarted, stream=request.stream)

    def _audio(self, request: m.Audio) -> None:
        if self.mode == "stream":
            if len(request.samples) % 2:
                self.refuse(m.Audio.TYPE, m.ErrorCode.BAD_REQUEST, value=len(request.samples))
            else:
                self._push(np.frombuffer(request.samples, "<i2"), m.Audio.TYPE)
        elif not self.audio_refused:
            self.audio_refused = True
            self.refuse(m.Audio.TYPE, m.ErrorCode.NO_STREAM, value=len(request.samples))

    def _push(self, samples: Int16, request: int) -> None:
        results, bundle = self.results[-1], self.bundle
        self.samples = np.concatenate([self.samples, samples])
        columns = self._front_end.push(samples)
        for column in columns:
            seen = self.trace.look(len(self._cells), column.tobytes(), self.bundle.settings.fft)
            if seen is not None:
                self.owe(m.StageBytes, **seen)
            self._cells = np.concatenate([self._cells, column[np.newaxis]])
            self.trace.window = None
            self.columns += 1
            first = self.columns - bundle.frames
            if first >= 0 and first % bundle.stride == 0:
                outputs: bytes | None = b""
                if self.infer:
                    outputs = self._infer(self._cells[first:].tobytes(), self.windows)
                if outputs is None:
                    self.refuse(request, m.ErrorCode.INFERENCE_FAILED, value=self.windows)
                    self.mode, self.audio_refused = "idle", True
                    return
                results.windows.append((self.windows, first, outputs))
                self._detect(results, outputs)
                self.windows += 1
                self.inferences += self.infer
        results.features = self._cells.tobytes() if self.features else b""

    def _detect(self, results: Results, outputs: bytes) -> None:
        scores = np.frombuffer(outputs[: len(self.bundle.labels)], np.int8)
        for change in self.detector.update(scores[None]) if self.infer else ():
            self.changes += 1
            results.changes.append((change.label, int(change.active), self.windows, change.score))

    def _stream_done(self) -> None:
        self.owe(
            m.StreamDone,
            stream=self.stream_id,
            samples=len(self.samples),
            columns=self.columns,
            windows=self.windows,
            detections=self.changes,
        )

    def _stream_end(self, _: m.StreamEnd) -> None:
        refused, self.audio_refused = self.audio_refused, False
        if self.mode == "stream":
            self._stream_done()
            self.mode = "idle"
        elif not refused:
            self.refuse(m.StreamEnd.TYPE, m.ErrorCode.NO_STREAM)

    # ---- the microphone

    def _live_start(self, _: m.LiveStart) -> None:
        if not self.loaded:
            self.refuse(m.LiveStart.TYPE, m.ErrorCode.NO_MODEL)
            return
        self.mode = "idle"
        if not self._forget(m.LiveStart.TYPE):
            return
        if self.controls.microphone_fails:
            self.refuse(m.LiveStart.TYPE, m.ErrorCode.NOT_SUPPORTED, text=b"microphone fails")
            return
        self.mode, self.stream_id, self.infer, self.features = "live", m.LIVE_STREAM_ID, True, False
        self._begin_results()
        self.trace.begin(None)
        self.trace.looked = None
        self.owe(m.StreamStarted, stream=m.LIVE_STREAM_ID)

    def listen(self, count: int) -> None:
        """The microphone hears `count` samples now, with nothing else under way."""
        if self.mode == "live":
            self._push(self.sound(count), m.LiveStart.TYPE)

    def _live_stop(self, _: m.LiveStop) -> None:
        if self.mode != "live" and (self.mode != "idle" or self.stream_id != m.LIVE_STREAM_ID):
            self.refuse(m.LiveStop.TYPE, m.ErrorCode.NO_STREAM)
            return
        self.mode = "idle"
        self._stream_done()

    # ---- tensors

    def _tensor_begin(self, request: m.TensorBegin) -> None:
        cells = self.bundle.frames * self.bundle.settings.bands
        if self.mode != "idle":
            self.refuse(m.TensorBegin.TYPE, m.ErrorCode.BUSY)
        elif not self.loaded:
            self.refuse(m.TensorBegin.TYPE, m.ErrorCode.NO_MODEL)
        elif request.length != cells:
            self.refuse(m.TensorBegin.TYPE, m.ErrorCode.WRONG_LENGTH, value=request.length, limit=cells)
        elif self._forget(m.TensorBegin.TYPE):
            self.mode, self.tensor, self.cells, self.tensor_refused = "tensor", request, b"", False

    def _bad_piece(self) -> None:
        if self.mode == "tensor":
            self.mode = "idle"
        elif self.tensor_refused:
            return
        self.tensor_refused = True
        self.refuse(m.TensorData.TYPE, m.ErrorCode.BAD_REQUEST)

    def _tensor_data(self, request: m.TensorData) -> None:
        tensor = self.tensor
        if self.mode != "tensor" or tensor is None:
            self._bad_piece()
            return
        if request.offset != len(self.cells) or len(request.data) > tensor.length - len(self.cells):
            self._bad_piece()
            return
        self.cells += request.data
        self.trace.window = None
        if len(self.cells) < tensor.length:
            return
        self.mode = "idle"
        self.trace.begin_armed()
        outputs = self._infer(self.cells, 0)
        if outputs is None:
            self.refuse(m.TensorData.TYPE, m.ErrorCode.INFERENCE_FAILED, value=tensor.id)
        else:
            self.inferences += 1
            self.owe(m.TensorResult, id=tensor.id, outputs=outputs)

    # ---- deployments

    def is_busy(self, request: int) -> bool:
        """Whether something is under way, which then is what is owed."""
        if self.mode == "idle":
            return False
        self.refuse(request, m.ErrorCode.BUSY)
        return True

    def refuse_deploy(self, text: bytes) -> None:
        """Note that what was sent is not used."""
        if self.deployment is None and self.deploy_refused and text == b"no deployment has begun":
            return
        self._abandon()
        self.deploy_refused = True
        self.owe(m.DeployStatus, state=m.DeployState.REFUSED, text=text)

    def _deploy_begin(self, request: m.DeployBegin) -> None:
        if self.is_busy(m.DeployBegin.TYPE):
            return
        self._abandon()
        self.deploy_refused = False
        if request.length > self.capacity:
            self.refuse_deploy(b"the image is larger than the slot")
        elif self.controls.erase_fails:
            self.refuse_deploy(b"erasing flash failed")
        elif request.length == 0:
            self.slot = None
            self._choose_bundle()
            self.owe(m.DeployStatus, state=m.DeployState.ACTIVE, text=self.bundle.name.encode())
        else:
            self.deployment = Deployment(request.length, request.crc32, request.sha256)
            self.owe(m.DeployStatus, state=m.DeployState.RECEIVING, text=b"")

    def _deploy_data(self, request: m.DeployData) -> None:
        if self.is_busy(m.DeployData.TYPE):
            return
        under_way = self.deployment
        if under_way is None:
            self.refuse_deploy(b"no deployment has begun")
            return
        before, after = len(under_way.data), len(under_way.data) + len(request.data)
        if (
            request.offset != before
            or after > under_way.length
            or (len(request.data) % 4 and after != under_way.length)
        ):
            self.refuse_deploy(b"the image's pieces do not follow each other")
            return
        if (self.controls.erase_fails and -(-before // SECTOR) < -(-after // SECTOR)) or (
            self.controls.write_fails
        ):
            self.refuse_deploy(b"writing flash failed")
            return
        data = request.data
        if self.controls.writes_wrong and data:
            whole = len(data) & ~3
            data = bytes([data[0] ^ 1]) + data[1:]
            if whole and whole != len(data):
                data = data[:whole] + bytes([data[whole] ^ 1]) + data[whole + 1 :]
        under_way.data += data

    def sent_is_whole(self) -> bool:
        """Whether all that was announced came; False: it is refused, which was told."""
        under_way = self.deployment
        if under_way is None:
            self.deploy_refused = False
            self.refuse_deploy(b"no deployment has begun")
            return False
        image = under_way.data
        if len(image) != under_way.length:
            self.refuse_deploy(b"the image is not complete")
        elif zlib.crc32(image) != under_way.crc32 or sha256(image).digest() != under_way.sha256:
            self.refuse_deploy(b"the image in flash differs from what was announced (CRC or SHA-256)")
        else:
            return True
        return False

    def _load_sent(self) -> bool:
        """What was sent is in use; False: it is refused, which was told."""
        under_way = self.deployment
        if under_way is not None and under_way.trial:
            if self.trace.inputs is not None:
                self.refuse_deploy(b"what was sent is a model and no bundle")
                return False
            return True
        if not self.sent_is_whole() or under_way is None:
            return False
        image = under_way.data
        if image not in self.known:
            self.refuse_deploy(
                b"this is not a bundle image" if len(image) >= 176 else b"the image is cut off"
            )
        else:
            under_way.trial = True
            if self._use(self.known[image], 2):
                return True
            self.refuse_deploy(b"load fails")
        return False

    def _deploy_try(self, _: m.DeployTry) -> None:
        if not self.is_busy(m.DeployTry.TYPE) and self._load_sent():
            self.owe(m.DeployStatus, state=m.DeployState.TRIAL, text=self.bundle.name.encode())

    def _deploy_commit(self, _: m.DeployCommit) -> None:
        if self.is_busy(m.DeployCommit.TYPE) or not self._load_sent():
            return
        assert self.deployment is not None
        if self.controls.write_fails or self.controls.writes_wrong:
            self.refuse_deploy(b"writing flash failed")
            return
        self.slot, self.deployment, self.source, self.set_aside = self.deployment.data, None, 1, False
        self.owe(m.DeployStatus, state=m.DeployState.ACTIVE, text=self.bundle.name.encode())

    def _deploy_abandon(self, _: m.DeployAbandon) -> None:
        if not self.is_busy(m.DeployAbandon.TYPE):
            self._abandon()
            self.owe(m.DeployStatus, state=m.DeployState.ABANDONED, text=self.bundle.name.encode())


def images(bundles: list[Bundle]) -> dict[bytes, Bundle]:
    """Bundles by their images."""
    return {bundle_image(bundle): bundle for bundle in bundles}

"""The one declaration of every message on the link. The C side is generated from it (`build/messages_header.py`).

Standard library only: header generation runs in the Pythons of PlatformIO and ESP-IDF.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

from .codec import I8, U8, U16, U32, Bytes32, MessageError, Payload, Rest, Text12, Text16, check_declared

PROTOCOL_VERSION = 1
MAX_PAYLOAD = 1024  # bytes
LIVE_STREAM_ID = 0xFFFF
FIRST_SEQUENCED_TYPE = 0x10  # below it, the link itself is meant


class StreamFlag(IntFlag):
    """What a stream is to send back."""

    FEATURES = 1
    INFERENCE = 2


class Capability(IntFlag):
    """What a board can do, and how far its latencies can be trusted."""

    INFERENCE = 1
    LOGITS = 2
    SLOT = 4
    MICROPHONE = 8
    BAUD = 16
    PROFILE = 32
    VIRTUAL_TIME = 64  # latencies are the computer's
    EMULATED = 128  # latencies are an emulator's
    PROOF = 256  # computes checksums over the bytes in use
    TRIAL = 512  # runs a deployed bundle before it is committed
    SET_ASIDE = 1024  # a state: the slot's bundle is not used, because it crashed or does not load
    BUILD = 2048  # tells what it was built with
    DETECTORS = 4096  # reads the detector's kind in a settings block; without it, it knows `threshold` alone
    TRACE = 8192  # runs a window again and tells each op's output
    STAGES = 16384  # sends what the front end's stages compute for a column
    REPLAY = 32768  # runs a model that is no bundle, on bytes given straight to its inputs
    SHIFT = 65536  # moves the tensor arena


class ErrorCode(IntEnum):
    """Why a request was refused."""

    BAD_REQUEST = 1
    UNKNOWN_TYPE = 2
    NO_STREAM = 3
    NO_MODEL = 4
    WRONG_LENGTH = 5
    BUSY = 7
    NOT_SUPPORTED = 8
    INFERENCE_FAILED = 9


class DeployState(IntEnum):
    """How far a deployment is."""

    RECEIVING = 1
    ACTIVE = 2
    REFUSED = 3
    TRIAL = 4
    ABANDONED = 5


class ResetReason(IntEnum):
    """Why the board booted."""

    UNKNOWN = 0
    POWER_ON = 1
    SOFTWARE = 2
    PANIC = 3
    WATCHDOG = 4
    BROWNOUT = 5
    DEEP_SLEEP = 6
    EXTERNAL = 7


class LogLevel(IntEnum):
    """How grave a log line is."""

    ERROR = 1
    WARNING = 2
    INFO = 3
    DEBUG = 4
    VERBOSE = 5


class TraceSource(IntEnum):
    """Where the bytes of a traced tensor come from."""

    OUTPUT = 0  # record number `index` of TRACE_OPS, at its op's end
    MODEL_INPUT = 1  # input number `index` of the model, before the first op
    MODEL_OUTPUT = 2  # output number `index` of the model, after the last op


ENUMS: tuple[type[IntEnum] | type[IntFlag], ...] = (
    StreamFlag,
    Capability,
    ErrorCode,
    DeployState,
    ResetReason,
    LogLevel,
    TraceSource,
)

# Numbers that an older firmware or host may still know under another meaning: never to be given again.
RESERVED: dict[type[IntEnum] | type[IntFlag], frozenset[int]] = {
    ErrorCode: frozenset({6, 10, 11, 12}),  # TOO_LARGE, DEPLOY_REFUSED, FLASH_FAILED, INTERNAL
    DeployState: frozenset({0}),  # IDLE
}


def check_reserved(kind: type[IntEnum] | type[IntFlag], reserved: frozenset[int]) -> None:
    """Raise TypeError when a member has a number that is never to be given again."""
    for member in kind:
        if int(member) in reserved:
            raise TypeError(
                f"{kind.__name__}.{member.name}: the number {int(member)} is reserved, take a new one"
            )


for _kind, _numbers in RESERVED.items():
    check_reserved(_kind, _numbers)


# ---- the link's own, without sequence number -----------------------------------------------------------


@dataclass(frozen=True)
class Sync(Payload, number=0x01):
    """Host to device: a new connection begins."""

    protocol: U16 = 0


@dataclass(frozen=True)
class SyncAck(Payload, number=0x02):
    """Device: the connection stands, within these limits."""

    boot_id: U32 = 0
    protocol: U16 = 0
    max_payload: U16 = 0
    rx_bytes: U16 = 0


@dataclass(frozen=True)
class Ack(Payload, number=0x03):
    """Acknowledgement and credit alone: both are in the header."""


@dataclass(frozen=True)
class Hello(Payload, number=0x04):
    """Device: booted, or addressed without a connection."""

    boot_id: U32 = 0
    protocol: U16 = 0


@dataclass(frozen=True)
class Answer(Payload, number=0x05):
    """As ACK, because the other end asked: it tells that questions arrive."""


# ---- identity and state --------------------------------------------------------------------------------


@dataclass(frozen=True)
class InfoRequest(Payload, number=0x10):
    """What are you?"""


@dataclass(frozen=True)
class Info(Payload, number=0x11):
    """Identity, limits and the bundle in use. Sizes in bytes.

    bundle_source: 0 compiled in, 1 from the slot, 2 on trial: deployed, but not committed.
    """

    protocol: U16 = 0
    firmware_version: Text16 = ""
    board: Text12 = ""
    chip: Text16 = ""
    capabilities: U32 = 0
    boot_id: U32 = 0
    reset_reason: U8 = 0
    bundle_source: U8 = 0
    model_hash: Bytes32 = bytes(32)
    frontend_hash: Bytes32 = bytes(32)
    settings_hash: Bytes32 = bytes(32)
    sample_rate: U32 = 0
    window: U16 = 0
    hop: U16 = 0
    fft: U16 = 0
    bands: U16 = 0
    frames: U16 = 0
    stride: U16 = 0
    classes: U8 = 0
    has_logits: U8 = 0
    max_cells: U32 = 0
    max_fft: U16 = 0
    max_bands: U16 = 0
    arena_size: U32 = 0
    arena_used: U32 = 0
    slot_size: U32 = 0
    clock_hz: U32 = 0
    core_ram: U32 = 0
    bundle_name: Rest = b""


@dataclass(frozen=True)
class StatusRequest(Payload, number=0x12):
    """How are you? clear: start the counters anew afterwards."""

    clear: U8 = 0


@dataclass(frozen=True)
class Status(Payload, number=0x13):
    """Counters of the link and of the work; memory in bytes, 0 where the board cannot tell."""

    uptime_ms: U32 = 0
    rx_frames: U32 = 0
    rx_bytes: U32 = 0
    crc_errors: U32 = 0
    framing_errors: U32 = 0
    noise_bytes: U32 = 0
    gaps: U32 = 0
    duplicates: U32 = 0
    overruns: U32 = 0
    tx_frames: U32 = 0
    tx_bytes: U32 = 0
    retransmitted: U32 = 0
    timeouts: U32 = 0
    rx_high_water: U16 = 0
    rx_size: U16 = 0
    tx_high_water: U16 = 0
    tx_size: U16 = 0
    stack_free: U32 = 0
    heap_free: U32 = 0
    heap_min_free: U32 = 0
    columns: U32 = 0
    windows: U32 = 0
    inferences: U32 = 0
    log_dropped: U32 = 0


@dataclass(frozen=True)
class EchoRequest(Payload, number=0x14):
    """Send this back."""

    data: Rest = b""


@dataclass(frozen=True)
class Echo(Payload, number=0x15):
    """The same bytes."""

    data: Rest = b""


# ---- audio in, results out -----------------------------------------------------------------------------


@dataclass(frozen=True)
class StreamStart(Payload, number=0x16):
    """Audio follows. flags: StreamFlag."""

    stream: U16 = 0
    flags: U8 = 0


@dataclass(frozen=True)
class StreamStarted(Payload, number=0x17):
    """The front end is reset and waits."""

    stream: U16 = 0


@dataclass(frozen=True)
class Audio(Payload, number=0x18):
    """int16 samples at the bundle's rate."""

    samples: Rest = b""


@dataclass(frozen=True)
class StreamEnd(Payload, number=0x19):
    """That was all."""

    stream: U16 = 0


@dataclass(frozen=True)
class Features(Payload, number=0x1A):
    """int8 feature columns, one after the other."""

    first_column: U32 = 0
    cells: Rest = b""


@dataclass(frozen=True)
class WindowResult(Payload, number=0x1B):
    """A window's int8 scores, then its logits, then the low bytes of both where they are int16, and what it cost.

    `frontend_ns` is that of the `columns` since the window before, `frontend_max_ns` that of the slowest of them.
    """

    index: U32 = 0
    first_column: U32 = 0
    frontend_ns: U32 = 0
    frontend_max_ns: U32 = 0
    inference_ns: U32 = 0
    total_ns: U32 = 0
    columns: U16 = 0
    classes: U8 = 0
    has_logits: U8 = 0
    outputs: Rest = b""


@dataclass(frozen=True)
class Detection(Payload, number=0x1C):
    """A label became active (1) or inactive (0) with this window."""

    label: U8 = 0
    active: U8 = 0
    window: U32 = 0
    score: I8 = 0


@dataclass(frozen=True)
class StreamDone(Payload, number=0x1D):
    """All results are out; these were their numbers."""

    stream: U16 = 0
    samples: U32 = 0
    columns: U32 = 0
    windows: U32 = 0
    detections: U32 = 0


# ---- a feature tensor in, one result out ---------------------------------------------------------------


@dataclass(frozen=True)
class TensorBegin(Payload, number=0x1E):
    """A tensor of `length` cells follows."""

    id: U16 = 0
    length: U32 = 0


@dataclass(frozen=True)
class TensorData(Payload, number=0x1F):
    """A piece of it."""

    offset: U32 = 0
    data: Rest = b""


@dataclass(frozen=True)
class TensorResult(Payload, number=0x20):
    """int8 scores, then logits, then the low bytes of both where they are int16."""

    id: U16 = 0
    inference_ns: U32 = 0
    total_ns: U32 = 0
    classes: U8 = 0
    has_logits: U8 = 0
    outputs: Rest = b""


# ---- the rest ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Error(Payload, number=0x21):
    """A request was refused. code: ErrorCode; value exceeded limit, where that was the cause; text: why, in words."""

    request: U8 = 0
    code: U16 = 0
    value: U32 = 0
    limit: U32 = 0
    text: Rest = b""


@dataclass(frozen=True)
class Reset(Payload, number=0x22):
    """Restart, after acknowledging this."""


@dataclass(frozen=True)
class Baud(Payload, number=0x23):
    """Change the line's speed, once the answer was acknowledged."""

    rate: U32 = 0


@dataclass(frozen=True)
class BaudReady(Payload, number=0x24):
    """Will do."""

    rate: U32 = 0


@dataclass(frozen=True)
class DeployBegin(Payload, number=0x25):
    """A bundle image follows; length 0 empties the slot."""

    length: U32 = 0
    crc32: U32 = 0
    sha256: Bytes32 = bytes(32)


@dataclass(frozen=True)
class DeployData(Payload, number=0x26):
    """A piece of it, in order."""

    offset: U32 = 0
    data: Rest = b""


@dataclass(frozen=True)
class DeployCommit(Payload, number=0x27):
    """That was all: check it and put it in use."""


@dataclass(frozen=True)
class DeployStatus(Payload, number=0x28):
    """state: DeployState; text: the bundle's name, or why it was refused."""

    state: U8 = 0
    received: U32 = 0
    text: Rest = b""


@dataclass(frozen=True)
class ProfileRequest(Payload, number=0x29):
    """Time per op of the last inference?"""


@dataclass(frozen=True)
class Profile(Payload, number=0x2A):
    """One op of `count`."""

    index: U16 = 0
    count: U16 = 0
    ns: U32 = 0
    calls: U32 = 0
    name: Rest = b""


@dataclass(frozen=True)
class LiveStart(Payload, number=0x2B):
    """Listen to the microphone."""

    flags: U8 = 0


@dataclass(frozen=True)
class LiveStop(Payload, number=0x2C):
    """Stop listening."""


@dataclass(frozen=True)
class Log(Payload, number=0x2D):
    """A line of the firmware's log. level: LogLevel."""

    level: U8 = 0
    text: Rest = b""


@dataclass(frozen=True)
class LiveDetection(Payload, number=0x2E):
    """As DETECTION, with the time since listening began."""

    time_ms: U32 = 0
    label: U8 = 0
    active: U8 = 0
    score: I8 = 0
    window: U32 = 0


@dataclass(frozen=True)
class ProofRequest(Payload, number=0x2F):
    """Which bytes do you really use? nonce: a number that was never asked with before."""

    nonce: U32 = 0


@dataclass(frozen=True)
class Proof(Payload, number=0x30):
    """CRC-32 over the nonce's four bytes and then the model, the front-end image, or the settings block.

    Of the bytes in use, all of them read again for this answer.
    """

    nonce: U32 = 0
    model: U32 = 0
    frontend: U32 = 0
    settings: U32 = 0


@dataclass(frozen=True)
class DeployTry(Payload, number=0x31):
    """That was all: check it and use it until DEPLOY_COMMIT, DEPLOY_ABANDON, a new connection or a restart."""


@dataclass(frozen=True)
class DeployAbandon(Payload, number=0x32):
    """Forget what was sent, and use the bundle before it."""


@dataclass(frozen=True)
class BuildRequest(Payload, number=0x33):
    """What were you built with? For boards with the capability BUILD."""


@dataclass(frozen=True)
class Build(Payload, number=0x34):
    """A line each of a name, a version, and the optimisation level where it has one: `esp-nn 1.2.3 O2`.

    `elf` is the beginning of the SHA-256 of the firmware's ELF file, in hex.
    """

    lines: Rest = b""


# ---- traces: what lies between a window's samples and its scores -----------------------------------------


@dataclass(frozen=True)
class TraceArm(Payload, number=0x35):
    """The next stream or tensor will be traced at its window number `window` (a tensor's is 0).

    A model that remembers is kept as it is before that window. shift: the arena lies that many times 16 bytes further
    from now on, until another TRACE_ARM or a new connection.
    """

    window: U32 = 0
    shift: U8 = 0


@dataclass(frozen=True)
class TraceArmed(Payload, number=0x36):
    """Will do. arena_used: bytes, with the arena where it lies now."""

    window: U32 = 0
    shift: U8 = 0
    arena_used: U32 = 0


@dataclass(frozen=True)
class TraceRequest(Payload, number=0x37):
    """Run the last window again, and tell what each op gives, from record `first` on."""

    first: U16 = 0


@dataclass(frozen=True)
class TraceOps(Payload, number=0x38):
    """Records `first` and following of `total`, as many as fit. docs/protocol.md has their layout."""

    first: U16 = 0
    total: U16 = 0
    records: Rest = b""


@dataclass(frozen=True)
class TraceBytesRequest(Payload, number=0x39):
    """Run the last window again, and send bytes of one of its tensors. source: TraceSource."""

    source: U8 = 0
    index: U16 = 0
    offset: U32 = 0
    length: U16 = 0


@dataclass(frozen=True)
class TraceBytes(Payload, number=0x3A):
    """Bytes from `offset` on, as many as fit, of a tensor that has `size`."""

    source: U8 = 0
    index: U16 = 0
    offset: U32 = 0
    size: U32 = 0
    data: Rest = b""


@dataclass(frozen=True)
class StageArm(Payload, number=0x3B):
    """In the next stream, send bytes of what the front end's stage number `stage` gives for a column."""

    column: U32 = 0
    stage: U8 = 0
    offset: U32 = 0
    length: U16 = 0


@dataclass(frozen=True)
class StageArmed(Payload, number=0x3C):
    """Will do; the stage's name, and how many stages there are."""

    column: U32 = 0
    stage: U8 = 0
    stages: U8 = 0
    name: Rest = b""


@dataclass(frozen=True)
class StageBytes(Payload, number=0x3D):
    """Bytes from `offset` on, as many as fit, of the `size` that the stage gives for that column; once a stream."""

    column: U32 = 0
    stage: U8 = 0
    offset: U32 = 0
    size: U32 = 0
    data: Rest = b""


@dataclass(frozen=True)
class CaseOpen(Payload, number=0x3E):
    """What was sent by DEPLOY_DATA is a model alone: load it for traces, until DEPLOY_ABANDON."""


@dataclass(frozen=True)
class CaseOpened(Payload, number=0x3F):
    """It is loaded, its inputs are zero."""

    inputs: U8 = 0
    outputs: U8 = 0
    arena_used: U32 = 0


@dataclass(frozen=True)
class CaseInput(Payload, number=0x40):
    """Bytes of one of its inputs."""

    input: U8 = 0
    offset: U32 = 0
    data: Rest = b""


MESSAGES: tuple[type[Payload], ...] = tuple(Payload.__subclasses__())
_BY_TYPE: dict[int, type[Payload]] = {message.TYPE: message for message in MESSAGES}
for _message in MESSAGES:
    check_declared(_message)


def decode(message_type: int, payload: bytes) -> Payload:
    """The message of type `message_type` in `payload`.

    Raises:
        MessageError: no such type, or a payload that it does not allow.
    """
    kind = _BY_TYPE.get(message_type)
    if kind is None:
        raise MessageError(f"message of unknown type {message_type:#04x}")
    return kind.decode(payload)


def name_of(message_type: int) -> str:
    """NAME of a message type, or its number."""
    kind = _BY_TYPE.get(message_type)
    return kind.NAME if kind is not None else f"{message_type:#04x}"

"""The table of requests with known answers, told line by line: what docs/protocol.md says and nothing else."""

import random
from dataclasses import replace

import pytest

from ...bundle.load import Bundle
from ...core.conversation import Asked
from ...core.session_answers import Owed
from ...link import messages as m
from ...link.codec import Payload
from ..fakes import FakeDevice, FakeInterpreter, bundle_info
from .answers import Case, Exchanging, Request, _owed, all_requests, ask_answers, cases

pytestmark = pytest.mark.native
C = m.Capability
ALL = C.INFERENCE | C.SLOT | C.TRIAL | C.PROOF | C.BUILD
CELLS = 49 * 64
E, Code = m.Error, m.ErrorCode
PIECE = m.TensorData(0, bytes(8))
NOTHING = Owed(m.DeployStatus, {"state": m.DeployState.REFUSED})


def table(bundle: Bundle, bits: m.Capability = ALL, most: int = 1024) -> dict[str, Case]:
    info = replace(bundle_info(bundle), capabilities=bits)
    return {case.name: case for case in cases(bundle, info, most)}


def sent(*requests: Payload) -> tuple[Request, ...]:
    return tuple((each.TYPE, each.encode()) for each in requests)


def refused(kind: type[Payload], code: m.ErrorCode, **fields: int) -> Owed:
    return Owed(E, {"request": kind.TYPE, "code": code, **fields})


def test_every_length_at_which_a_frame_changes_is_echoed(bundle: Bundle) -> None:
    case = table(bundle)["echoes"]
    sizes = [0, 1, 3, 252, 253, 254, 255, 508, 1023, 1024]
    data = [payload for _, payload in case.requests]
    assert [len(each) for each in data] == [size for size in sizes for _ in range(3)]
    assert [set(each) for each in data[::3]] == [set(), *[{0}] * 9]
    assert [set(each) for each in data[1::3]] == [set(), *[{255}] * 9]
    assert data[2::3] == [random.Random(size).randbytes(size) for size in sizes]
    assert list(case.owed) == [Owed(m.Echo, {"data": each}) for each in data]
    assert {kind for kind, _ in case.requests} == {m.EchoRequest.TYPE}


@pytest.mark.parametrize(("most", "longest"), [(4000, 1024), (600, 600), (254, 254)])
def test_echoes_are_as_long_as_a_message_may_be_and_no_longer(
    bundle: Bundle, most: int, longest: int
) -> None:
    sizes = [len(payload) for _, payload in table(bundle, most=most)["echoes"].requests]
    assert max(sizes) == longest and sizes.count(longest) == 3


def test_more_answers_are_asked_for_than_a_link_holds(bundle: Bundle) -> None:
    case = table(bundle)["more answers than the line takes at once"]
    assert case.requests == sent(m.InfoRequest()) * 40
    info = bundle_info(bundle)
    assert case.owed == (Owed(m.Info, {"model_hash": info.model_hash, "bundle_name": info.bundle_name}),) * 40
    length = len(replace(info, bundle_name=b"").encode())
    assert 40 * length > 2 * 2816, "CORE_LINK_TX_BYTES"


def test_unknown_and_malformed_requests_are_refused_with_what_they_had(bundle: Bundle) -> None:
    asked = table(bundle)
    unknown = asked["requests that nobody knows"]
    assert unknown.requests == ((0x7F, b"?"), (0xFF, b"?"))
    assert unknown.owed == tuple(
        Owed(E, {"request": kind, "code": Code.UNKNOWN_TYPE, "value": kind}) for kind in (0x7F, 0xFF)
    )
    malformed = asked["malformed requests"]
    assert [(m.name_of(kind), len(payload)) for kind, payload in malformed.requests] == [
        *(("INFO_REQUEST", 1), ("STATUS_REQUEST", 0), ("STREAM_START", 1), ("STREAM_END", 1)),
        *(("TENSOR_BEGIN", 3), ("PROOF_REQUEST", 2), ("LIVE_START", 0), ("LIVE_STOP", 1), ("BAUD", 4)),
        *(("DEPLOY_BEGIN", 7), ("DEPLOY_COMMIT", 1), ("DEPLOY_TRY", 1), ("DEPLOY_ABANDON", 1)),
        *(("PROFILE_REQUEST", 1), ("BUILD_REQUEST", 1)),
    ]
    assert dict(malformed.requests)[m.Baud.TYPE] == bytes(4), "a rate of 0"
    assert malformed.owed == tuple(
        Owed(E, {"request": kind, "code": Code.BAD_REQUEST, "value": len(payload)})
        for kind, payload in malformed.requests
    )


def test_what_a_board_lacks_is_asked_of_it(bundle: Bundle) -> None:
    case = table(bundle)["requests for what the board lacks"]
    assert case.requests == sent(m.LiveStart(), m.Baud(9600), m.ProfileRequest())
    lacking = (m.LiveStart, m.Baud, m.ProfileRequest)
    assert case.owed == tuple(refused(kind, Code.NOT_SUPPORTED) for kind in lacking)


def test_audio_without_a_stream_is_refused_up_to_the_next_end(bundle: Bundle) -> None:
    case = table(bundle)["audio without a stream"]
    audio, end = m.Audio(bytes(64)), m.StreamEnd(777)
    assert case.requests == sent(audio, audio, audio, end, end, audio, audio, end, m.LiveStop())
    once = refused(m.Audio, Code.NO_STREAM, value=64)
    none = [refused(kind, Code.NO_STREAM) for kind in (m.StreamEnd, m.LiveStop)]
    assert case.owed == (once, none[0], once, none[1])


def test_tensors(bundle: Bundle) -> None:
    asked = table(bundle)
    case = asked["tensors of a wrong length"]
    lengths = (CELLS - 1, CELLS + 1, 0)
    assert case.requests == sent(*(each for n in lengths for each in (m.TensorBegin(1, n), PIECE)))
    wrong = [refused(m.TensorBegin, Code.WRONG_LENGTH, value=n, limit=CELLS) for n in lengths]
    assert case.owed == tuple(wrong)
    case = asked["a tensor's pieces that do not follow each other"]
    begin = m.TensorBegin(2, CELLS)
    gap = m.TensorData(4, bytes(8))
    assert case.requests == sent(begin, gap, PIECE, begin, PIECE, PIECE, PIECE)
    assert case.owed == (refused(m.TensorData, Code.BAD_REQUEST),) * 2
    case = asked["a deployment in a tensor"]
    assert case.requests == sent(begin, PIECE, m.DeployCommit(), m.TensorBegin(3, CELLS + 1))
    assert case.owed == (refused(m.DeployCommit, Code.BUSY), wrong[1])
    assert "a deployment in a tensor" not in table(bundle, C.INFERENCE)
    assert not [name for name in table(bundle, C.SLOT) if "tensor" in name]


@pytest.mark.parametrize(("cells", "asked"), [(15, False), (16, True), (17, True)])
def test_pieces_are_sent_of_a_tensor_that_has_two(bundle: Bundle, cells: int, asked: bool) -> None:
    small = replace(bundle, frames=1, settings=replace(bundle.settings, bands=cells))  # type: ignore[type-var]
    assert ("a tensor's pieces that do not follow each other" in table(small)) == asked


def test_deployments(bundle: Bundle) -> None:
    data = m.DeployData(0, bytes(8))
    case = table(bundle)["a deployment that was not begun"]
    assert case.requests == sent(data, data, m.DeployCommit(), m.DeployTry(), m.DeployAbandon())
    abandoned = Owed(m.DeployStatus, {"state": m.DeployState.ABANDONED, "text": b"sample softmax"})
    assert case.owed == (NOTHING, NOTHING, NOTHING, abandoned)
    older = table(bundle, C.SLOT)["a deployment that was not begun"]
    assert older.requests == case.requests[:3] and older.owed == (NOTHING, NOTHING)
    assert "a deployment that was not begun" not in table(bundle, C.INFERENCE)


@pytest.mark.parametrize("bits", [ALL, C.SLOT, C(0)])
def test_a_stream_goes_on_whatever_comes(bundle: Bundle, bits: m.Capability) -> None:
    case = table(bundle, bits)["requests in a stream"]
    sound = random.Random(2).randbytes(2 * (bundle.settings.hop + bundle.settings.span))
    pieces = [m.Audio(sound[at : at + 64]) for at in range(0, len(sound), 64)]
    newer: list[Payload] = [m.DeployTry(), m.DeployAbandon()] if bits & C.TRIAL else []
    alien: list[Payload] = [m.DeployData(0, bytes(8)), m.DeployCommit(), *newer] if bits & C.SLOT else []
    assert case.requests == sent(
        m.StreamStart(777, m.StreamFlag.FEATURES),
        pieces[0],
        m.TensorBegin(4, CELLS),
        m.Audio(b"\1\2\3"),
        m.LiveStop(),
        *alien,
        m.StreamStart(1078, m.StreamFlag.FEATURES),
        *pieces,
        m.StreamEnd(1078),
    )
    done = {"stream": 1078, "samples": len(sound) // 2, "columns": 2, "detections": 0}
    assert case.owed == (
        Owed(m.StreamStarted, {"stream": 777}),
        refused(m.TensorBegin, Code.BUSY),
        refused(m.Audio, Code.BAD_REQUEST, value=3),
        refused(m.LiveStop, Code.NO_STREAM),
        *(refused(type(each), Code.BUSY) for each in alien),
        Owed(m.StreamStarted, {"stream": 1078}),
        Owed(m.StreamDone, done),
    )


# ---- what is told of answers


class Scripted(FakeDevice):
    """Answers one case with what it is given, and all others rightly."""

    case, answers = "", ()

    def exchange(self, requests: list[Request]) -> list[Payload]:
        """See `Exchanging.exchange`."""
        right = super().exchange(requests)
        if list(table(self._bundle)[self.case].requests) != requests:
            return right
        results: list[Payload] = [m.Features(), m.WindowResult(), m.Detection()]
        return [*results, *self.answers]


def told(bundle: Bundle, case: str, *answers: Payload) -> list[str]:
    info = replace(bundle_info(bundle), capabilities=ALL)
    device = Scripted(bundle, FakeInterpreter(bundle), info=info)
    device.case, device.answers = case, answers  # type: ignore[assignment]
    assert isinstance(device, Exchanging)
    found = ask_answers(device, bundle, device.info())
    assert (
        found.what
        == f"{sum(len(each.requests) for each in table(bundle).values())} requests with known answers"
    )
    assert found.heard is not None
    assert found.heard.steps == [Asked(each.requests) for each in table(bundle).values()]
    at = list(table(bundle)).index(case)
    assert found.heard.answers[at] == list(answers), "kept for the diagnosis without a stream's results"
    return found.wrong


def test_what_is_wrong_is_told_in_words_and_once_a_case(bundle: Bundle) -> None:
    name = "requests that nobody knows"
    wrong = f"{name}: the board answers "
    right = [E(request=kind, code=Code.UNKNOWN_TYPE, value=kind, text=b"why") for kind in (0x7F, 0xFF)]
    mute = [replace(answer, text=b"") for answer in right]
    assert told(bundle, name, right[0], mute[1]) == [
        f"{wrong}ERROR (code 2 to 0xff) without a reason in words"
    ]
    assert told(bundle, name, *mute) == [f"{wrong}ERROR (code 2 to 0x7f) without a reason in words"]
    assert told(bundle, name, *right) == []
    first, second = (
        "ERROR with request 127, code 2 (UNKNOWN_TYPE), value 127",
        "ERROR with request 255, code 2 (UNKNOWN_TYPE), value 255",
    )
    other = replace(right[0], code=3)
    assert told(bundle, name, other, other) == [f"{wrong}ERROR with code 3 (NO_STREAM), owed is {first}"]
    assert told(bundle, name, m.Status(), right[1]) == [f"{wrong}STATUS, owed is {first}"]
    assert told(bundle, name) == [f"{name}: the board does not answer, owed is {first}"]
    assert told(bundle, name, right[0]) == [f"{name}: the board does not answer, owed is {second}"]
    refusal = m.DeployStatus(state=m.DeployState.REFUSED)
    assert told(bundle, name, *right, refusal) == [f"{wrong}DEPLOY_STATUS (state 3) where nothing is owed"]
    assert told(bundle, name, *right, right[0]) == [f"{wrong}ERROR (code 2 to 0x7f) where nothing is owed"]
    name = "a deployment in a tensor"
    assert told(bundle, name, m.Info()) == [
        f"{name}: the board answers INFO, owed is ERROR with request 39, code 7 (BUSY)"
    ]
    name = "a deployment that was not begun"
    refusal, refused_ = replace(refusal, text=b"why"), f"{name}: the board answers DEPLOY_STATUS (state 3)"
    ended = m.DeployStatus(state=m.DeployState.ABANDONED, text=bundle.name.encode())
    assert told(bundle, name, refusal, refusal, refusal, ended) == []
    assert told(bundle, name, refusal, refusal, replace(refusal, text=b""), ended) == [
        f"{refused_} without a reason in words"
    ]


def test_an_answer_without_known_fields_is_told_by_its_name() -> None:
    """No case owes one today; a firmware's new answer would."""
    assert _owed(Owed(m.Status)) == "STATUS"
    assert _owed(Owed(m.Status, {"columns": 3})) == "STATUS with columns 3"


@pytest.mark.parametrize(
    ("bit", "request_"),
    [(C.BUILD, m.BuildRequest()), (C.PROOF, m.ProofRequest(nonce=1)), (C.PROFILE, m.ProfileRequest())],
)
def test_what_no_case_knows_is_asked_besides(bundle: Bundle, bit: m.Capability, request_: Payload) -> None:
    for bits in (ALL, ALL | bit, ALL & ~bit, bit):
        info = replace(bundle_info(bundle), capabilities=bits)
        of_cases = [each for case in cases(bundle, info, 600) for each in case.requests]
        every = all_requests(bundle, info, 600)
        assert every[: len(of_cases)] == of_cases
        besides = [each for each in every[len(of_cases) :] if each[0] == request_.TYPE]
        assert besides == ([(request_.TYPE, request_.encode())] if bits & bit else [])

"""What one check keeps of what it finds."""

from types import SimpleNamespace
from typing import Any

import pytest

from ...core.conversation import Asked, Connected
from ...link import messages as m
from ..mismatch import Count, Mismatch
from .checked import Checked, shown
from .departures import departures
from .overheard import Overheard


def test_a_value_that_is_not_right_is_noted_and_told() -> None:
    found = Checked()
    assert found.hold("the rate", 16_000, 16_000) is True and found.wrong == []
    assert found.hold("the rate", 8000, 16_000) is False
    assert found.wrong == ["the rate is 8,000, 16,000 is right"]


def test_twenty_are_told() -> None:
    found = Checked()
    for number in range(25):
        found.note(str(number))
    assert found.wrong == [str(number) for number in range(20)]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1234567, "1,234,567"),
        ("as it is", "as it is"),
        (None, "None"),
        (b"", "0x"),
        (bytes(range(6)), "0x000102030405"),
        (bytes(range(7)), "000102030405… (7 bytes)"),
    ],
)
def test_values_in_a_sentence(value: object, told: str) -> None:
    assert shown(value) == told


def test_how_a_stream_departs_is_told_with_the_first_place_of_each_kind() -> None:
    file: Any = SimpleNamespace(
        features=Count(1000, 0, 0),
        scores=Count(1000, 12, 1),
        logits=Count(20, 2, 1),
        detection_mismatches=0,
        mismatches=[Mismatch("score", "class 1", 0.1, "5", "6"), Mismatch("score", "class 1", 0.2, "7", "8")],
        problems=["odd"],
    )
    scores = "12 of 1,000 scores differ, first class 1: host 5, device 6"
    assert departures(file) == [scores, "2 of 20 logits differ", "odd"]
    file.detection_mismatches = 1500
    file.mismatches.insert(0, Mismatch("detection", "window 4", 0.3, "on", "off"))
    detections = "1,500 detections differ at night, first window 4: host on, device off"
    assert departures(file, " at night") == [scores, "2 of 20 logits differ", detections, "odd"]
    file.detection_mismatches = 1
    assert departures(file)[2].startswith("1 detection differs, first window 4")


@pytest.mark.parametrize("proof", [None, m.Proof(5, 1)])
def test_what_a_check_asks_is_kept_as_it_was_asked(proof: m.Proof | None) -> None:
    info, echo = m.Info(boot_id=3), m.Echo(b"abc")
    asked = [(m.EchoRequest.TYPE, b"abc")]
    device: Any = SimpleNamespace(
        max_payload=600,
        exchange=lambda requests: [echo] * len(requests),
        info=lambda: info,
        prove=lambda _: proof,
        connect=lambda _: info,
        reset=lambda _: info,
    )
    heard = Overheard(device, "a talk")
    assert heard.max_payload == 600 and heard.exchange(asked) == [echo]
    assert heard.info() is heard.connect(1.0) is heard.reset(1.0) is info and heard.prove(5) is proof
    of_info = Asked(((m.InfoRequest.TYPE, b""),))
    steps = [Asked(tuple(asked)), of_info, Connected(), of_info, Asked(((m.Reset.TYPE, b""),)), of_info]
    answers = [[echo], [info], None, [info], None, [info]]
    if proof is not None:
        steps.append(Asked(((m.ProofRequest.TYPE, m.ProofRequest(5).encode()),)))
        answers.append([proof])
    assert heard.heard.name == "a talk"
    assert (heard.heard.steps, heard.heard.answers) == (steps, answers)

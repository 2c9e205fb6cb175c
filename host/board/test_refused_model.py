"""What is said to do about a model that a board does not run: it fits what the board says."""

import pytest

from ..link import messages as m
from .client import RequestRefusedError


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        (b"the arena is too small: 9 bytes, at least 10 are needed", "use a smaller model"),
        (b"there is no memory for the front end", "use a smaller model"),
        (b"there is no internal RAM for the tensor arena", "use a smaller model"),
        (b"the front end needs 9 bytes, this board has 8 for it and the tensors", "use a smaller model"),
        (
            b"the model's scores and logits are outputs (1, 0), not (0, 1)",
            "look at what the firmware takes from",
        ),
        (b"the model's outputs are not int8 with 2 classes", "look at what the firmware takes from"),
        (b"the model's input is not int8 with 9 cells", "look at what the firmware takes from"),
        (b"load fails", "look at what the firmware does as it loads the model (model_load)"),
    ],
)
def test_the_cure_fits_the_reason(text: bytes, cure: str) -> None:
    error = RequestRefusedError(m.Error(m.StreamStart.TYPE, m.ErrorCode.NO_MODEL, 0, 0, text))
    assert error.cure.startswith(cure) and "--features-only" in error.cure
    assert ("smaller" in error.cure) == (cure == "use a smaller model")


def test_audio_of_a_stream_that_was_begun_is_not_what_a_board_cannot_do() -> None:
    forgot = m.Error(m.Audio.TYPE, m.ErrorCode.NO_STREAM, 1024, 0, b"audio without a stream")
    assert "it forgot a stream that it had begun" in RequestRefusedError(forgot).cure
    for other in (
        m.Error(m.Echo.TYPE, m.ErrorCode.NO_STREAM),
        m.Error(m.Audio.TYPE, m.ErrorCode.BAD_REQUEST),
    ):
        assert "firmware/README.md" in RequestRefusedError(other).cure

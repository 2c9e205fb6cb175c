"""What does not fit a board's slot is refused with both figures, before any of it is sent."""

import pytest

from ..link.messages import Info
from .deploying import DeployRefusedError, refuse_larger


def test_an_image_fits_up_to_the_last_byte() -> None:
    refuse_larger(bytes(4096), Info(slot_size=4096))


def test_a_larger_one_is_refused_with_figures() -> None:
    with pytest.raises(DeployRefusedError) as refused:
        refuse_larger(bytes(4097), Info(slot_size=4096))
    assert refused.value.cause == "the image is larger than the slot: 4,097 bytes, the board's takes 4,096"
    assert "make the model or its settings smaller" in refused.value.cure

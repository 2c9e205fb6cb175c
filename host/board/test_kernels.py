"""Which kernels a board has, by what it says of itself."""

import pytest

from ..link import messages as m
from .kernels import every_chip, kernels_of

ESP32 = m.Info(board="esp32")
VIRTUAL = m.Info(board="virtual", capabilities=m.Capability.VIRTUAL_TIME)


def test_a_board_that_tells_nothing_has_esp_nn_of_unknown_version() -> None:
    found = kernels_of(ESP32)
    assert (found.kernels, found.chip, dict(found.versions)) == ("esp-nn", "esp32", {})


def test_versions_are_the_first_words_of_what_it_was_built_with() -> None:
    found = kernels_of(ESP32, {"esp-nn": "1.2.3 O2", "esp-tflite-micro": "?", "elf": "", "idf": "5.5.3"})
    assert dict(found.versions) == {"esp-nn": "1.2.3", "idf": "5.5.3"}


def test_a_firmware_with_the_reference_kernels_says_so() -> None:
    assert kernels_of(ESP32, {"kernels": "reference"}).kernels == "reference"


@pytest.mark.parametrize("build", [None, {"esp-nn": "1.2.3"}])
def test_the_virtual_board_has_no_esp_nn(build: dict[str, str] | None) -> None:
    assert kernels_of(VIRTUAL, build).kernels == "reference"


def test_a_model_is_held_against_every_chip_that_can_be_flashed() -> None:
    assert {device.chip for device in every_chip()} == {"esp32", "esp32s3"}

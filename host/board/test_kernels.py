"""Which kernels a board has, by what it says of itself."""

import pytest

from ..errors import HilError
from ..link import messages as m
from .kernels import check_kernels, chip_kernels, every_chip, kernels_of, rounding_note

ESP32 = m.Info(board="esp32")
VIRTUAL = m.Info(board="virtual", capabilities=m.Capability.VIRTUAL_TIME)


def test_a_board_that_tells_nothing_has_esp_nn_of_unknown_version() -> None:
    found = kernels_of(ESP32)
    assert (found.kernels, found.chip, dict(found.versions)) == ("esp-nn", "esp32", {})


def test_versions_are_the_first_words_of_what_it_was_built_with() -> None:
    found = kernels_of(ESP32, {"esp-nn": "1.2.3 O2", "esp-tflite-micro": "?", "elf": "", "idf": "5.5.3"})
    assert dict(found.versions) == {"esp-nn": "1.2.3", "idf": "5.5.3"}


@pytest.mark.parametrize("kernels", ["esp-nn", "esp-nn-ansi", "reference"])
def test_a_firmware_says_which_kernels_it_has(kernels: str) -> None:
    assert kernels_of(ESP32, {"kernels": kernels}).kernels == kernels
    assert chip_kernels("esp32", kernels).kernels == kernels
    check_kernels(ESP32, {"kernels": kernels}, kernels)
    for other in ({}, {"kernels": "others"}, {"kernels": f"{kernels}x"}):
        with pytest.raises(HilError, match=f"was to run the kernels {kernels}, and its firmware says"):
            check_kernels(ESP32, other, kernels)


def test_kernels_that_are_not_bit_exact_are_esp_nn_and_a_person_is_told() -> None:
    build = {"kernels": "esp-nn not bit-exact: CONFIG_NN_SKIP_NUDGE"}
    assert kernels_of(ESP32, build).kernels == "esp-nn"
    assert "not bit-exact" in rounding_note(build) and "CONFIG_NN_SKIP_NUDGE" in rounding_note(build)
    assert rounding_note({"kernels": "esp-nn"}) == rounding_note({}) == ""


@pytest.mark.parametrize("build", [None, {"esp-nn": "1.2.3"}])
def test_the_virtual_board_has_no_esp_nn(build: dict[str, str] | None) -> None:
    assert kernels_of(VIRTUAL, build).kernels == "reference"


def test_a_model_is_held_against_every_chip_that_can_be_flashed() -> None:
    assert {device.chip for device in every_chip()} == {"esp32", "esp32s3"}

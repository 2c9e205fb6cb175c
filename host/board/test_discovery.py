"""Choosing the port of a board."""

from dataclasses import dataclass

import pytest

from .discovery import BoardNotFoundError, choose_port, describe_port


@dataclass
class Port:
    """A port as pyserial tells it."""

    device: str
    description: str | None = "n/a"
    vid: int | None = None
    pid: int | None = None
    serial_number: str | None = None


CP210X = Port("/dev/ttyUSB0", "CP2102 USB to UART", 0x10C4, 0xEA60, "0001")
CH340 = Port("/dev/ttyUSB1", "USB Serial", 0x1A86, 0x7523)
NATIVE_S3 = Port("/dev/ttyACM0", "USB JTAG/serial debug unit", 0x303A, 0x1001, "AA:BB")
OTHER = Port("/dev/ttyACM9", "Some printer", 0x04B8, 0x0005)
BUILT_IN = Port("/dev/ttyS0")


@pytest.mark.parametrize(
    ("port", "adapter"),
    [(CP210X, "CP210x"), (CH340, "CH340"), (NATIVE_S3, "Espressif"), (OTHER, ""), (BUILT_IN, "")],
)
def test_adapters_are_known_by_vendor_and_product(port: Port, adapter: str) -> None:
    assert adapter in describe_port(port).adapter
    assert bool(describe_port(port).adapter) == bool(adapter)


def test_the_only_known_adapter_is_chosen() -> None:
    assert choose_port([describe_port(port) for port in (BUILT_IN, OTHER, CH340)]).device == CH340.device


def test_several_boards_are_listed_with_a_suggestion() -> None:
    with pytest.raises(BoardNotFoundError, match="several boards") as caught:
        choose_port([describe_port(port) for port in (CP210X, CH340)])
    assert CP210X.device in caught.value.cause and CH340.device in caught.value.cause
    assert f"--port {CP210X.device}" in caught.value.cure


def test_an_unknown_adapter_is_suggested_but_not_taken() -> None:
    with pytest.raises(BoardNotFoundError, match="04B8:0005") as caught:
        choose_port([describe_port(port) for port in (BUILT_IN, OTHER)])
    assert f"--port {OTHER.device}" in caught.value.cure


def test_no_port_at_all_says_what_was_looked_for() -> None:
    with pytest.raises(BoardNotFoundError, match=r"CH340|WCH") as caught:
        choose_port([])
    assert "cable" in caught.value.cure

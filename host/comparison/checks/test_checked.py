"""What one check keeps of what it finds."""

import pytest

from .checked import Checked, shown


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

"""How a difference is told, and what is counted before there is one."""

from .mismatch import Count, Mismatch


def test_a_difference_is_told_with_its_place_in_the_file() -> None:
    found = Mismatch("feature", "column 3, band 7", 1.254, "5", "2 (-3 LSB)")
    assert found.text == "1.25 s, column 3, band 7: host 5, device 2 (-3 LSB)"


def test_nothing_is_compared_before_something_is() -> None:
    assert Count() == Count(0, 0, 0, 0)

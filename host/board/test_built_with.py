"""What a firmware says it was built with."""

from .built_with import built_with, differences, tools

LINES = b"compiler GCC 14.2.0\nidf 5.5.3\nesp-tflite-micro 1.4.0 O3\nesp-nn 1.2.3 O2\nelf 0123456789abcdef"


def test_a_name_and_what_follows_it_a_line() -> None:
    build = built_with(LINES)
    assert build["esp-tflite-micro"] == "1.4.0 O3" and build["elf"] == "0123456789abcdef"
    assert tools(build) == "compiler GCC 14.2.0, idf 5.5.3, esp-tflite-micro 1.4.0 O3, esp-nn 1.2.3 O2"


def test_nothing_known_is_nothing_said() -> None:
    assert built_with(b"") == {} and tools({}) == ""


def test_nonsense_is_bounded_and_safe_to_show() -> None:
    assert len(built_with(b"\n".join(b"a%d b" % number for number in range(1000)))) <= 32
    build = built_with(b"esp-nn \x1b[31m1\xff\r\n\n alone")
    assert build == {"esp-nn": "\\x1b[31m1\ufffd\\x0d"}


def test_another_version_or_level_or_kernel_is_a_difference_and_another_build_is_none() -> None:
    now = built_with(LINES)
    assert differences(now, {**now, "elf": "ffff"}) == []
    assert differences({**now, "esp-nn": "1.2.2 O2"}, now) == ["esp-nn 1.2.3 O2 instead of 1.2.2 O2"]
    assert differences({**now, "idf": "5.1.7"}, now) == ["idf 5.5.3 instead of 5.1.7"]
    without = {name: value for name, value in now.items() if name != "esp-nn"}
    assert differences(without, now) == ["esp-nn 1.2.3 O2 instead of none"]
    assert differences({}, now) == differences(now, {}) == []


def test_kernels_are_a_difference_and_a_firmware_from_before_they_were_named_ran_esp_nn() -> None:
    before = built_with(LINES)
    now = built_with(LINES.replace(b"\nelf", b"\nkernels esp-nn\nelf"))
    assert tools(now).endswith(", kernels esp-nn") and differences(before, now) == []
    other = {**now, "kernels": "reference"}
    assert differences(before, other) == differences(now, other) == ["kernels reference instead of esp-nn"]
    assert differences({"idf": "5.5.3"}, {"idf": "5.5.3"}) == []

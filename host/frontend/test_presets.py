"""Presets: whole, with a source for every number, and chosen by nothing but their name."""

import pytest

from .kinds import kind_of
from .presets import Preset, preset, presets
from .settings import SettingsError


@pytest.mark.parametrize("name", presets())
def test_a_preset_says_where_each_number_comes_from(name: str) -> None:
    found = preset(name)
    told = {each.strip() for names in found.sources for each in names.split(",")}
    numbers = {
        key
        for key, value in found.frontend.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    unused = {"scale"} if found.frontend.get("quantisation") == "esphome" else set()
    assert numbers - unused <= told
    assert (found.frames is None or "frames" in told) and found.description


@pytest.mark.parametrize("name", presets())
def test_a_preset_gives_tables(name: str) -> None:
    settings = preset(name).settings()
    kind_of(settings).tables(settings, 0.1, -128)


@pytest.mark.parametrize(
    ("name", "shape", "fits"),
    [
        ("microwakeword", (1, 3, 40), True),
        ("microwakeword", (1, 1, 40), True),
        ("microwakeword", (1, 3, 32), False),
        ("micro-speech", (1, 1960), True),
        ("micro-speech", (1, 49, 40, 1), True),
        ("micro-speech", (1, 2000), False),
        ("micro-speech", (1, 49, 10, 1), False),
        ("micro-speech", (1, 40, 50), False),
    ],
)
def test_what_fits_a_shape(name: str, shape: tuple[int, ...], fits: bool) -> None:
    assert preset(name).fits(shape) == fits


def test_an_unknown_name_is_refused_with_those_that_exist() -> None:
    with pytest.raises(SettingsError, match="no preset 'nabu'") as raised:
        preset("nabu")
    assert "micro-speech" in raised.value.cure


def test_one_without_bands_fits_nothing_by_itself() -> None:
    assert not Preset("x", "", {}, None, None, (), {}).fits((1, 49, 40))

"""Presets: whole, with a source for every number, and chosen by nothing but their name."""

import pytest

from .kinds import kind_of
from .presets import Preset, inner_values, preset, presets
from .settings import SettingsError


@pytest.mark.parametrize("name", presets())
def test_a_preset_says_where_each_number_comes_from(name: str) -> None:
    found = preset(name)
    told = {each.strip() for names in found.sources for each in names.split(",")}
    numbers = {
        key
        for key, value in {**found.frontend, **inner_values(found.frontend)}.items()
        if (isinstance(value, int | float) and not isinstance(value, bool))
        or (value is None and key not in found.open)
    }
    unused = {"scale"} if inner_values(found.frontend).get("quantisation") == "esphome" else set()
    assert numbers - unused <= told
    assert (found.frames is None or "frames" in told) and found.description


@pytest.mark.parametrize("name", presets())
def test_a_preset_gives_tables(name: str) -> None:
    found = preset(name)
    if found.open:
        with pytest.raises(SettingsError, match=f"{found.open[0]} is None"):
            found.settings()
        assert found.notes
        return
    settings = found.settings()
    kind_of(settings).tables(settings, 0.1, -128)


@pytest.mark.parametrize(
    ("name", "shape", "fits"),
    [
        ("microwakeword", (1, 3, 40), True),
        ("microwakeword", (1, 1, 40), True),
        ("microwakeword", (1, 3, 32), False),
        ("biodcase-2026", (1, 40, 133, 1), True),
        ("biodcase-2026", (1, 1, 40, 133), True),
        ("biodcase-2026", (1, 40, 132, 1), False),
        ("mlperf-kws", (1, 49, 10, 1), True),
        ("mlperf-kws", (1, 490), True),
        ("mlperf-kws", (1, 48, 10, 1), False),
        ("librosa-max", (1, 44, 128), True),
        ("librosa-max", (1, 44, 64), False),
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


@pytest.mark.parametrize(
    ("name", "lowest", "highest", "holds"),
    [
        ("mlperf-kws", -123.4, 25.7, True),
        ("mlperf-kws", 100.0, 400.0, False),
        ("torchaudio-mfcc", -3.0, 2.5, False),
        ("torchaudio-mfcc", -700.0, 150.0, True),
        ("microwakeword", 0.0, 26.0, True),
        ("microwakeword", -80.0, 25.0, False),
        ("librosa-max", -80.0, 0.0, True),
        ("librosa-max", 0.0, 1.0, False),
        ("biodcase-2026", 0.0, 1.0, True),
        ("torchaudio", -80.0, 0.0, True),
    ],
)
def test_what_fits_the_features_that_an_input_holds(
    name: str, lowest: float, highest: float, holds: bool
) -> None:
    assert preset(name).holds(lowest, highest) == holds

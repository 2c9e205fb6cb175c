"""Settings: what is refused, and how many columns a recording gives."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..kinds import settings_from, values_of
from ..settings import SettingsError
from .settings import LogMelSettings

GOOD: dict[str, Any] = {
    "sample_rate": 8000,
    "window": 256,
    "hop": 128,
    "fft": 256,
    "bands": 40,
    "fmin": 0.0,
    "fmax": 4000.0,
    "log_floor_db": -80.0,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sample_rate", 0),
        ("sample_rate", 8000.0),
        ("sample_rate", "8000"),
        ("sample_rate", True),
        ("window", 257),
        ("window", 8),
        ("hop", 0),
        ("hop", 100_000),
        ("fft", 308),
        ("fft", 375),
        ("fft", 14),
        ("fft", 4096),
        ("bands", 0),
        ("bands", 129),
        ("fmin", -1.0),
        ("fmin", 4000.0),
        ("fmax", 4000.5),
        ("fmax", float("nan")),
        ("fmax", float("inf")),
        ("log_floor_db", 1.0),
        ("log_floor_db", -500.0),
        ("scale", 0.0),
        ("offset", float("nan")),
        ("offset", None),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=name):
        LogMelSettings.from_dict({**GOOD, name: value})


@pytest.mark.parametrize(
    ("fft", "cause", "cure"),
    [
        (399, "it is odd", "use 384 or 400;"),
        (375, "it is odd", "use 360 or 384;"),  # 3 * 5^3
        (406, "it has the factor 7,", "use 400 or 432;"),
        (508, "it has the factor 127,", "use 500 or 512;"),
        (14, "FFTs have 16 to 2048 points", "use 16;"),
        (2160, "FFTs have 16 to 2048 points", "use 2048;"),
        (0, "FFTs have 16 to 2048 points", "use 16;"),
    ],
)
def test_a_length_without_fft_is_refused_with_the_nearest_that_have_one(
    fft: int, cause: str, cure: str
) -> None:
    with pytest.raises(SettingsError, match="fft") as raised:
        LogMelSettings.from_dict({**GOOD, "fft": fft})
    assert cause in raised.value.cause and raised.value.cure.startswith(cure)


def test_missing_and_unknown_names_are_refused() -> None:
    with pytest.raises(SettingsError, match="'hop' is missing"):
        LogMelSettings.from_dict({name: value for name, value in GOOD.items() if name != "hop"})
    with pytest.raises(SettingsError, match="unknown front-end setting 'hopp'"):
        LogMelSettings.from_dict({**GOOD, "hopp": 1})
    with pytest.raises(SettingsError, match="not an object"):
        settings_from([])  # type: ignore[arg-type]


def test_settings_survive_a_dict_and_back() -> None:
    settings = LogMelSettings.from_dict({**GOOD, "scale": 0.05, "offset": 2})
    assert settings_from(settings.to_dict()) == settings


def test_bundles_older_than_kinds_are_log_mel() -> None:
    settings = LogMelSettings.from_dict(GOOD)
    assert (
        settings_from(values_of(settings))
        == settings_from({"kind": "log-mel", **values_of(settings)})
        == settings
    )


@pytest.mark.parametrize("kind", ["log_mel", "", None, 3, ["log-mel"]])
def test_an_unknown_kind_is_refused_by_name(kind: object) -> None:
    with pytest.raises(SettingsError, match="kind is") as raised:
        settings_from({**GOOD, "kind": kind})
    assert "log-mel" in raised.value.cure


@given(st.integers(0, 5000), st.integers(1, 700))
def test_columns_and_samples_agree(n: int, hop: int) -> None:
    settings = LogMelSettings.from_dict({**GOOD, "hop": hop})
    columns = settings.columns(n)
    assert settings.samples_for(columns) <= n or columns == 0
    assert settings.samples_for(columns + 1) > n

"""Which kinds of front ends there are: a line each, and one in firmware/core/frontend/kinds.h."""

from collections.abc import Mapping
from typing import Any

from .biodcase_2026.kind import KIND as BIODCASE_2026
from .kind import Kind
from .log_mel.kind import KIND as LOG_MEL
from .mfcc.kind import KIND as MFCC
from .microfrontend.kind import KIND as MICROFRONTEND
from .normalised.kind import KIND as NORMALISED
from .settings import FrontEndSettings, SettingsError, short
from .waveform.kind import KIND as WAVEFORM

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        LOG_MEL,
        MFCC,
        BIODCASE_2026,
        MICROFRONTEND,
        NORMALISED,
        WAVEFORM,
    )
}
DEFAULT = LOG_MEL.name  # of bundles that were made before there were kinds


def kind_of(settings: FrontEndSettings) -> Kind:
    """Return the kind of settings."""
    return KINDS[settings.kind]


def values_of(settings: FrontEndSettings) -> dict[str, Any]:
    """Return what `settings_from` reads, ready for JSON: values and kind; log-mel does without it, as it always did."""
    values = settings.to_dict()
    return values if settings.kind == DEFAULT else {"kind": settings.kind, **values}


def settings_from(values: Mapping[str, Any]) -> FrontEndSettings:
    """Make settings from a bundle's `frontend` object.

    Raises:
        SettingsError: an unknown kind, a name that is missing or unknown, or a wrong value.
    """
    if not isinstance(values, Mapping):
        raise SettingsError("the front-end settings are not an object", "give names with values")
    rest = dict(values)
    name = rest.pop("kind", DEFAULT)
    if not isinstance(name, str) or name not in KINDS:
        raise SettingsError(
            f"front-end setting kind is {short(name)}", f"this program knows {', '.join(KINDS)}"
        )
    return KINDS[name].settings.from_dict(rest)

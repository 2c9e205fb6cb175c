"""Bundles of other models in a board's slot, where its firmware has their ops and their front ends."""

import pytest

from .toolkit import (
    MISSING_KIND,
    MISSING_OP,
    NO_VARIABLES,
    Bundle,
    DeployRefusedError,
    Device,
    Trial,
    bundle_image,
)
from .toolkit import messages as m


def deploy(device: Device, bundle: Bundle, trial: Trial | None = None) -> m.DeployStatus:
    """Deploy a bundle; the test is skipped when the firmware was built without an op or a front end of it."""
    try:
        return device.deploy(bundle_image(bundle), trial=trial)
    except DeployRefusedError as refused:
        if not any(text in refused.cause for text in (MISSING_KIND, MISSING_OP, NO_VARIABLES)):
            raise
        pytest.skip(f"this firmware is built without something of {bundle.name!r}: {refused.cause}")

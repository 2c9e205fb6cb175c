"""Bundles of other models in a board's slot, where its firmware has their ops and their front ends."""

import pytest

from .toolkit import (
    MISSING_KIND,
    MISSING_OP,
    NO_VARIABLES,
    Bundle,
    DeployRefusedError,
    Device,
    KernelCrashError,
    Trial,
    bundle_image,
    kernels_of,
    refuse_crashes,
)
from .toolkit import messages as m


def deploy(device: Device, bundle: Bundle, trial: Trial | None = None) -> m.DeployStatus:
    """Deploy a bundle.

    The test is skipped when the firmware lacks an op or a front end of it, or its kernels are known to crash.
    """
    try:
        refuse_crashes(bundle, kernels_of(device.info(), device.build()))
    except KernelCrashError as crash:
        pytest.skip(crash.cause)
    try:
        return device.deploy(bundle_image(bundle), trial=trial)
    except DeployRefusedError as refused:
        if not any(text in refused.cause for text in (MISSING_KIND, MISSING_OP, NO_VARIABLES)):
            raise
        pytest.skip(f"this firmware is built without something of {bundle.name!r}: {refused.cause}")

"""Bundles of other models in a board's slot, where its firmware has their ops."""

import pytest

from host.board.deploying import DeployRefusedError
from host.board.device import Device
from host.bundle.image import bundle_image
from host.bundle.load import Bundle
from host.link import messages as m


def deploy(device: Device, bundle: Bundle) -> m.DeployStatus:
    """Deploy a bundle; the test is skipped when the firmware was built without one of the model's ops."""
    try:
        return device.deploy(bundle_image(bundle))
    except DeployRefusedError as refused:
        if "find op" not in refused.cause and "built without" not in refused.cause:
            raise
        pytest.skip(f"this firmware is built without an op of {bundle.name!r}: {refused.cause}")

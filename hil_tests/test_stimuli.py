"""What `hil --thorough` sends: windows and sounds made for the bundle, that reach what recordings do not."""

from collections.abc import Callable

import pytest

from .comparing import assert_agreed, compare_blocks
from .lengths import affordable_s
from .toolkit import (
    LONG_COLUMNS,
    Bundle,
    Device,
    FileComparison,
    Interpreter,
    Kit,
    MadeSound,
    StimuliRecord,
    Thorough,
    kit_for,
    long_stream,
)
from .toolkit import messages as m

LONG_BUDGET_S = 400.0

pytestmark = [pytest.mark.timeout(900), pytest.mark.slow]


@pytest.fixture(scope="module")
def kit(bundle: Bundle, reference: Interpreter) -> Kit:
    return kit_for(bundle, reference)


def test_windows_and_decisions(
    device: Device,
    bundle: Bundle,
    reference: Interpreter,
    kit: Kit,
    needs: Callable[[m.Capability], None],
) -> None:
    """Thresholds exactly hit, one below, one above; scores and logits over all that the model gives."""
    needs(m.Capability.INFERENCE)
    record = StimuliRecord()

    def compare(sound: MadeSound, inference: bool) -> FileComparison:
        file = compare_blocks(device, bundle, sound.blocks(), reference if inference else None, sound.name)
        assert_agreed(file)
        return file

    thorough = Thorough(bundle, kit, record, compare)
    thorough.decisions()
    thorough.tensors(device, reference)
    print(record.reached)
    assert record.tensors.compared > 0
    assert not record.tensors.different, record.first_difference


def test_the_front_ends_tables(device: Device, bundle: Bundle, kit: Kit) -> None:
    """A step of a mel share or of the logarithm's table would change a cell here."""
    assert_agreed(compare_blocks(device, bundle, [kit.tables], None))


def test_a_stream_beyond_16_bits(device: Device, bundle: Bundle) -> None:
    """More columns than 16 bits can count, where the board is quick enough for them."""
    settings = bundle.settings
    wanted_s = settings.samples_for(LONG_COLUMNS) / settings.sample_rate
    seconds = affordable_s(device, bundle, wanted_s, LONG_BUDGET_S, inference=False)
    columns = min(LONG_COLUMNS, settings.columns(int(seconds * settings.sample_rate)))
    comparison = compare_blocks(device, bundle, long_stream(bundle, columns), None)
    assert_agreed(comparison)
    assert comparison.columns_received == columns

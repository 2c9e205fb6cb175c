"""The front end with changes of its code: without one it is the core, and one that kills the process harms no other."""

import numpy as np
import pytest

from ..frontend.settings import FrontEndSettings
from ..model.samples import sample_values
from .altered_front_end import DEAD, AlteredFrontEnd
from .c_frontend import FrontEnd

pytestmark = pytest.mark.native


@pytest.mark.slow
def test_without_a_change_it_is_the_core_and_with_one_it_is_another() -> None:
    values = sample_values("sigmoid")
    settings: FrontEndSettings = values.settings
    samples = np.random.default_rng(1).integers(-9000, 9000, settings.samples_for(40)).astype(np.int16)
    right = FrontEnd(settings, 0.5, -20).features(samples)
    with AlteredFrontEnd(settings, 0.5, -20) as altered_one:
        none = (-1, 0)
        found = altered_one.columns(none, samples)
        assert found is not None and np.array_equal(found, right)
        assert len(altered_one.alterations) > 400
        every = [(number, 5) for number in range(len(altered_one.alterations))]
        first = settings.samples_for(3)
        alike = altered_one.alike(every, samples[:first], right[:3])
        other = sum(DEAD < equal < right[:3].size for equal in alike)
        assert other > 2 * len(every) // 5, (
            "changes show, those apart that only a capture of stages runs through"
        )
        assert DEAD in alike, "some are the end of a process, and of no other"
        hopeless = every[alike.index(DEAD)]
        assert altered_one.columns(hopeless, samples) is None
        again = altered_one.columns(none, samples)
        assert again is not None and np.array_equal(again, right)

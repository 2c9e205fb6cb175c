"""The smallest sample bundle's front end, for tests of hypotheses that run it."""

from ...frontend.kinds import kind_of
from ...frontend.log_mel.settings import LogMelSettings
from ...frontend.log_mel.tables import LogMelTables

SETTINGS = LogMelSettings(8000, 256, 128, 256, 16, 100.0, 4000.0, -80.0)
SCALE, ZERO = 0.3137255012989044, 127  # of the cells


def tables_of(settings: LogMelSettings) -> LogMelTables:
    """The tables of such a front end."""
    found = kind_of(settings).tables(settings, SCALE, ZERO)
    assert isinstance(found, LogMelTables)
    return found

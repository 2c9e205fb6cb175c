"""The folder of what is the user's own: the history of runs, and environments made on first use."""

from pathlib import Path

APPLICATION = "hil"


def data_folder() -> Path:
    """Where this program keeps what is the user's own."""
    import platformdirs

    return Path(platformdirs.user_data_dir(APPLICATION, appauthor=False))

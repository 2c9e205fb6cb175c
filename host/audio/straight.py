"""libsndfile by way of soundfile, read from the beginning to the end and never back."""

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def sound_file() -> Any:
    """`soundfile.SoundFile`, but read straight on.

    The original seeks after every read, which damaged files answer wrongly and some codecs not at all.
    """
    import soundfile

    class StraightOn(soundfile.SoundFile):  # type: ignore[misc]
        def seekable(self) -> bool:
            """False, so that nothing seeks."""
            return False

    return StraightOn

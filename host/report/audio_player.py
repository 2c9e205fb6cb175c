"""A file's sound in the page, as it was sent to the board: lossless, and half as large as a WAV file."""

import base64
import io
from html import escape

from ..comparison.file import FileComparison


def audio_player(file: FileComparison) -> str:
    """A player of the file's first samples; empty when there are none, or they cannot be packed here."""
    sound = file.traces.sound
    rate = file.bundle.settings.sample_rate
    if not len(sound):
        return ""
    try:
        import soundfile

        packed = io.BytesIO()
        soundfile.write(packed, sound, rate, format="FLAC", subtype="PCM_16")
    except (ImportError, OSError, RuntimeError):  # no libsndfile, or a rate that FLAC has not
        return ""
    data = base64.b64encode(packed.getvalue()).decode("ascii")
    shown = f"the first {len(sound) / rate:.0f} s" if len(sound) < file.samples else "all of it"
    return (
        f'<p><audio controls preload="none" aria-label="Sound of {escape(file.name, quote=True)}" '
        f'src="data:audio/flac;base64,{data}"></audio> '
        f'<span class="soft">As it was sent to the board, {shown}.</span></p>'
    )

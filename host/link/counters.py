"""What happened on the host's end of the link."""

from dataclasses import asdict, dataclass


@dataclass
class LinkCounters:
    """What happened on the host's end; names as in the device's STATUS."""

    rx_frames: int = 0
    rx_bytes: int = 0
    damaged_frames: int = 0
    noise_bytes: int = 0
    gaps: int = 0
    duplicates: int = 0
    stale: int = 0
    tx_frames: int = 0
    tx_bytes: int = 0
    retransmitted: int = 0
    timeouts: int = 0
    questions: int = 0
    """Of the device's."""
    early_questions: int = 0
    """Those that came before their time can have been over."""
    far_too_early: int = 0
    """Those of them that came before a hundredth of it can have been."""
    in_step: int = 0
    """Frames of the device's that acknowledge all that was ever sent to it."""
    odd_questions: int = 0
    """Messages and answers of the device's that say that they ask."""
    needless_gaps: int = 0
    """Of those in step: which say that a frame is missing."""

    def as_dict(self) -> dict[str, int]:
        """The counters by name."""
        return asdict(self)

"""Whether a board's slot can be tried with the bundle in use."""

from ...bundle.image import bundle_image
from ..record import RunRecord

PADDED = 64  # at most, by which another name and a model that is padded make the image longer


def slot_may_be_tried(run: RunRecord) -> bool:
    """Nothing on the board outlives the run, and an image like its bundle's fits into its slot."""
    return run.facts.throwaway and len(bundle_image(run.bundle)) + PADDED <= run.info.slot_size

"""How a cell of a column is called."""

from .settings import FrontEndSettings


def place_name(settings: FrontEndSettings, place: int) -> str:
    """The band, or which byte of a band's level it is: upper bytes first, then low ones.

    Args:
        settings: the front end's.
        place: in the column.
    """
    if settings.bands == settings.model_bands:
        return f"band {place}"
    byte, band = divmod(place, settings.bands // 2)
    return f"{'low' if byte else 'upper'} byte of band {band}"

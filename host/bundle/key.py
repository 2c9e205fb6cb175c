"""A bundle as a key of what was made of it."""

from dataclasses import dataclass, field

from .load import Bundle


@dataclass(frozen=True)
class BundleKey:
    """A bundle as a key: two whose boards hold the same are the same."""

    name: str
    hashes: tuple[bytes, bytes, bytes]
    bundle: Bundle = field(compare=False)

    @classmethod
    def of(cls, bundle: Bundle) -> "BundleKey":
        """The key of a bundle."""
        hashes = bundle.model_hash, bundle.frontend_hash, bundle.settings_hash
        return cls(bundle.name, hashes, bundle)

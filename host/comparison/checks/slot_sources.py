"""Steps of a slot's check at each of which INFO tells the same wrong source of the bundle, told once."""

import re

from ..cause import Cause
from .checked import Checked

TOLD = re.compile(r".*: INFO says bundle_source (\d+), (\d+) is right")
LEAST = 3  # steps, with more than one right source
WHERE = (
    "bundle_source, which use_bundle and session_commit_deploy in firmware/core/session/deploy.c set, and "
    "session_send_info in firmware/core/session/info.c tells"
)


def tell_sources_once(found: Checked) -> None:
    """Where INFO tells one source whatever is in use, say that in the place of each step's."""
    steps = [(text, match) for text in found.wrong if (match := TOLD.fullmatch(text)) is not None]
    sources, rights = ({match[group] for _, match in steps} for group in (1, 2))
    if len(steps) < LEAST or len(sources) > 1 or len(rights) < 2:
        return
    source = sources.pop()
    never = "it is never set" if source == "0" else "it is always the same"
    for text, _ in steps:
        found.wrong.remove(text)
    found.wrong.insert(
        0,
        Cause(
            f"INFO says bundle_source {source} at each of {len(steps)} steps at which {' or '.join(sorted(rights))} is "
            f"right: {never} ({WHERE})"
        ),
    )

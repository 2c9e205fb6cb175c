"""The xeno-canto API, version 3: pages of recordings for a query of tags.

GET /api/3/recordings?query=sp:"turdus merula" q:A&key=…&page=1&per_page=100
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from .errors import RecordingsError
from .http import HttpError, PoliteClient, unreachable
from .licence import Licence, parse_licence
from .service import API, KEY_VARIABLE
from .targets import host_of
from .untrusted import parse_untrusted, whole_number

PER_PAGE = (50, 500)
_MOST_PAGES = 20_000
_MOST_RECORDINGS = _MOST_PAGES * PER_PAGE[1]
_BARREN_PAGES = 2
"""So many pages without a new recording end a search, whatever number of pages the server tells."""
_LONGEST_ADDRESS = 2000
_TAG = re.compile(r'^[a-z]+:(?:"[^"]*"|[^\s"]+)$')


@dataclass(frozen=True)
class Found:
    """One recording as the API lists it, cleaned: nothing in it is trusted as a path.

    Attributes:
        number: xeno-canto's catalogue number, digits only.
        file_url: absolute address of the sound, empty when the file is withheld.
        species: scientific name.
        english: English name.
        recordist, licence, page_url, quality, kind, country, remarks: as listed.
    """

    number: str
    file_url: str
    species: str
    english: str
    recordist: str
    licence: Licence
    page_url: str
    quality: str
    kind: str
    country: str


def check_query(query: str) -> str:
    """A query of tags, as version 3 wants it.

    Raises:
        RecordingsError: a word is not a tag.
    """
    words = re.findall(r'[^\s"]*"[^"]*"|\S+', query)
    if not words:
        raise RecordingsError(
            "The query is empty.", 'Give tags, for instance: sp:"turdus merula" q:A len:5-60 type:song'
        )
    for word in words:
        if not _TAG.match(word):
            raise RecordingsError(
                f"{word!r} in the query is not a tag.",
                'Version 3 of the API takes tags only, for instance: sp:"turdus merula" q:A len:5-60 type:song',
            )
    return " ".join(words)


class XenoCanto:
    """Lists recordings. Nothing in an answer is trusted: what makes no sense leaves out one recording or one page.

    Args:
        client: fetches.
        key: the user's key; goes into requests and nowhere else.
        api: address of the listing, see `service.checked_api`.
        per_page: 50 to 500.

    Attributes:
        left_out: entry or page and reason of what could not be used.
    """

    def __init__(self, client: PoliteClient, key: str, api: str = API, per_page: int = 100) -> None:
        if not PER_PAGE[0] <= per_page <= PER_PAGE[1]:
            raise RecordingsError(f"{per_page} recordings a page are not possible.", "Give 50 to 500.")
        self._client, self._key, self._api, self._per_page = client, key, api, per_page
        self.left_out: list[tuple[str, str]] = []
        client.keep_secret(key)

    def search(self, query: str) -> Iterator[tuple[Found, int]]:
        """Every recording of a query with the number of all, page by page.

        The server's number of pages is believed only as long as pages bring something new.

        Raises:
            RecordingsError: key or query are refused, nothing is found, or the server stays away.
        """
        query = check_query(query)
        known: set[str] = set()
        page, pages, barren = 1, 1, 0
        while page <= pages and barren < _BARREN_PAGES:
            answer = self._page(query, page)
            listed = answer.get("recordings")
            listed = listed if isinstance(listed, list) else []
            if page == 1:
                if "recordings" not in answer:
                    raise self._not_version_3("no recordings")
                if not listed:
                    raise RecordingsError(
                        f"There are no recordings for the query {query!r}.",
                        "Check the spelling of the species, or loosen q:, len: or type:.",
                    )
            pages = max(pages, whole_number(answer.get("numPages"), _MOST_PAGES))
            total = max(whole_number(answer.get("numRecordings"), _MOST_RECORDINGS), len(known))
            before = len(known)
            for number, each in enumerate(listed, start=1):
                found = self._clean(each)
                if found is None:
                    self.left_out.append((f"entry {number} of page {page}", "it has no catalogue number"))
                elif found.number not in known:
                    known.add(found.number)
                    yield found, total
            barren = barren + 1 if len(known) == before else 0
            page += 1

    def _page(self, query: str, page: int) -> dict[str, Any]:
        """One page; an empty one, noted in `left_out`, when a later page than the first is not JSON."""
        parameters = {"query": query, "key": self._key, "page": page, "per_page": self._per_page}
        joint = "&" if "?" in self._api else "?"
        try:
            body, _ = self._client.get(f"{self._api}{joint}{urlencode(parameters)}")
        except HttpError as failure:
            raise self._refused(failure, query) from None  # the cause's address holds the key
        try:
            answer = parse_untrusted(body)
            if not isinstance(answer, dict):
                raise ValueError("no object")
        except ValueError:
            if page > 1:
                self.left_out.append((f"page {page} of the listing", "it is not JSON"))
                return {}
            raise RecordingsError(
                f"{host_of(self._api)} answered with something that is not JSON.",
                "It may be down for maintenance, or a proxy is in the way: open the site in a browser, then try again.",
            ) from None
        return answer

    def _not_version_3(self, what: str) -> RecordingsError:
        return RecordingsError(
            f"The answer of {host_of(self._api)} is not what version 3 of the API gives ({what}).",
            "See whether the API changed; --api names another address.",
        )

    def _refused(self, failure: HttpError, query: str) -> RecordingsError:
        told = self._told(failure.body)
        if failure.status in (401, 403):
            return RecordingsError(
                f"xeno-canto refuses the key ({failure.status}{told}).",
                f"Check the key on your account page, and {KEY_VARIABLE} or the key file.",
            )
        if failure.status == 400:
            return RecordingsError(
                f"xeno-canto does not understand the query {query!r}{told}.",
                "Use tags of version 3 only, with valid values.",
            )
        if failure.status == 429:
            return RecordingsError(
                "xeno-canto still says that there are too many requests (429).",
                "Wait an hour, then run the same command.",
            )
        return unreachable(failure)

    def _told(self, body: bytes) -> str:
        """The server's own words, without the key should they repeat it."""
        try:
            answer = parse_untrusted(body)
        except ValueError:
            return ""
        if not isinstance(answer, dict):
            return ""
        text = self._text(answer.get("message")) or self._text(answer.get("error"))
        return f": {text[:200]}" if text else ""

    def _text(self, value: Any) -> str:
        """A text or number of an answer without control characters and the key, at most 300 characters."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return ""
        return self._client.masked(str(value))[:300].strip()

    def _clean(self, entry: Any) -> Found | None:
        if not isinstance(entry, dict):
            return None
        number = self._text(entry.get("id"))
        if not re.fullmatch(r"[0-9]{1,12}", number):
            return None  # ids are numbers; anything else might be a path

        def text(name: str) -> str:
            return self._text(entry.get(name))

        return Found(
            number,
            self._address(entry.get("file")),
            f"{text('gen')} {text('sp')}".strip(),
            text("en"),
            text("rec"),
            parse_licence(text("lic")),
            self._address(entry.get("url")),
            text("q"),
            text("type"),
            text("cnt"),
        )

    def _address(self, value: Any) -> str:
        """An absolute http address; empty for what is none, or what would carry the key elsewhere."""
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_ADDRESS:
            return ""
        text = "".join(character for character in value if character.isprintable()).strip()
        if self._client.tells(text):
            return ""
        try:
            joined = urljoin(self._api, text)
            parts = urlsplit(joined)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:  # brackets that are not an IPv6 address, a port that is not a number
            return ""
        return joined if usable else ""

"""The xeno-canto API, version 3: pages of recordings for a query of tags.

GET /api/3/recordings?query=sp:"turdus merula" q:A&key=…&page=1&per_page=100
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from .errors import RecordingsError
from .http import HttpFailure, PoliteClient, unreachable
from .licence import Licence, parse_licence

API = "https://xeno-canto.org/api/3/recordings"
KEY_VARIABLE = "XENO_CANTO_KEY"
PER_PAGE = (50, 500)
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


def read_key(key_file: Path | None) -> str:
    """The user's key: from `key_file`, else from the environment variable XENO_CANTO_KEY.

    Raises:
        RecordingsError: there is none.
    """
    if key_file is not None:
        try:
            key = key_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise RecordingsError(
                f"The key file {key_file} cannot be read: {type(error).__name__}.",
                "Put your key alone into that file.",
            ) from None
    else:
        key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key:
        raise RecordingsError(
            "There is no xeno-canto key.",
            f"Get one from your account page at xeno-canto.org; put it into {KEY_VARIABLE} or give --key-file.",
        )
    return key


def check_query(query: str) -> str:
    """A query of tags, as version 3 wants it.

    Raises:
        RecordingsError: a word is no tag.
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
    """Lists recordings.

    Args:
        client: fetches.
        key: the user's key; goes into requests and nowhere else.
        api: address of the listing.
        per_page: 50 to 500.
    """

    def __init__(self, client: PoliteClient, key: str, api: str = API, per_page: int = 100) -> None:
        if not PER_PAGE[0] <= per_page <= PER_PAGE[1]:
            raise RecordingsError(f"{per_page} recordings a page are not possible.", "Give 50 to 500.")
        self._client, self._key, self._api, self._per_page = client, key, api, per_page

    def search(self, query: str) -> Iterator[tuple[Found, int]]:
        """Every recording of a query with the number of all, page by page.

        Raises:
            RecordingsError: key or query are refused, nothing is found, or the server stays away.
        """
        query = check_query(query)
        page, pages, total = 1, 1, 0
        while page <= pages:
            answer = self._page(query, page)
            try:
                pages = int(answer.get("numPages", 0))
                total = int(answer.get("numRecordings", 0))
                listed = answer["recordings"]
                if not isinstance(listed, list):
                    raise TypeError("recordings is no list")
            except (KeyError, TypeError, ValueError) as error:
                raise RecordingsError(
                    f"The answer of {urlsplit(self._api).hostname} is not what version 3 of the API gives ({error}).",
                    "See whether the API changed; --api names another address.",
                ) from error
            if page == 1 and (total == 0 or not listed):
                raise RecordingsError(
                    f"There are no recordings for the query {query!r}.",
                    "Check the spelling of the species, or loosen q:, len: or type:.",
                )
            for each in listed:
                found = self._clean(each)
                if found is not None:
                    yield found, total
            page += 1

    def _page(self, query: str, page: int) -> dict[str, Any]:
        parameters = {"query": query, "key": self._key, "page": page, "per_page": self._per_page}
        try:
            body, _ = self._client.get(f"{self._api}?{urlencode(parameters)}")
        except HttpFailure as failure:
            raise self._refused(failure, query) from None  # the cause's address holds the key
        try:
            answer = json.loads(body)
            if not isinstance(answer, dict):
                raise ValueError("no object")
        except ValueError:
            raise RecordingsError(
                f"{urlsplit(self._api).hostname} answered with something that is not JSON.",
                "It may be down for maintenance, or a proxy is in the way: open the site in a browser, then try again.",
            ) from None
        return answer

    def _refused(self, failure: HttpFailure, query: str) -> RecordingsError:
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
            answer = json.loads(body)
            text = str(answer.get("message") or answer.get("error") or "")
        except (ValueError, AttributeError):
            return ""
        text = "".join(character for character in text if character.isprintable())[:200]
        return f": {text.replace(self._key, '***')}" if text else ""

    def _clean(self, entry: Any) -> Found | None:
        if not isinstance(entry, dict):
            return None
        number = str(entry.get("id", ""))
        if not re.fullmatch(r"[0-9]{1,12}", number):
            return None  # ids are numbers; anything else might be a path

        def text(name: str) -> str:
            value = entry.get(name)
            return (
                "".join(c for c in str(value) if c.isprintable())[:300].strip() if value is not None else ""
            )

        def address(name: str) -> str:
            joined = urljoin(self._api, text(name)) if text(name) else ""
            return joined if urlsplit(joined).scheme in ("http", "https") else ""

        return Found(
            number,
            address("file"),
            f"{text('gen')} {text('sp')}".strip(),
            text("en"),
            text("rec"),
            parse_licence(text("lic")),
            address("url"),
            text("q"),
            text("type"),
            text("cnt"),
        )

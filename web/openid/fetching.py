"""Asks the provider from here: one host, no redirects, a limit of time and of size."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from planner.documents import Json
from web.openid.endings import ProviderIsDown, SignInRefused

SECONDS_OF_SILENCE = 5.0
SECONDS_IN_ALL = 10.0
MOST_BYTES = 200_000
"""Entra's key sets, the largest that are known, have some 20 kB."""
DEFAULT_PORTS = {"https": 443, "http": 80}


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nothing: another address is another host."""


def is_at(issuer: str, address: Any) -> bool:
    """Whether an address is on the issuer's own host, by the same scheme and port."""
    return isinstance(address, str) and _origin(address) is not None and _origin(address) == _origin(issuer)


def fetch(address: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Json:
    """The JSON object at an address; a form is posted. Raises ``SignInRefused`` for an answer of 4xx, else ``ProviderIsDown``."""
    until = time.monotonic() + SECONDS_IN_ALL
    asked = urllib.request.Request(  # noqa: S310 (the caller knows the scheme: is_at)
        address,
        data=None if form is None else urllib.parse.urlencode(form).encode("ascii"),
        headers={"Accept": "application/json", **(headers or {})},
    )
    try:
        with urllib.request.build_opener(_NoRedirects).open(asked, timeout=SECONDS_OF_SILENCE) as answer:
            content = _read(answer, until)
    except urllib.error.HTTPError as error:
        with error:
            if form is not None and 400 <= error.code < 500 and error.code != 429:
                raise SignInRefused(f"the provider answered {error.code}") from error
            raise ProviderIsDown(f"{address} answered {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        raise ProviderIsDown(f"{address} does not answer ({error})") from error
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ProviderIsDown(f"{address} answered no JSON") from error
    if not isinstance(found, dict):
        raise ProviderIsDown(f"{address} answered JSON that is no object")
    return found


def _read(answer: http.client.HTTPResponse, until: float) -> bytes:
    content = b""
    while piece := answer.read1(65_536):
        content += piece
        if len(content) > MOST_BYTES:
            raise ProviderIsDown(f"{answer.url} is longer than {MOST_BYTES:,} bytes")
        if time.monotonic() > until:
            raise ProviderIsDown(f"{answer.url} took longer than {SECONDS_IN_ALL:.0f} seconds")
    return content


def _origin(address: str) -> tuple[str, str, int] | None:
    try:
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.username is not None:
            return None
        return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme]
    except ValueError:
        return None

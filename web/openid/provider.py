"""A sign-in provider: where it is, by its own discovery document, which keys it signs with, and the authorization code flow with PKCE."""

from __future__ import annotations

import base64
import hashlib
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planner.documents import Json
from web.openid.endings import ProviderIsDown, SignInRefused
from web.openid.fetching import fetch, is_at
from web.openid.tokens import Expected, Identity, identity_in, usable_keys
from web.settings import ProviderSettings

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

KNOWN_FOR_SECONDS = 3600.0
NEW_KEYS_EVERY_SECONDS = 30.0
QUIET_SECONDS = 10.0
"""For so long after a failure nobody else waits for it."""
SCOPE = "openid email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where the provider does what; all on the issuer's own host."""

    authorization: str
    token: str
    keys: str
    end_session: str | None
    says_who_answers: bool
    takes_basic: bool


class Provider:
    """One provider. Threads may share it: what it remembers is replaced whole."""

    def __init__(self, settings: ProviderSettings, *, ask: Callable[..., Json] = fetch) -> None:
        self._settings, self._ask = settings, ask
        self._known: tuple[float, Endpoints] | None = None
        self._keys: tuple[float, dict[str, RSAKey]] | None = None
        self._failed_at: float | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self._settings.name

    @property
    def issuer(self) -> str:
        """What it calls itself."""
        return self._settings.issuer

    def visit_address(self, *, state: str, nonce: str, verifier: str, come_back_to: str) -> str:
        """Where to send somebody so that the provider says who they are. Raises ``ProviderIsDown``."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")
        return _with_query(
            self._endpoints().authorization,
            response_type="code", client_id=self._settings.client_id, redirect_uri=come_back_to, scope=SCOPE, state=state, nonce=nonce,
            code_challenge=challenge, code_challenge_method="S256",
        )  # fmt: skip

    def check_who_answers(self, issuer: str | None) -> None:
        """See that an answer is this provider's and no other's (RFC 9207). Raises ``SignInRefused`` or ``ProviderIsDown``."""
        if issuer is None and not self._endpoints().says_who_answers:
            return
        if issuer != self.issuer:
            raise SignInRefused("another provider answered")

    def id_token(self, *, code: str, verifier: str, come_back_to: str) -> str:
        """The ID token for a code, which is thereby spent. Raises ``SignInRefused`` or ``ProviderIsDown``."""
        endpoints, mine = self._endpoints(), self._settings
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": come_back_to, "code_verifier": verifier}
        headers = {}
        if endpoints.takes_basic:
            pair = f"{urllib.parse.quote_plus(mine.client_id)}:{urllib.parse.quote_plus(mine.client_secret)}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")
        else:
            form |= {"client_id": mine.client_id, "client_secret": mine.client_secret}
        token = self._fetch(endpoints.token, form=form, headers=headers).get("id_token")
        if not isinstance(token, str):
            raise SignInRefused("no ID token came")
        return token

    def identity(self, token: str, *, nonce: str, now: int) -> Identity:
        """Who an ID token is about; ``now`` in seconds since 1970. Raises ``SignInRefused`` or ``ProviderIsDown``."""
        expected = Expected(issuer=self.issuer, client_id=self._settings.client_id, nonce=nonce, now=now)
        return identity_in(token, self._key, expected)

    def sign_out_address(self, *, token: str, come_back_to: str) -> str | None:
        """Where somebody signs out of the provider; None where it offers no such place, or does not answer."""
        try:
            end_session = self._endpoints().end_session
        except ProviderIsDown:
            return None
        hint = {"id_token_hint": token} if token else {}
        if end_session is None:
            return None
        return _with_query(end_session, client_id=self._settings.client_id, post_logout_redirect_uri=come_back_to, **hint)

    def _endpoints(self) -> Endpoints:
        if self._known is None or time.monotonic() - self._known[0] > KNOWN_FOR_SECONDS:
            found = self._fetch(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
            self._known = (time.monotonic(), self._read(found))
        return self._known[1]

    def _read(self, found: Json) -> Endpoints:
        if found.get("issuer") != self.issuer:
            raise ProviderIsDown(f"the provider names itself {found.get('issuer')!r}: PLANNER_OIDC_ISSUER must be exactly that")
        authorization, token, keys = (found.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
        if not all(is_at(self.issuer, address) for address in (authorization, token, keys)):
            raise ProviderIsDown("the provider names addresses on another host than its own")
        end_session = found.get("end_session_endpoint")
        ways = found.get("token_endpoint_auth_methods_supported")
        return Endpoints(
            authorization=str(authorization),
            token=str(token),
            keys=str(keys),
            end_session=end_session if is_at(self.issuer, end_session) else None,
            says_who_answers=found.get("authorization_response_iss_parameter_supported") is True,
            takes_basic=not isinstance(ways, list) or "client_secret_basic" in ways,
        )

    def _key(self, key_id: str) -> RSAKey:
        """The key with this id; an unknown one is looked for anew, since providers change their keys."""
        kept, now = self._keys, time.monotonic()
        is_old = kept is None or now - kept[0] > KNOWN_FOR_SECONDS
        if kept is None or is_old or (key_id not in kept[1] and now - kept[0] > NEW_KEYS_EVERY_SECONDS):
            kept = self._keys = (now, usable_keys(self._fetch(self._endpoints().keys)))
        if key_id not in kept[1]:
            raise SignInRefused("it is signed with a key that the provider does not list")
        return kept[1][key_id]

    def _fetch(self, address: str, **more: Any) -> Json:
        if self._failed_at is not None and time.monotonic() - self._failed_at < QUIET_SECONDS:
            raise ProviderIsDown("it did not answer a moment ago")
        try:
            found = self._ask(address, **more)
        except ProviderIsDown:
            self._failed_at = time.monotonic()
            raise
        self._failed_at = None
        return found


def _with_query(address: str, **more: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urllib.parse.urlencode(more)}"

"""What an ID token must prove before anything in it is believed: OpenID Connect Core 3.1.3.7, for RS256 alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planner.documents import Json
from web.openid.endings import SignInRefused

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

LEEWAY_SECONDS = 60
"""By how much two clocks may differ."""
OLDEST_SECONDS = 600
"""A token is made for this visit, which lasts ten minutes at most."""
MOST_LETTERS = 255
LEAST_KEY_BITS = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Whose token it must be, for whom, for which visit, at which time (seconds since 1970)."""

    issuer: str
    client_id: str
    nonce: str
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who came, as the provider says; no address where it does not vouch for it."""

    subject: str
    address: str | None


def identity_in(token: str, key_of: Callable[[str], RSAKey], expected: Expected) -> Identity:
    """Who an ID token is about. Raises ``SignInRefused`` where it proves nothing."""
    claims = _signed(token, key_of)
    _check_whose(claims, expected)
    _check_when(claims, expected.now)
    subject, address = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= MOST_LETTERS or not subject.isascii() or not subject.isprintable():
        raise SignInRefused("it has no subject")
    is_vouched_for = isinstance(address, str) and 0 < len(address) <= MOST_LETTERS and claims.get("email_verified", True) is True
    return Identity(subject=subject, address=address if is_vouched_for else None)


def usable_keys(found: Json) -> dict[str, RSAKey]:
    """The keys of a key set that may sign: RSA, long enough, by their ids."""
    from joserfc.errors import JoseError  # noqa: PLC0415 (slow to import, and only where a provider is set)
    from joserfc.jwk import RSAKey  # noqa: PLC0415

    listed = found.get("keys")
    keys = {}
    for one in listed if isinstance(listed, list) else []:
        if not isinstance(one, dict) or one.get("kty") != "RSA" or one.get("use", "sig") != "sig" or not isinstance(one.get("kid"), str):
            continue
        try:
            key = RSAKey.import_key({name: one[name] for name in ("kty", "n", "e")})
            if key.public_key.key_size >= LEAST_KEY_BITS:
                keys[one["kid"]] = key
        except (JoseError, ValueError, KeyError, TypeError):
            continue
    return keys


def _signed(token: str, key_of: Callable[[str], RSAKey]) -> Json:
    from joserfc import jwt  # noqa: PLC0415
    from joserfc.errors import JoseError  # noqa: PLC0415

    def find(signed: Any) -> RSAKey:
        header = signed.headers()
        if header.get("alg") != "RS256":
            raise SignInRefused("it is not signed by RS256")
        key_id = header.get("kid")
        if not isinstance(key_id, str):
            raise SignInRefused("it names no key")
        return key_of(key_id)

    try:
        return jwt.decode(token, find, algorithms=["RS256"]).claims
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise SignInRefused(f"its signature does not hold ({type(error).__name__})") from error


def _check_whose(claims: Json, expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise SignInRefused("it is from another issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in audiences:
        raise SignInRefused("it is for another audience")
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != expected.client_id:
        raise SignInRefused("it was given to another service")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not secrets.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise SignInRefused("it was made for another visit")


def _check_when(claims: Json, now: int) -> None:
    made, ends, begins = claims.get("iat"), claims.get("exp"), claims.get("nbf", now)
    if not (type(made) is type(ends) is type(begins) is int):
        raise SignInRefused("it does not say when it holds")
    if ends <= now - LEEWAY_SECONDS:
        raise SignInRefused("it has run out")
    if max(made, begins) > now + LEEWAY_SECONDS:
        raise SignInRefused("it does not hold yet")
    if made < now - OLDEST_SECONDS - LEEWAY_SECONDS:
        raise SignInRefused("it is too old")

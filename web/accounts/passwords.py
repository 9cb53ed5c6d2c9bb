"""Passwords: hashed by argon2, long rather than odd, and checked in the same time whether or not the account is there."""

from __future__ import annotations

import base64
import functools
import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_LETTERS = 12
MOST_LETTERS = 200

GUESSED_FIRST = ("password", "passw0rd", "qwerty", "123456", "letmein", "welcome", "abc123")
"""What those who guess try first."""

_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(2)  # each takes 64 MB and a tenth of a second on purpose


def hash_of(password: str) -> str:
    """The hash to keep."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether this is the password; where there is no hash, as much work is done and the answer is no."""
    try:
        with _AT_ONCE:
            _HASHER.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_out_of_date(password_hash: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def fault_of(password: str, *names: str) -> str | None:
    """What is wrong with a new password, in one sentence; None where it will do."""
    if not LEAST_LETTERS <= len(password) <= MOST_LETTERS:
        return (
            f"Choose a password of {LEAST_LETTERS} to {MOST_LETTERS} characters: three or four words that do not belong together will do."
        )
    plain = password.casefold()
    if any(len(name) > 3 and name.casefold() in plain for name in names):
        return "Choose a password without your own name or sign-in name in it."
    if len(set(plain)) < 5 or any(word in plain for word in GUESSED_FIRST):
        return "Choose a password that is harder to guess: three or four words that do not belong together will do."
    return None


@functools.cache
def _nobodys_hash() -> str:
    """A hash in today's settings that no password has; made up, so that the first who is not there waits no longer than others."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (_HASHER.salt_len, _HASHER.hash_len))
    return f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}${salt}${digest}"

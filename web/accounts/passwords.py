"""Passwords: hashed by argon2, long and hard to guess rather than odd, checked in the same time whether or not the account is there."""

from __future__ import annotations

import base64
import functools
import re
import secrets
import threading
from collections.abc import Sequence

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_LETTERS = 12
MOST_LETTERS = 200

LEAST_GUESSES = 10**8
"""Fewer tries than these, in the order in which those who guess try, must not lead to a password."""
JUDGED_LETTERS = 32
"""As many are judged: the work grows with the square of them, and more make no password easier to guess."""
SERVICE = "Partnership Planner"

_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(2)  # each takes 64 MB and a tenth of a second on purpose
_JUDGING = threading.Lock()  # zxcvbn keeps the words of a call where every other call reads them


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


def fault_of(password: str, names: Sequence[str], places: Sequence[str] = ()) -> str | None:
    """What is wrong with a new password of somebody with these names in these partnerships, in one sentence; None where it will do."""
    if not LEAST_LETTERS <= len(password) <= MOST_LETTERS:
        return (
            f"Choose a password of {LEAST_LETTERS} to {MOST_LETTERS} characters: three or four words that do not belong together will do."
        )
    if _is_any_in(password, names):
        return "Choose a password without your own name or sign-in name in it."
    if _is_any_in(password, (SERVICE, *places)):
        return "Choose a password without the name of this service or of your partnership in it."
    if _guesses(password, (SERVICE, *names, *places)) < LEAST_GUESSES:
        return "Choose a password that is harder to guess: three or four words that do not belong together will do."
    return None


def _is_any_in(password: str, names: Sequence[str]) -> bool:
    return any(len(name) > 3 and name in _joined(password) for name in map(_joined, names))


def _joined(text: str) -> str:
    """Its letters and digits only: a name counts however it is spaced."""
    return re.sub(r"[\W_]", "", text.casefold())


def _guesses(password: str, names: Sequence[str]) -> float:
    """How many tries lead to a password for somebody who knows common ones, words, dates, rows of keys and these names."""
    from zxcvbn import zxcvbn  # noqa: PLC0415 (14 MB that only choosing a password needs)

    words = [word for name in names for word in (_joined(name), *name.split()) if len(word) > 3]
    with _JUDGING:
        return float(zxcvbn(password[:JUDGED_LETTERS], user_inputs=words)["guesses"])


@functools.cache
def _nobodys_hash() -> str:
    """A hash in today's settings that no password has; made up, so that the first who is not there waits no longer than others."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (_HASHER.salt_len, _HASHER.hash_len))
    return f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}${salt}${digest}"

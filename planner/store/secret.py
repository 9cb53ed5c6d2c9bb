"""Secrets of links and cookies: made here, given out once, kept only as SHA-256."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """256 random bits, safe in a link or a cookie."""
    return secrets.token_urlsafe(32)


def sha256_of_text(text: str) -> str:
    """SHA-256 of any text, also of one that is no good UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

"""Moments as programs read them."""

from __future__ import annotations

import datetime as dt


def moment(milliseconds: int) -> str:
    """A moment of the store in UTC, to the second."""
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_or_none(milliseconds: int | None) -> str | None:
    """A moment that may not have come yet."""
    return None if milliseconds is None else moment(milliseconds)

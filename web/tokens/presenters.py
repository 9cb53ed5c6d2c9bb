"""The words of the page of one's own tokens."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.store import Transaction
from planner.store.tokens import MOST, Token
from web.tables import TableCell, TableRow, TableView, row, table, words
from web.words import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensView:
    """One's tokens, and why no other can be made, where none can."""

    tokens: TableView
    cannot_make: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    """One token that may be ended."""

    token_id: int
    name: str
    sentence: str


def tokens_view(tx: Transaction, user_id: int) -> TokensView:
    """A person's tokens, newest first."""
    mine = tx.tokens.of(user_id=user_id)
    return TokensView(
        tokens=table(
            "Your tokens",
            words("What it is for", "Made", "Works until", "Last used", "End it"),
            [_row(token) for token in mine],
            empty="You have no token. Make one below for a program that should read or write what you may.",
        ),
        cannot_make=FULL if len(mine) >= MOST else "",
    )


FULL = f"You have {MOST} tokens, and nobody may have more. End one that no program uses, then make another."


def token_view(token: Token) -> TokenView:
    """What ends with a token."""
    used = f"It was last used on {moment(token.used_at)}." if token.used_at is not None else "It was never used."
    return TokenView(token_id=token.id, name=token.name, sentence=used)


def _row(token: Token) -> TableRow:
    return row(
        token.name,
        moment(token.made_at),
        moment(token.expires_at),
        "Never" if token.used_at is None else moment(token.used_at),
        TableCell(text="End this token", href=url_for("tokens.end", token_id=token.id), hidden=f": {token.name}"),
    )

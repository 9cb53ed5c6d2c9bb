"""The words of signing in through a provider."""

from __future__ import annotations

from dataclasses import dataclass

from planner.store import Transaction
from planner.store.provider_sign_ins import ProviderPerson
from web.tables import Fact
from web.words import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingView:
    """A visit to the provider that let nobody in."""

    status: int
    title: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownByView:
    """How the provider knows the person of an account."""

    user_id: int
    name: str
    is_entered: bool
    lead: str
    facts: tuple[Fact, ...]


def refused(provider: str) -> EndingView:
    """What came back proves nothing."""
    return EndingView(
        status=400, title="You are not signed in",
        sentence=f"What came back from {provider} does not belong to a sign-in that was begun in this browser in the last ten minutes, or was used before: begin again.",
    )  # fmt: skip


def turned_away(provider: str) -> EndingView:
    """The provider itself let nobody through."""
    return EndingView(
        status=403, title="You are not signed in",
        sentence=f"{provider} did not let you through: try again there, ask whoever looks after your account there, or sign in with your password here.",
    )  # fmt: skip


def unknown(provider: str) -> EndingView:
    """The provider knows somebody for whom no account here is meant."""
    return EndingView(
        status=403, title="No account here is set up for this",
        sentence=f"{provider} told us who you are, but no account here is set up for it: ask whoever runs this service to enter in your account how {provider} knows you.",
    )  # fmt: skip


def down(provider: str) -> EndingView:
    """The provider does not answer."""
    return EndingView(
        status=503, title=f"{provider} cannot be reached",
        sentence=f"{provider} does not answer just now: sign in with your sign-in name and password, or try again in a minute.",
    )  # fmt: skip


def braked(wait: str) -> EndingView:
    """Too many tries."""
    return EndingView(status=429, title="There were too many tries", sentence=wait)


def known_by_view(tx: Transaction, user_id: int, *, provider: str, issuer: str) -> KnownByView | None:
    """How the provider knows somebody; None where there is no such account, or it was erased."""
    person = tx.people.user(user_id=user_id)
    if person is None or person.is_erased:
        return None
    entry = tx.provider_sign_ins.entered(user_id=user_id)
    return KnownByView(
        user_id=user_id,
        name=person.name,
        is_entered=entry is not None,
        lead=_lead(entry, person.name, provider, issuer),
        facts=() if entry is None else _facts(entry),
    )


def _lead(entry: ProviderPerson | None, name: str, provider: str, issuer: str) -> str:
    if entry is None:
        return f"{name} cannot sign in through {provider} yet. Enter how {provider} knows them, and they can from then on. Their password works as before."
    if entry.issuer != issuer:
        return f"What is entered is for another provider, so {name} cannot sign in through {provider}. Take it away, then enter how {provider} knows them."
    if entry.first_used_at is None:
        return f"{name} can sign in through {provider}, and has not done so yet."
    return f"{name} signs in through {provider}. Since the first time only the identifier counts: whoever gets the address later does not come in by it."


def _facts(entry: ProviderPerson) -> tuple[Fact, ...]:
    said = (
        ("Email address", entry.address),
        ("Identifier", entry.subject),
        ("Entered", moment(entry.entered_at)),
        ("First sign-in", "Not yet" if entry.first_used_at is None else moment(entry.first_used_at)),
    )
    return tuple(Fact(label=label, text=text) for label, text in said if text)

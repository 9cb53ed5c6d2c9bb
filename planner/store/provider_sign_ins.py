"""Who may sign in through the sign-in provider, and visits to it: each begun in one browser, finished once, within ten minutes."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from planner.errors import AlreadyTaken
from planner.store.room import MINUTE, Room, columns_of
from planner.store.secret import new_token, sha256_of_text
from planner.store.tables import provider_people, provider_visits, users

VISIT = 10 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPerson:
    """How the provider (``issuer``) knows a person; without a subject they have not come yet."""

    user_id: int
    issuer: str
    address: str | None
    subject: str | None
    entered_by: int
    entered_at: int
    first_used_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a visit to the provider must be finished with, and where the person wanted to go."""

    nonce: str
    verifier: str
    back: str


def kept_address(text: str) -> str:
    """An address as it is kept and compared: without capitals. Letters beyond ASCII never match, since several look like one of it."""
    return text.strip().lower() if text.isascii() else ""


class ProviderSignIns(Room):
    """People as the provider knows them, and visits under way. A visit's secrets are not kept, only their SHA-256."""

    def enter(self, *, user_id: int, issuer: str, address: str | None, subject: str | None, by: int) -> None:
        """Say how the provider knows somebody; raises ``AlreadyTaken`` where it is another's, or something is entered already."""
        added = self._insert_unless_there(
            provider_people, user_id=user_id, issuer=issuer, address=None if address is None else kept_address(address), subject=subject,
            entered_by=by, entered_at=self._now,
        )  # fmt: skip
        if added is None:
            raise AlreadyTaken("Another account has this already: take it away from that account first, or enter another.")

    def remove(self, *, user_id: int) -> bool:
        """The provider lets this person in no longer; False where it did not."""
        return self._changed(provider_people.delete().where(provider_people.c.user_id == user_id)) == 1

    def entered(self, *, user_id: int) -> ProviderPerson | None:
        """How the provider knows somebody."""
        query = sa.select(*columns_of(ProviderPerson, provider_people))
        return self._one(ProviderPerson, query.where(provider_people.c.user_id == user_id))

    def person(self, *, issuer: str, subject: str, address: str | None) -> ProviderPerson | None:
        """Who comes: by subject; by address only as long as no subject is bound, and this visit binds it. None: nobody with an open account."""
        found = self._open(issuer, provider_people.c.subject == subject)
        known = kept_address(address or "")
        if found is None and known and not self._is_taken(issuer, subject):
            found = self._open(issuer, provider_people.c.address == known, provider_people.c.subject.is_(None))
        if found is None:
            return None
        mine = (
            provider_people.c.user_id == found.user_id,
            sa.or_(provider_people.c.subject.is_(None), provider_people.c.subject == subject),
        )
        first = sa.func.coalesce(provider_people.c.first_used_at, self._now)
        try:
            with self._connection.begin_nested():
                is_bound = self._changed(provider_people.update().where(*mine).values(subject=subject, first_used_at=first)) == 1
        except IntegrityError:  # somebody else came at the same moment with this subject, and another address
            return None
        return found if is_bound else None

    # --- visits ---

    def begin_visit(self, *, browser: str, back: str) -> tuple[str, Visit]:
        """The state to send with somebody from the browser with this secret, and what else goes with it."""
        self._changed(provider_visits.delete().where(provider_visits.c.expires_at <= self._now))
        state, visit = new_token(), Visit(nonce=new_token(), verifier=new_token(), back=back)
        self._connection.execute(
            provider_visits.insert().values(
                state_hash=sha256_of_text(state), browser_hash=sha256_of_text(browser), nonce=visit.nonce, verifier=visit.verifier,
                back=back, expires_at=self._now + VISIT,
            )
        )  # fmt: skip
        return state, visit

    def finish_visit(self, *, state: str, browser: str) -> Visit | None:
        """Spend the visit with this state; None where it was not begun in this browser, is late, or was finished once."""
        this = (provider_visits.c.state_hash == sha256_of_text(state), provider_visits.c.browser_hash == sha256_of_text(browser))
        found = self._one(
            Visit, sa.select(*columns_of(Visit, provider_visits)).where(*this, provider_visits.c.expires_at > self._now)
        )  # fmt: skip
        return found if self._changed(provider_visits.delete().where(*this)) == 1 else None

    def _open(self, issuer: str, *known_by: sa.ColumnElement[bool]) -> ProviderPerson | None:
        query = sa.select(*columns_of(ProviderPerson, provider_people)).join(users, users.c.id == provider_people.c.user_id)
        return self._one(ProviderPerson, query.where(provider_people.c.issuer == issuer, *known_by, users.c.disabled_at.is_(None)))

    def _is_taken(self, issuer: str, subject: str) -> bool:
        """Whether the subject is bound to any account, also one that is disabled."""
        query = sa.select(provider_people.c.user_id).where(provider_people.c.issuer == issuer, provider_people.c.subject == subject)
        return self._connection.execute(query).first() is not None

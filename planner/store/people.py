"""People and what they may be: accounts, and memberships of partnerships."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from planner.errors import AlreadyTaken
from planner.store.kinds import Role
from planner.store.room import Room, columns_of
from planner.store.tables import invitations, memberships, password_links, provider_people, sessions, tokens, users


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person with an account. Without a password hash, or once disabled, nobody signs in to it."""

    id: int
    name: str
    sign_in: str
    password_hash: str | None
    created_at: int
    disabled_at: int | None
    version: int

    @property
    def is_erased(self) -> bool:
        """Whether the name was erased: only the number is left."""
        return self.sign_in == _erased(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """One role of one person. A head's names their school; an administrator of the house has no partnership."""

    id: int
    user_id: int
    partnership_id: int | None
    role: Role
    urn: int | None
    since: int
    granted_by: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person beside the role they hold in a partnership, for the list of its people."""

    membership_id: int
    user_id: int
    name: str
    sign_in: str
    role: Role
    urn: int | None
    disabled_at: int | None


ERASED = "(erased)"


def _erased(user_id: int) -> str:
    """The sign-in name of somebody who was erased. Nobody can take it: theirs are kept without capitals."""
    return f"(Erased {user_id})"


def sign_in_name(text: str) -> str:
    """A sign-in name as it is kept and compared: capitals, accents' spelling and outer spaces make no difference."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


class People(Room):
    """Accounts and memberships."""

    def add_user(self, *, name: str, sign_in: str, password_hash: str | None = None) -> int:
        """The new person's id. Raises ``AlreadyTaken`` where the sign-in name is in use."""
        user_id = self._insert_unless_there(
            users, name=name, sign_in=sign_in_name(sign_in), password_hash=password_hash, created_at=self._now
        )
        if user_id is None:
            raise AlreadyTaken(f"{sign_in} already has an account: sign in with it, or use another sign-in name.")
        return user_id

    def user(self, *, user_id: int) -> User | None:
        """One person."""
        return self._one(User, sa.select(*columns_of(User, users)).where(users.c.id == user_id))

    def known(self, *, user_id: int) -> User | None:
        """One person as they stood when this transaction first asked: for pages that name the same people line after line."""
        if user_id not in self._known:
            self._known[user_id] = self.user(user_id=user_id)
        return self._known[user_id]

    def know(self, user_ids: Iterable[int]) -> None:
        """Ask for these people at once, for a page that will name them one by one."""
        missing = set(user_ids) - self._known.keys()
        if missing:
            found = self._many(User, sa.select(*columns_of(User, users)).where(users.c.id.in_(missing)))
            self._known.update(dict.fromkeys(missing) | {user.id: user for user in found})

    @functools.cached_property
    def _known(self) -> dict[int, User | None]:
        return {}

    def user_by_sign_in(self, *, sign_in: str) -> User | None:
        """The person with this sign-in name, disabled or not."""
        return self._one(User, sa.select(*columns_of(User, users)).where(users.c.sign_in == sign_in_name(sign_in)))

    def users(self) -> tuple[User, ...]:
        """Everyone, by name."""
        return self._many(User, sa.select(*columns_of(User, users)).order_by(users.c.name, users.c.id))

    def rename(self, *, user_id: int, name: str, version: int) -> bool:
        """False where somebody else changed the person since ``version`` was read."""
        return self._changed(
            users.update().where(users.c.id == user_id, users.c.version == version).values(name=name, version=version + 1)
        ) == 1  # fmt: skip

    def set_password_hash(self, *, user_id: int, password_hash: str) -> bool:
        """Give a new password, for which no link waits any longer; end the person's sessions in the same transaction."""
        self._changed(password_links.delete().where(password_links.c.user_id == user_id))
        return self._changed(users.update().where(users.c.id == user_id).values(password_hash=password_hash)) == 1

    def disable(self, *, user_id: int) -> bool:
        """Close the account: its sessions stop counting at once, its tokens end for good."""
        self._changed(tokens.delete().where(tokens.c.user_id == user_id))
        return self._changed(users.update().where(users.c.id == user_id, users.c.disabled_at.is_(None)).values(disabled_at=self._now)) == 1

    def enable(self, *, user_id: int) -> bool:
        """Open a disabled account again; one that was erased stays closed."""
        closed = users.update().where(users.c.id == user_id, users.c.disabled_at.is_not(None), users.c.sign_in != _erased(user_id))
        return self._changed(closed.values(disabled_at=None)) == 1

    def erase(self, *, user_id: int) -> bool:
        """Forget who this was: the names and roles go, here and in invitations taken up; the number stays in the log."""
        for table in (sessions, password_links, provider_people, tokens, memberships):
            self._changed(table.delete().where(table.c.user_id == user_id))
        self._changed(invitations.update().where(invitations.c.used_by == user_id).values(invitee=ERASED))
        gone = users.update().where(users.c.id == user_id)
        return self._changed(
            gone.values(
                name=ERASED,
                sign_in=_erased(user_id),
                password_hash=None,
                disabled_at=sa.func.coalesce(users.c.disabled_at, self._now),
                version=users.c.version + 1,
            )
        ) == 1  # fmt: skip

    # --- memberships ---

    def add_membership(
        self, *, user_id: int, partnership_id: int | None, role: Role, urn: int | None = None, granted_by: int | None = None
    ) -> int | None:
        """The membership's id, or None where the person holds it already."""
        return self._insert_unless_there(
            memberships, user_id=user_id, partnership_id=partnership_id, role=role, urn=urn, since=self._now, granted_by=granted_by
        )

    def end_membership(self, *, partnership_id: int | None, membership_id: int) -> bool:
        """Take a role away. ``partnership_id`` None is for administrators of the house."""
        return self._changed(
            memberships.delete().where(memberships.c.id == membership_id, memberships.c.partnership_id.is_not_distinct_from(partnership_id))
        ) == 1  # fmt: skip

    def memberships_of(self, *, user_id: int) -> tuple[Membership, ...]:
        """Every role a person holds."""
        query = sa.select(*columns_of(Membership, memberships)).where(memberships.c.user_id == user_id)
        return self._many(Membership, query.order_by(memberships.c.id))

    def all_memberships(self) -> tuple[Membership, ...]:
        """Every role of everybody."""
        return self._many(Membership, sa.select(*columns_of(Membership, memberships)).order_by(memberships.c.id))

    def house_administrators(self) -> tuple[int, ...]:
        """Who can sign in to run the house now. Others who ask while changing things wait until this transaction ends."""
        query = sa.select(users.c.id).join(memberships, memberships.c.user_id == users.c.id)
        query = query.where(memberships.c.partnership_id.is_(None), users.c.disabled_at.is_(None), users.c.password_hash.is_not(None))
        return tuple(self._connection.execute(query.order_by(users.c.id).with_for_update()).scalars())

    def members(self, *, partnership_id: int) -> tuple[Member, ...]:
        """The people of a partnership, a row for each role, by name."""
        query = sa.select(
            memberships.c.id.label("membership_id"),
            memberships.c.user_id,
            users.c.name,
            users.c.sign_in,
            memberships.c.role,
            memberships.c.urn,
            users.c.disabled_at,
        ).join(users, users.c.id == memberships.c.user_id)
        return self._many(
            Member, query.where(memberships.c.partnership_id == partnership_id).order_by(users.c.name, users.c.id, memberships.c.id)
        )

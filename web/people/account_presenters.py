"""The words of the pages about the accounts of the house."""

from __future__ import annotations

import math
from dataclasses import dataclass

from flask import url_for

from planner.store import Membership, Transaction
from planner.store.people import User as Person
from web.access import User
from web.accounts.presenters import role_held
from web.people.presenters import invitations_table
from web.shelf import Shelf
from web.tables import Fact, TableCell, TableView, row, table, words
from web.words import count, moment, upper_first

ON_A_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsView:
    """Some of the accounts of the house."""

    find: str
    showing: str
    accounts: TableView
    invitations: TableView
    erased: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAccountView:
    """One account, its roles, and what may be done with it."""

    user_id: int
    name: str
    facts: tuple[Fact, ...]
    roles: TableView
    is_own: bool
    is_disabled: bool
    is_erased: bool


def accounts_view(tx: Transaction, shelf: Shelf, find: str, page: int) -> AccountsView:
    """The accounts whose name or sign-in name has these letters, a page of them."""
    everybody = tx.people.users()
    wanted = find.casefold()
    found = [person for person in everybody if not person.is_erased and wanted in f"{person.name}\n{person.sign_in}".casefold()]
    pages = max(1, math.ceil(len(found) / ON_A_PAGE))
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    roles: dict[int, list[Membership]] = {}
    for m in tx.people.all_memberships():
        roles.setdefault(m.user_id, []).append(m)
    partnerships = {here.id: here.name for here in tx.partnerships.partnerships()}
    erased = sum(person.is_erased for person in everybody)
    return AccountsView(
        find=find,
        showing=_showing(len(found), page, len(shown)),
        accounts=table(
            "Accounts",
            words("Name", "Sign-in name", "Roles", "Account"),
            [
                row(
                    TableCell(text=person.name, href=url_for("people.account", user_id=person.id)),
                    person.sign_in,
                    upper_first("; ".join(_role(m, partnerships, shelf) for m in roles.get(person.id, ()))) or "None",
                    _state(person),
                )
                for person in shown
            ],
            empty="No account has these letters in its name or sign-in name." if find else "There is no account yet.",
            is_caption_hidden=True,
        ),
        invitations=invitations_table(tx, {}, None),
        erased=f"{count(erased, 'account')} {'was' if erased == 1 else 'were'} erased; only {'its number is' if erased == 1 else 'their numbers are'} kept, in the log."
        if erased
        else "",
        before=_page_url(find, page - 1) if page > 1 else "",
        after=_page_url(find, page + 1) if page < pages else "",
    )


def _showing(found: int, page: int, shown: int) -> str:
    if shown == found:
        return f"{count(found, 'account')}."
    start = (page - 1) * ON_A_PAGE
    return f"Showing {start + 1:,} to {start + shown:,} of {count(found, 'account')}."


def _page_url(find: str, page: int) -> str:
    return url_for("people.accounts", find=find or None, page=page)


def _role(membership: Membership, partnerships: dict[int, str], shelf: Shelf) -> str:
    role = role_held(membership, shelf)
    return f"{role} of the whole service" if membership.partnership_id is None else f"{role} in {partnerships[membership.partnership_id]}"


def _state(person: Person) -> TableCell:
    if person.disabled_at is not None:
        return TableCell(text="Disabled", tag="grey")
    return TableCell(text="Open") if person.password_hash else TableCell(text="No password yet", tag="yellow")


def account_view(tx: Transaction, shelf: Shelf, me: User, user_id: int) -> HeldAccountView | None:
    """One account; None where there is none."""
    person = tx.people.user(user_id=user_id)
    if person is None:
        return None
    partnerships = {here.id: here.name for here in tx.partnerships.partnerships()}
    until = tx.password_links.waits_until(user_id=user_id)
    facts = [Fact(label="Number in the log", text=str(person.id)), Fact(label="Made", text=moment(person.created_at))]
    if not person.is_erased:
        facts.insert(0, Fact(label="Sign-in name", text=person.sign_in))
    if person.disabled_at is not None:
        facts.append(Fact(label="Erased" if person.is_erased else "Disabled", text=moment(person.disabled_at)))
    if until is not None:
        facts.append(Fact(label="Password link", text=f"One waits to be used, until {moment(until)}"))
    return HeldAccountView(
        user_id=user_id,
        name=f"Erased account {person.id}" if person.is_erased else person.name,
        facts=tuple(facts),
        roles=table(
            "Roles",
            words("Role", "Since", "What you can do"),
            [
                row(upper_first(_role(m, partnerships, shelf)), moment(m.since), TableCell(text="Take away", href=_take_away(m)))
                for m in tx.people.memberships_of(user_id=user_id)
            ],
            empty="No role.",
        ),
        is_own=user_id == me.user_id,
        is_disabled=person.disabled_at is not None,
        is_erased=person.is_erased,
    )


def _take_away(m: Membership) -> str:
    if m.partnership_id is None:
        return url_for("people.take_house_role_away", user_id=m.user_id, membership_id=m.id)
    return url_for("people.take_away", partnership_id=m.partnership_id, user_id=m.user_id, membership_id=m.id)

"""The words of the pages about a partnership's people and their invitations."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.store import Role, Transaction
from planner.store.invitations import Invitation
from planner.store.room import DAY
from web.access import User
from web.accounts.invitations import may_maker_invite
from web.accounts.presenters import role_words
from web.names import name_of, partnership_name, school_names
from web.shelf import Shelf
from web.tables import Fact, TableCell, TableRow, TableView, row, table, words
from web.words import listed, moment, upper_first

WHAT_THEY_DO = {
    Role.HEAD: "Their own school: says that its figures are right, asks about a line. Reads every plan of the partnership.",
    Role.BOARD: "Sets the policy, asks for plans, chooses the one that schools read, answers schools' questions.",
    Role.CHAIR: "All that a board member does.",
    Role.SERVICE_MANAGER: "Reads every plan and takes it away as a workbook.",
    Role.COMMISSIONER: "For the council: reads every plan and takes it away as a workbook.",
    Role.ADMINISTRATOR: "People and figures: invites, brings figures in, answers schools' questions.",
}
"""One line each, for whoever chooses a role for somebody else."""
LAPSED_ARE_SHOWN = 28 * DAY
VOID = "Does not work: whoever made it may no longer invite here"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleView:
    """Who is in a partnership, and who is invited."""

    partnership: str
    members: TableView
    invitations: TableView
    house: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """One person's roles in one partnership."""

    partnership: str
    name: str
    sign_in: str
    account: str
    roles: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleView:
    """One role that may be taken away."""

    partnership: str
    name: str
    role: str
    since: str
    is_own: bool
    back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationView:
    """One invitation; ``link`` only on the page after it was made."""

    where: str
    invitee: str
    facts: tuple[Fact, ...]
    link: str
    is_waiting: bool
    is_void: bool
    withdraw: str
    back: str


# --- the people of a partnership -----------------------------------------------------------


def people_view(tx: Transaction, shelf: Shelf, partnership_id: int) -> PeopleView:
    """Members by person, invitations that wait, and who comes in from outside."""
    names = school_names(shelf, partnership_id)
    people: dict[int, list[str]] = {}
    members = tx.people.members(partnership_id=partnership_id)
    for m in members:
        people.setdefault(m.user_id, []).append(role_words(m.role, m.urn, names))
    first = {m.user_id: m for m in reversed(members)}
    rows = [
        row(
            TableCell(text=first[user_id].name, href=url_for("people.person", partnership_id=partnership_id, user_id=user_id)),
            upper_first("; ".join(roles)),
            first[user_id].sign_in,
            "Disabled" if first[user_id].disabled_at is not None else "Open",
        )
        for user_id, roles in people.items()
    ]
    of_the_house = {m.user_id for m in tx.people.all_memberships() if m.partnership_id is None}
    house = [person.name for person in tx.people.users() if person.disabled_at is None and person.id in of_the_house]
    return PeopleView(
        partnership=partnership_name(tx, partnership_id),
        members=table("Members", words("Name", "Roles", "Sign-in name", "Account"), rows, empty="Nobody has a role here yet."),
        invitations=invitations_table(tx, names, partnership_id),
        house=listed(house),
    )


def invitations_table(tx: Transaction, names: dict[int, str], partnership_id: int | None) -> TableView:
    """Invitations not taken up: those that wait, and those that ran out of late."""
    shown = [i for i in tx.invitations.of(partnership_id=partnership_id) if is_unused(i) and i.expires_at > tx.now - LAPSED_ARE_SHOWN]
    return table(
        "Invitations not taken up",
        words("For", "Role", "Made by", "Works until"),
        [_invitation_row(tx, invitation, names) for invitation in shown],
        empty="No invitations are waiting.",
    )


def is_unused(invitation: Invitation) -> bool:
    """Neither taken up nor withdrawn."""
    return invitation.used_at is None and invitation.withdrawn_at is None


def _invitation_row(tx: Transaction, invitation: Invitation, names: dict[int, str]) -> TableRow:
    if invitation.expires_at <= tx.now:
        until = f"Ran out on {moment(invitation.expires_at)}"
    else:
        until = moment(invitation.expires_at) if may_maker_invite(tx, invitation) else VOID
    return row(
        TableCell(text=invitation.invitee, href=_invitation_url("", invitation)),
        upper_first(role_words(invitation.role, invitation.urn, names)),
        name_of(tx, invitation.invited_by),
        until,
    )


def _invitation_url(what: str, invitation: Invitation) -> str:
    """The address of an invitation of a partnership or of the house, or of what is done with it."""
    if invitation.partnership_id is None:
        return url_for(f"people.{what}house_invitation", invitation_id=invitation.id)
    return url_for(f"people.{what}invitation", partnership_id=invitation.partnership_id, invitation_id=invitation.id)


def invitation_view(tx: Transaction, shelf: Shelf, invitation: Invitation, link: str) -> InvitationView:
    """One invitation as it stands."""
    here = invitation.partnership_id
    names = {} if here is None else school_names(shelf, here)
    is_waiting = is_unused(invitation) and invitation.expires_at > tx.now
    is_void = is_waiting and not may_maker_invite(tx, invitation)
    facts = [
        Fact(label="Role", text=upper_first(role_words(invitation.role, invitation.urn, names))),
        Fact(label="Made", text=f"{moment(invitation.invited_at)}, by {name_of(tx, invitation.invited_by)}"),
    ]
    if invitation.used_at is not None:
        facts.append(Fact(label="Taken up", text=f"{moment(invitation.used_at)}, by {name_of(tx, invitation.used_by)}"))
    elif invitation.withdrawn_at is not None:
        facts.append(Fact(label="Withdrawn", text=moment(invitation.withdrawn_at)))
    else:
        label = "Would work until" if is_void else "Works until" if is_waiting else "Ran out"
        facts.append(Fact(label=label, text=moment(invitation.expires_at)))
    return InvitationView(
        where="The whole service" if here is None else partnership_name(tx, here),
        invitee=invitation.invitee,
        facts=tuple(facts),
        link=link,
        is_waiting=is_waiting,
        is_void=is_void,
        withdraw=_invitation_url("withdraw_", invitation),
        back=url_for("people.accounts") if here is None else url_for("people.people", partnership_id=here),
    )


# --- one person ----------------------------------------------------------------------------


def person_view(tx: Transaction, shelf: Shelf, partnership_id: int, user_id: int) -> PersonView | None:
    """One member of a partnership; None for anybody else."""
    held = [m for m in tx.people.memberships_of(user_id=user_id) if m.partnership_id == partnership_id]
    person = tx.people.user(user_id=user_id)
    if person is None or not held:
        return None
    names = school_names(shelf, partnership_id)
    return PersonView(
        partnership=partnership_name(tx, partnership_id),
        name=person.name,
        sign_in=person.sign_in,
        account="Disabled: nobody can sign in to it" if person.disabled_at is not None else "Open",
        roles=table(
            "Roles in this partnership",
            words("Role", "Since", "Given by", "What you can do"),
            [
                row(
                    upper_first(role_words(m.role, m.urn, names)),
                    moment(m.since),
                    "The service itself" if m.granted_by is None else upper_first(name_of(tx, m.granted_by)),
                    TableCell(
                        text="Take away",
                        href=url_for("people.take_away", partnership_id=partnership_id, user_id=user_id, membership_id=m.id),
                    ),
                )
                for m in held
            ],
        ),
    )


def role_view(tx: Transaction, shelf: Shelf, me: User, user_id: int, *, partnership_id: int | None, membership_id: int) -> RoleView | None:
    """One role of one person in a partnership (None: in every); None where they hold no such role."""
    person = tx.people.user(user_id=user_id)
    held = [m for m in tx.people.memberships_of(user_id=user_id) if (m.id, m.partnership_id) == (membership_id, partnership_id)]
    if person is None or not held:
        return None
    names = {} if partnership_id is None else school_names(shelf, partnership_id)
    return RoleView(
        partnership="The whole service" if partnership_id is None else partnership_name(tx, partnership_id),
        name=person.name,
        role=role_words(held[0].role, held[0].urn, names) + (" of the whole service" if partnership_id is None else ""),
        since=moment(held[0].since),
        is_own=user_id == me.user_id,
        back=_back_from_role(partnership_id, user_id),
    )


def _back_from_role(partnership_id: int | None, user_id: int) -> str:
    if partnership_id is None:
        return url_for("people.account", user_id=user_id)
    return url_for("people.person", partnership_id=partnership_id, user_id=user_id)

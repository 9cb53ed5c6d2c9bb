"""Whether an invitation still counts: it does only while whoever made it may invite there."""

from __future__ import annotations

from planner.store import Transaction
from planner.store.invitations import Invitation
from web.access import Permission
from web.accounts.session import user_of


def waiting_invitation(tx: Transaction, token: str) -> Invitation | None:
    """The invitation behind a link; None where it was used, withdrawn, is late, or its maker may no longer invite."""
    found = tx.invitations.invitation(token=token)
    return found if found is not None and may_maker_invite(tx, found) else None


def may_maker_invite(tx: Transaction, invitation: Invitation) -> bool:
    """Whether the maker has an open account and the right to invite there still; the service itself always may."""
    if invitation.invited_by is None:
        return True
    person, user = tx.people.user(user_id=invitation.invited_by), user_of(tx, invitation.invited_by)
    needed = Permission.RUN_THE_HOUSE if invitation.partnership_id is None else Permission.MANAGE_ACCOUNTS
    return person is not None and person.disabled_at is None and user is not None and user.may(needed, invitation.partnership_id)

"""``planner administrator``: a link for one more administrator of the service, for whoever may log in to its machine."""

from __future__ import annotations

import argparse
from typing import Any

from web.commands.why import Command


def add(commands: Any, command: Command) -> None:
    """Add the command to the console script."""
    parser = command(
        commands, "administrator", "print a link that makes one more administrator of the service, where all have lost their way in", "planner administrator"
    )  # fmt: skip
    parser.set_defaults(run=_run)


def _run(_: argparse.Namespace) -> int:
    from planner.store import Role, open_store  # noqa: PLC0415
    from web.settings import Settings  # noqa: PLC0415

    settings = Settings.from_env()
    with open_store(settings.database_url, settings.home) as store, store.begin() as tx:
        token = tx.invitations.invite(partnership_id=None, role=Role.ADMINISTRATOR, invitee="An administrator", by=None)
        tx.events.record(partnership_id=None, by=None, action="invitation made", detail={"role": Role.ADMINISTRATOR, "urn": None})
    print(f"Open the address of the pages with this behind it: /invitations/{token}")
    print("It makes one administrator's account, works once, and can be withdrawn on the page Accounts.")
    return 0

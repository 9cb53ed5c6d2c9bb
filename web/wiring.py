"""The composition root: what the pages read from, built from settings. Tests hand in their own."""

from __future__ import annotations

from dataclasses import dataclass

from web.access import CurrentUser
from web.accounts.link import user_of_session
from web.plans.shelf import PlanFolder, Shelf
from web.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What the app stands on."""

    shelf: Shelf
    current_user: CurrentUser


def wire(settings: Settings) -> Wiring:
    """Everything from settings: plans from the data folder, people by the link."""
    return Wiring(shelf=PlanFolder(settings.plans_folder), current_user=user_of_session)

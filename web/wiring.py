"""The composition root: what the pages stand on, built from settings. Tests hand in their own."""

from __future__ import annotations

from dataclasses import dataclass, field

from planner.store import Store, open_store
from web.openid import Provider
from web.settings import Settings
from web.shelf import Shelf
from web.workshop import Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What the app stands on."""

    store: Store
    shelf: Shelf
    workshop: Workshop = field(default_factory=Workshop)
    provider: Provider | None = None


def wire(settings: Settings) -> Wiring:
    """Everything from settings: the database, and what was read from it before."""
    store = open_store(settings.database_url, settings.home)
    return Wiring(store=store, shelf=Shelf(store), provider=None if settings.provider is None else Provider(settings.provider))

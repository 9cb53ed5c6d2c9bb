"""Proposals before the board."""

from web.proposals.routes import blueprint

__all__ = ["blueprint"]

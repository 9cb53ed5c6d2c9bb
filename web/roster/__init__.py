"""The roster of a plan: who goes where and when, what is asked of it, and what was delivered."""

from web.roster.routes import blueprint

__all__ = ["blueprint"]

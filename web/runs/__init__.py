"""Make a plan: ask for a run, watch it, use its best plan or cancel it."""

from web.runs.routes import blueprint

__all__ = ["blueprint"]

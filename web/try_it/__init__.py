"""Trying other rules beside a plan, in a draft that nobody else can read."""

from web.try_it.routes import blueprint

__all__ = ["blueprint"]

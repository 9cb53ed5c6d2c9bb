"""Requests to let a rule give way, and their answers."""

from web.requests.routes import blueprint

__all__ = ["blueprint"]

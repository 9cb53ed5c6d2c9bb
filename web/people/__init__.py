"""The people of a partnership and the accounts of the house."""

from web.people.routes import blueprint

__all__ = ["blueprint"]

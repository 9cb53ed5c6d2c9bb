"""All that is kept of a partnership, to take away."""

from web.everything.routes import blueprint

__all__ = ["blueprint"]

"""Questions about a line of a school's figures: asked, answered, closed."""

from web.queries.routes import blueprint

__all__ = ["blueprint"]

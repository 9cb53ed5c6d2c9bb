"""The board decides: rules first, then interests, comments, votes, minutes, signatures."""

from web.decide.routes import blueprint

__all__ = ["blueprint"]

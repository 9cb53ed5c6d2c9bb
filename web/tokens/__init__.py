"""Personal tokens: made, listed and ended by the person whose they are."""

from web.tokens.routes import blueprint

__all__ = ["blueprint"]

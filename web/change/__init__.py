"""When things change: a plan made again, and claims on the moderated pot."""

from web.change.routes import blueprint

__all__ = ["blueprint"]

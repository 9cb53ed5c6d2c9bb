"""Where one lands: one's partnerships, and what is done and to do in each."""

from web.home.routes import blueprint

__all__ = ["blueprint"]

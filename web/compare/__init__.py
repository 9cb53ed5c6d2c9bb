"""Two to four plans side by side: who gets more, who gets less, which rules each keeps, and why."""

from web.compare.routes import blueprint

__all__ = ["blueprint"]

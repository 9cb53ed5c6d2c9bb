"""The council's commissioner: every partnership they belong to on one page, and the supply that the council owns."""

from web.council.routes import blueprint

__all__ = ["blueprint"]

"""Packs of files to hand out: the board's, the one for publication, a letter for each school."""

from web.packs.routes import blueprint

__all__ = ["blueprint"]

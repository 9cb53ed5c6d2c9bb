"""A plan changed by hand in its workbook: brought back, audited, perhaps kept beside the others."""

from web.by_hand.routes import blueprint

__all__ = ["blueprint"]

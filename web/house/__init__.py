"""Running the service: whether it is well, its backups, its policy packs."""

from web.house.routes import blueprint

__all__ = ["blueprint"]

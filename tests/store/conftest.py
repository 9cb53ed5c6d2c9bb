"""Every test of the store runs on SQLite and on PostgreSQL, each in a fresh database."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fresh_databases import clock, database, empty_database, home, later, server, sqlite_template, store

__all__ = ["clock", "database", "empty_database", "home", "later", "server", "sqlite_template", "store"]

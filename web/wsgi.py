"""What granian serves: the app, its settings from the environment."""

from __future__ import annotations

from planner.processes import die_with_parent
from web.app import create_app
from web.settings import Settings

die_with_parent()
app = create_app(Settings.from_env())

"""What granian serves: the app, its settings from the environment, and its requests counted where that is asked for."""

from __future__ import annotations

from planner.processes import die_with_parent

die_with_parent()  # before the rest is imported: that takes seconds, in which the parent may go

from web.app import create_app  # noqa: E402
from web.logs import set_up_logs  # noqa: E402
from web.settings import Settings  # noqa: E402
from web.wiring import wire  # noqa: E402

settings = Settings.from_env()
set_up_logs(settings, usual="warning")
wiring = wire(settings)
app = create_app(settings, wiring)
if settings.metrics_port is not None:
    from web.metrics import count_requests

    count_requests(app)

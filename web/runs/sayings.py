"""How times are said while a run goes on."""

from __future__ import annotations

from web.words import count


def duration(seconds: float) -> str:
    """Whole seconds as people say them; ``run.js`` says them the same way as they pass."""
    minutes, rest = divmod(max(int(seconds), 0), 60)
    parts = [*([count(minutes, "minute")] if minutes else []), *([count(rest, "second")] if rest or not minutes else [])]
    return " ".join(parts)

"""Addresses of stylesheets and scripts: vendored ones live under their hash, ours carry it as a version."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, request, url_for

STATIC = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
OURS = ("css/app.css", "favicon.svg", "js/answer.js", "js/copy.js", "js/meeting.js", "js/run.js", "js/try_it.js")


@dataclass(frozen=True, slots=True)
class Assets:
    """File name -> path below static, and version of our own files."""

    vendored: dict[str, str]
    versions: dict[str, str]

    def url(self, name: str) -> str:
        """The address of a file by its name; what was never vendored or listed raises KeyError."""
        if name in self.vendored:
            return url_for("static", filename=f"vendor/{self.vendored[name]}")
        return url_for("static", filename=name, v=self.versions[name])


def read_assets() -> Assets:
    """What is there to serve."""
    rows = json.loads((STATIC / "vendor" / "VENDOR.json").read_text(encoding="utf-8"))
    return Assets(
        vendored={Path(row["file"]).name: row["file"] for row in rows},
        versions={name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:8] for name in OURS},
    )


def serve_assets(app: Flask) -> None:
    """Give templates ``asset(name)``, and let browsers keep what is named by its hash."""
    assets = read_assets()
    app.jinja_env.globals["asset"] = assets.url

    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in {200, 304}:
            named_by_hash = request.path.startswith("/static/vendor/") or request.args.get("v") in assets.versions.values()
            response.headers["Cache-Control"] = FOR_EVER if named_by_hash else "no-cache"
        return response

    app.after_request(keep)

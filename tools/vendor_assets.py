"""Make web/static/vendor and tests/vendor again from npm (developers only; needs Node.js).

Installs exactly what tools/package-lock.json says, compiles the stylesheet in our own face,
copies only what is served or tested with, and writes down each file's hash and licence.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
ROOT = TOOLS.parent
SERVED = ROOT / "web" / "static" / "vendor"
TESTED = ROOT / "tests" / "vendor"
MODULES = TOOLS / "node_modules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One vendored file; ``package_path`` is empty where the file is compiled from the package."""

    name: str
    package: str
    licence: str
    package_path: str = ""


STYLES = Asset(name="planner.css", package="govuk-frontend", licence="MIT")
SCRIPT = Asset(name="govuk-frontend.min.js", package="govuk-frontend", licence="MIT", package_path="dist/govuk/govuk-frontend.min.js")
AXE = Asset(name="axe.min.js", package="axe-core", licence="MPL-2.0", package_path="axe.min.js")


def vendor() -> None:
    """Replace both vendor folders."""
    subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=TOOLS, check=True)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        _compile(made / STYLES.name)
        shutil.copyfile(MODULES / SCRIPT.package / SCRIPT.package_path, made / SCRIPT.name)
        together = hashlib.sha256(b"".join((made / asset.name).read_bytes() for asset in (STYLES, SCRIPT))).hexdigest()[:8]
        _empty(SERVED)
        for asset in (STYLES, SCRIPT):
            place = SERVED / together / asset.name
            place.parent.mkdir(exist_ok=True)
            shutil.copyfile(made / asset.name, place)
    _write_down(SERVED, {f"{together}/{asset.name}": asset for asset in (STYLES, SCRIPT)})
    _empty(TESTED)
    shutil.copyfile(MODULES / AXE.package / AXE.package_path, TESTED / AXE.name)
    _write_down(TESTED, {AXE.name: AXE})


def _compile(target: Path) -> None:
    command = ["npx", "--no-install", "sass", "--style=compressed", "--no-source-map", "planner.scss", str(target)]
    subprocess.run(command, cwd=TOOLS, check=True)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _write_down(folder: Path, assets: dict[str, Asset]) -> None:
    rows, texts = [], []
    for path, asset in assets.items():
        version = json.loads((MODULES / asset.package / "package.json").read_text(encoding="utf-8"))["version"]
        row = {key: value for key, value in asdict(asset).items() if key in {"package", "licence"}}
        rows.append({"file": path, **row, "version": version, "sha256": hashlib.sha256((folder / path).read_bytes()).hexdigest()})
    for package in dict.fromkeys(asset.package for asset in assets.values()):
        licence = next(path for path in (TOOLS / "licences" / f"{package}.txt", MODULES / package / "LICENSE") if path.exists())
        texts.append(f"{package}\n{'=' * len(package)}\n\n{licence.read_text(encoding='utf-8').strip()}\n")
    (folder / "VENDOR.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    (folder / "THIRD_PARTY_LICENCES.txt").write_text("\n\n".join(texts), encoding="utf-8")


if __name__ == "__main__":
    vendor()

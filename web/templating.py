"""How templates are found and filled: a misspelt name fails, and only components may leave options out."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from flask import Flask
from flask.templating import Environment
from govuk_frontend_wtf.main import WTFormsHelpers
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined, Undefined
from jinja2.utils import missing

from planner.words import EHC_RIGHT
from web.access import may, the_user
from web.headers import nonce
from web.navigation import claims_steps, navigation, plans_steps

HERE = Path(__file__).parent
SERVICE_NAME = "Partnership Planner"
DICT_HAS = frozenset(dir(dict))


class StrictNames(StrictUndefined):
    """Every missing name is an error, except options that a call of a component leaves out of its dict."""

    def __new__(cls, hint: str | None = None, obj: Any = missing, name: str | None = None, *_: Any) -> Any:
        """A lenient blank for a missing key of a dict, else a strict one."""
        return Undefined(hint, obj, name) if isinstance(obj, dict) else super().__new__(cls)


class Templates(Environment):
    """Templates that share one dict of globals: a form imports macros hundreds of times, and each time Jinja compares the globals of both sides."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As Jinja has it; but components ask their dicts for options thousands of times a page, and no attribute is there first."""
        if type(obj) is dict and attribute not in DICT_HAS:
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own, but for a template that is given more."""
        return super().make_globals(d) if d else self.globals


def set_up_templates(app: Flask, *, journeys: tuple[str, ...]) -> None:
    """Templates of each journey under its name, then the shared ones, then the components."""
    app.jinja_options = {"undefined": StrictNames, "trim_blocks": True, "lstrip_blocks": True}
    loaders = [
        FileSystemLoader(HERE / "templates"),
        PrefixLoader({journey: FileSystemLoader(HERE / journey / "templates") for journey in journeys}),
        PrefixLoader({name: PackageLoader(name) for name in ("govuk_frontend_jinja", "govuk_frontend_wtf")}),
    ]
    app.jinja_loader = ChoiceLoader(loaders)
    WTFormsHelpers(app)
    app.jinja_env.globals.update(
        service_name=SERVICE_NAME, csp_nonce=nonce, the_user=the_user, may=may, navigation=navigation, plans_steps=plans_steps, claims_steps=claims_steps,
        ehc_right=EHC_RIGHT,
    )  # fmt: skip

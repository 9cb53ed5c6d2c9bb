"""Headings of a council's own returns, by financial year: which money and which places stand under which of them.

They are a pack of their own beside the policy: a year's headings are published after many a plan that reaches into it is
signed, so they may change and no signed plan does. A heading keeps the year, source, date and confidence it was read with.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

from planner.errors import InputMustBeMended
from planner.partnership import BaseKind, FundSource, FundUse
from planner.policy import CONFIDENCES

DEFAULT_LINES = "england-council-lines"
COUNTS = ("pounds", "places")
MAINTAINED, ACADEMY, NOT_SAID = "maintained", "academy", "not said"
MAINTENANCE = (MAINTAINED, ACADEMY, NOT_SAID)
"""Whether the council maintains a school, as far as the figures say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One return or plan of a council; it counts pounds or places."""

    form_id: str
    name: str
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """One heading of a form, as it was read in the return of ``year`` (blank: not said)."""

    heading_id: str
    form_id: str
    line: str
    name: str
    year: str
    source: str
    date: str
    confidence: str

    @property
    def label(self) -> str:
        """Its line and name."""
        return f"{self.line} {self.name}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """What a rule asks of money or places; what does not apply is blank."""

    source: str = ""
    use: str = ""
    role: str = ""
    school: str = ""
    kind: str = ""
    is_funded: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRule:
    """What stands under a heading of a form in some financial years, or because of what it stands under none.

    An empty list of wishes fits anything.
    """

    form_id: str
    years: tuple[str, ...]
    sources: tuple[str, ...]
    uses: tuple[str, ...]
    roles: tuple[str, ...]
    schools: tuple[str, ...]
    kinds: tuple[str, ...]
    is_funded: bool | None
    heading_id: str
    because: str

    def fits(self, placing: Placing) -> bool:
        """Whether the rule is about this."""
        asked = (
            (self.sources, placing.source), (self.uses, placing.use), (self.roles, placing.role),
            (self.schools, placing.school), (self.kinds, placing.kind),
        )  # fmt: skip
        return all(not wanted or has in wanted for wanted, has in asked) and self.is_funded in {None, placing.is_funded}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The heading that something stands under; None with why not."""

    heading: Heading | None
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CouncilHeadings:
    """The whole pack."""

    pack_id: str
    title: str
    version: int
    date: str
    forms: tuple[Form, ...]
    headings: tuple[Heading, ...]
    rules: tuple[LineRule, ...]

    def forms_of(self, counts: str) -> tuple[Form, ...]:
        """The forms that count pounds, or places."""
        return tuple(form for form in self.forms if form.counts == counts)

    def headings_of(self, form: Form) -> tuple[Heading, ...]:
        """The headings of a form, in the pack's order."""
        return tuple(heading for heading in self.headings if heading.form_id == form.form_id)

    def knows(self, form: Form, year: str) -> bool:
        """Whether the pack says anything of a form in a financial year."""
        return any(rule.form_id == form.form_id and year in rule.years for rule in self.rules)

    def place(self, form: Form, year: str, placing: Placing) -> Placed:
        """Where money or places stand in a form of a financial year: under the heading of the first rule that fits."""
        if not self.knows(form, year):
            return Placed(heading=None, because=f"This pack has no headings of the {form.name} for {year}: {self.wanted(year)}")
        for rule in self.rules:
            if rule.form_id == form.form_id and year in rule.years and rule.fits(placing):
                found = next((h for h in self.headings if h.heading_id == rule.heading_id), None)
                return Placed(heading=found, because=rule.because)
        return Placed(heading=None, because=f"No rule of the pack for {year} is about it")

    def wanted(self, year: str) -> str:
        """Which pack would have a year that this one lacks."""
        return f"a version of {self.pack_id} after {self.version} with headings for {year} is needed"


def load_headings(path: Path | None = None) -> CouncilHeadings:
    """The shipped headings, or a file of the same form in their place. Raises ``InputMustBeMended`` with one sentence."""
    return _shipped() if path is None else _read(path)


@functools.cache
def _shipped() -> CouncilHeadings:
    text = files("planner.policy_packs").joinpath(f"{DEFAULT_LINES}.toml").read_text(encoding="utf-8")
    return headings_from_document(tomllib.loads(text))


def _read(path: Path) -> CouncilHeadings:
    try:
        with path.open("rb") as file:
            document = tomllib.load(file)
    except OSError as error:
        raise InputMustBeMended(f"The file of headings {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputMustBeMended(f"The file of headings {path} is not valid TOML: {error}. Mend that line and try again.") from error
    except (ValueError, RecursionError) as error:
        raise InputMustBeMended(f"The file of headings {path} holds a number or a table too large to be true.") from error
    return headings_from_document(document)


def headings_from_document(document: Mapping[str, Any]) -> CouncilHeadings:
    """Headings from a document. Raises ``InputMustBeMended`` naming the first thing that cannot be right."""
    _only(document, "the file", ("id", "title", "version", "date", "forms", "headings", "rules"))
    forms = tuple(_form(form_id, table) for form_id, table in _tables(document, "forms"))
    headings = tuple(_heading(heading_id, table, forms) for heading_id, table in _tables(document, "headings"))
    listed = document.get("rules")
    if not isinstance(listed, list) or not listed:
        _refuse("rules must each be a table headed [[rules]].")
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        _refuse("version must be a whole number, at least 1.")
    return CouncilHeadings(
        pack_id=_text(document, "id", "the file"), title=_text(document, "title", "the file"), version=version,
        date=_text(document, "date", "the file"), forms=forms, headings=headings,
        rules=tuple(_rule(number, table, forms, headings) for number, table in enumerate(listed, start=1)),
    )  # fmt: skip


# --- what the pack may hold ------------------------------------------------------------------


def _form(form_id: str, table: Mapping[str, Any]) -> Form:
    where = f"forms.{form_id}"
    _only(table, where, ("name", "counts"))
    return Form(form_id=form_id, name=_text(table, "name", where), counts=_one_of(_text(table, "counts", where), COUNTS, f"{where}.counts"))


def _heading(heading_id: str, table: Mapping[str, Any], forms: Sequence[Form]) -> Heading:
    where = f"headings.{heading_id}"
    _only(table, where, ("form", "line", "name", "year", "source", "date", "confidence"))
    form_id = _one_of(_text(table, "form", where), [form.form_id for form in forms], f"{where}.form")
    year = _text(table, "year", where, may_be_blank=True)
    if year:
        _check_year(year, f"{where}.year")
    return Heading(
        heading_id=heading_id, form_id=form_id, line=_text(table, "line", where, may_be_blank=True), name=_text(table, "name", where),
        year=year, source=_text(table, "source", where), date=_text(table, "date", where, may_be_blank=True),
        confidence=_one_of(_text(table, "confidence", where), CONFIDENCES, f"{where}.confidence"),
    )  # fmt: skip


def _rule(number: int, table: Any, forms: Sequence[Form], headings: Sequence[Heading]) -> LineRule:
    where = f"rule {number}"
    if not isinstance(table, Mapping):
        _refuse("rules must each be a table headed [[rules]].")
    _only(table, where, ("form", "years", "sources", "uses", "roles", "schools", "kinds", "is_funded", "heading", "because"))
    form_id = _one_of(_text(table, "form", where), [form.form_id for form in forms], f"{where}, form")
    years = _texts(table, "years", where)
    if not years:
        _refuse(f"{where} must say for which years it is.")
    for year in years:
        _check_year(year, f"{where}, years")
    if ("heading" in table) == ("because" in table):
        _refuse(f"{where} must have either a heading or a because.")
    heading_id = ""
    if "heading" in table:
        own = [heading.heading_id for heading in headings if heading.form_id == form_id]
        heading_id = _one_of(_text(table, "heading", where), own, f"{where}, heading")
    is_funded = table.get("is_funded")
    if not isinstance(is_funded, bool | None):
        _refuse(f"{where}, is_funded must be true or false.")
    return LineRule(
        form_id=form_id, years=years, roles=_texts(table, "roles", where), is_funded=is_funded, heading_id=heading_id,
        sources=_texts(table, "sources", where, tuple(FundSource)), uses=_texts(table, "uses", where, tuple(FundUse)),
        schools=_texts(table, "schools", where, MAINTENANCE), kinds=_texts(table, "kinds", where, tuple(BaseKind)),
        because=_text(table, "because", where) if "because" in table else "",
    )  # fmt: skip


def _refuse(sentence: str) -> NoReturn:
    raise InputMustBeMended(f"The council headings cannot be used: {sentence}")


def _tables(document: Mapping[str, Any], name: str) -> list[tuple[str, Mapping[str, Any]]]:
    found = document.get(name)
    if not isinstance(found, Mapping) or not found or not all(isinstance(table, Mapping) for table in found.values()):
        _refuse(f"{name} must hold tables, each headed [{name}.NAME].")
    return list(found.items())


def _only(table: Mapping[str, Any], where: str, known: Sequence[str]) -> None:
    strangers = sorted(set(table) - set(known))
    if strangers:
        _refuse(f"{where} has {strangers[0]}, which is none of {', '.join(known)}.")


def _text(table: Mapping[str, Any], name: str, where: str, *, may_be_blank: bool = False) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not (value.strip() or may_be_blank):
        _refuse(f"{where} must have a {name}, in words.")
    return value


def _texts(table: Mapping[str, Any], name: str, where: str, choices: Sequence[str] = ()) -> tuple[str, ...]:
    value = table.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        _refuse(f"{where}, {name} must be a list of words.")
    return tuple(_one_of(one, choices, f"{where}, {name}") if choices else one for one in value)


def _one_of(value: str, choices: Sequence[str], what: str) -> str:
    if value not in choices:
        _refuse(f"{what} must be one of {', '.join(choices)}; it is '{value}'.")
    return str(value)


def _check_year(year: str, what: str) -> None:
    if not re.fullmatch(r"\d{4}-\d{2}", year, re.ASCII) or (int(year[:4]) + 1) % 100 != int(year[5:]):
        _refuse(f"{what} must be a financial year, such as 2026-27; it is '{year}'.")

"""The words of the page about the council's own supply in one partnership."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.partnership import Base, BaseKind, Partnership, Service
from web.council.presenters import is_councils
from web.plans.presenters.cells import whole
from web.shelf import Figures
from web.tables import TableCell, TableView, numbers, row, table, words
from web.words import count, listed, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyView:
    """The page; without figures there is nothing to add to yet."""

    partnership: str
    sentence: str
    posts: TableView | None
    bases: TableView | None
    post_href: str
    base_href: str


def own_services(p: Partnership) -> tuple[Service, ...]:
    """The services that the council gives, by their employer or whom to ask."""
    return tuple(one for one in p.services if is_councils(p, one.employer, one.request_to))


def own_bases(p: Partnership) -> tuple[Base, ...]:
    """The bases that the council commissions."""
    return tuple(one for one in p.bases if one.kind is BaseKind.SPECIALIST)


def supply_view(figures: Figures | None, partnership_id: int) -> SupplyView:
    """What the newest figures hold of the council's own."""
    if figures is None:
        return SupplyView(
            partnership="The partnership", sentence="The partnership has no figures yet. Once its administrator brings them, you can add what the council gives.",
            posts=None, bases=None, post_href="", base_href="",
        )  # fmt: skip
    p = figures.world.partnership
    names = {s.service_id: s.name for s in own_services(p)}
    schools = {school.urn: school.name for school in p.schools}
    needs = {need.code: need.name for need in figures.world.policy.need_types}
    posts = [one for one in p.people if one.service_id in names]

    def way(what: str, key: str, name: str) -> TableCell:
        href = url_for(f"council.{what}", partnership_id=partnership_id, **{what: key})  # type: ignore[arg-type]
        return TableCell(text="Change", href=href, hidden=f" {name}")

    return SupplyView(
        partnership=p.name,
        sentence=f"In version {figures.version.version} of the figures, of {moment(figures.version.made_at)}: "
        f"{count(len(posts), 'post')} in {count(len(names), 'service')} of the council, and {count(len(own_bases(p)), 'specialist base')}.",
        posts=table(
            "Posts in the council's services",
            (*words("Post", "Service"), *numbers("Half-days a year", "Of these, statutory"), *words("What you can do")),
            [
                row(
                    f"{one.name} (vacant)" if one.is_vacant else one.name, names[one.service_id], whole(one.sessions_a_year),
                    whole(one.statutory_sessions), way("post", one.person_id, one.name),
                )
                for one in posts
            ],
            empty="No post of a service of the council is in the figures.",
        ),
        bases=table(
            "Specialist bases that the council decides on",
            (*words("Base", "Host", "Is for"), *numbers("Places now", "Pupils there now"), *words("What you can do")),
            [
                row(
                    one.name, schools[one.host_urn], listed([needs.get(code, code) for code in one.needs]),
                    whole(one.places_now) if one.is_open else "not open", whole(one.pupils_now), way("base", one.base_id, one.name),
                )
                for one in own_bases(p)
            ],
            empty="No specialist base is in the figures.",
        ),
        post_href=url_for("council.post", partnership_id=partnership_id),
        base_href=url_for("council.base", partnership_id=partnership_id),
    )  # fmt: skip

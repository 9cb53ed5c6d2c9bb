"""What stands round every page of the figures: whose they are, which version, the way to the other pages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from flask import url_for

from planner.intake.sheets import Sheet
from planner.need import Picture
from planner.partnership import Partnership
from planner.policy import Policy
from web.figures.provenance import Provenance, source_text
from web.navigation import Step, figures_steps
from web.shelf import Figures
from web.tables import TableCell, TableView, row, table, words
from web.words import moment

PARENTS = {"figures.school": "figures.schools", "figures.zone": "figures.need", "figures.policy_figures": "figures.sources"}


@dataclass(frozen=True)
class Brought:
    """One version of what a partnership brought, as its pages use it."""

    figures: Figures
    latest_version: int

    @property
    def partnership(self) -> Partnership:
        """What was brought."""
        return self.figures.world.partnership

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.figures.world.policy

    @property
    def picture(self) -> Picture:
        """The need that both make."""
        return self.figures.world.picture

    @property
    def partnership_id(self) -> int:
        """Whose it is."""
        return self.figures.version.partnership_id

    @property
    def version(self) -> int:
        """Which version is shown."""
        return self.figures.version.version

    @property
    def is_newest(self) -> bool:
        """Whether nothing newer was brought."""
        return self.version == self.latest_version

    @cached_property
    def provenance(self) -> Provenance:
        """Where each figure comes from."""
        return Provenance(self.partnership)

    @cached_property
    def names(self) -> dict[int, str]:
        """URN -> name."""
        return {s.urn: s.name for s in self.partnership.schools}

    @property
    def older_version(self) -> int | None:
        """The version as addresses name it: only where it is not the newest."""
        return None if self.is_newest else self.version

    def url(self, endpoint: str, **more: object) -> str:
        """The address of a page of these figures; of an older version, where that is what is shown."""
        return url_for(endpoint, partnership_id=self.partnership_id, version=self.older_version, **more)  # type: ignore[arg-type]

    def school_link(self, urn: int) -> TableCell:
        """A school's name, leading to its figures."""
        return TableCell(text=self.names[urn], href=self.url("figures.school", urn=urn))

    def shown(self, sheet: Sheet, record: object, field: str, text: str) -> str:
        """A figure's text, saying so where it is assumed."""
        return f"{text}, assumed" if self.provenance.of(sheet, record, field).is_assumed else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame of a page of the figures."""

    partnership: str
    academic_year: str
    steps: tuple[Step, ...]
    back: Step | None
    is_illustrative: bool
    is_newest: bool
    older: str
    newest_href: str
    state: str


def frame(brought: Brought, endpoint: str, **where: object) -> Frame:
    """The frame of the page at an endpoint; ``where`` is what else its address names."""
    p, version = brought.partnership, brought.figures.version
    steps = figures_steps(brought.partnership_id, PARENTS.get(endpoint, endpoint), version=brought.older_version)
    note = f" ({version.note})" if version.note else ""
    policy = f"policy version {brought.figures.policy_version}" if brought.figures.policy_version else "the policy pack as it is shipped"
    return Frame(
        partnership=p.name,
        academic_year=p.academic_year,
        steps=steps,
        back=next(step for step in steps if step.is_here) if endpoint in PARENTS else None,
        is_illustrative=p.is_illustrative(),
        is_newest=brought.is_newest,
        older=f"This is version {version.version} of the figures. Version {brought.latest_version} is newer.",
        newest_href=url_for(endpoint, partnership_id=brought.partnership_id, **where),  # type: ignore[arg-type]
        state=f"Figures version {version.version}, brought {moment(version.made_at)}{note}; need worked out with {policy}, {brought.policy.title}.",
    )


def sources_table(brought: Brought, *sheets: str, caption: str = "Where these figures come from") -> TableView:
    """The sources of some sheets (none named: of all), the assumed ones first."""
    lines = [line for line in brought.provenance.lines() if not sheets or line.sheet in sheets]
    rows = [
        row(
            f"{line.sheet}: {line.column}",
            line.rows,
            TableCell(text="assumed", tag="yellow") if line.is_assumed else line.standing,
            source_text(line.source, line.date),
        )
        for line in lines
    ]
    return table(
        caption,
        words("Figure", "For which rows", "Status", "Source and date"),
        rows,
        empty="No source was given: these figures are as they were uploaded.",
        is_caption_hidden=True,
    )

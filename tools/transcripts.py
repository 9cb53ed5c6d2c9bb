"""Writes docs/transcripts: what the engine answers on the demonstration and on 25 real schools.

``python tools/transcripts.py demonstration`` needs nothing else; ``python tools/transcripts.py real --reference FOLDER``
needs the reference data. Real schools lose their names and numbers before anything is planned, so that nothing of
the published rows is repeated. Answers longer than a page are cut, and say so.
"""

from __future__ import annotations

import argparse
import csv
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DEMONSTRATION = ROOT / "fixtures" / "demonstration"
OUT = ROOT / "docs" / "transcripts"
MOST_LINES = 30
MOST_OF = {"policy": 9, "values": 48}
WIDEST = 900
WORDS_OF_WHY = len(("planner", "why", "plan.json", "--school", "URN"))
FIRST_URN = 900_001
AREA = "Surrey"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One capability: what it is, and the commands that show it."""

    title: str
    words: str
    commands: tuple[str, ...]


def main(arguments: Sequence[str]) -> int:
    """Write one transcript."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=("demonstration", "real"))
    parser.add_argument("--reference", type=Path, default=ROOT.parent / "shared" / "data")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        if options.which == "demonstration":
            shutil.copytree(DEMONSTRATION, where / "demonstration")
            shutil.copytree(DEMONSTRATION, where / "with-packs")
            (where / "with-packs" / "Offers.csv").write_text(OFFERS, encoding="utf-8")
            title, about, name = "The demonstration partnership", _ABOUT_DEMONSTRATION, "demonstration"
            names = {
                "IN": "demonstration --policy demonstration/policy.toml", "PACKS": "with-packs", "SCHOOL": "900103", "LEAVER": "900107",
                "PERSON": "ep2", "STAYS": "ep1", "SERVICE": "slt_nhs", "STANDARD": "slt_programme_primary", "FUND": "imf", "GRANT": "36000", "MANY": "60", "SOME": "16",
            }  # fmt: skip
        else:
            names = _unnamed(options.reference, where)
            title, about, name = "Twenty-five real schools", _ABOUT_REAL, "twenty-five-schools"
        (where / "all-the-rules.toml").write_text(RULES[options.which], encoding="utf-8")
        (where / "offers.csv").write_text(OFFERS, encoding="utf-8")
        page = _page(title, about, [_shown(part, names, where) for part in PARTS])
    OUT.mkdir(exist_ok=True)
    (OUT / f"{name}.md").write_text(page, encoding="utf-8")
    print(f"Written: docs/transcripts/{name}.md")
    return 0


def _page(title: str, about: str, parts: Sequence[str]) -> str:
    return f"# {title}: the engine's answers\n\n{about}\n\n" + "\n".join(parts)


def _shown(part: Part, names: Mapping[str, str], where: Path) -> str:
    lines = [f"## {part.title}", "", part.words, ""]
    for command in part.commands:
        for name, value in names.items():
            command = command.replace("{" + name + "}", value)  # noqa: PLW2901
        lines += ["```text", f"$ {command}", *_printed(command, where), "```", ""]
    return "\n".join(lines)


def _printed(command: str, where: Path) -> list[str]:
    """What a command prints, cut to a page."""
    print(command, file=sys.stderr)
    words = shlex.split(command)
    if words[0] == "cat":
        return (where / words[1]).read_text(encoding="utf-8").splitlines()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "160"}
    done = subprocess.run(
        [sys.executable, "-m", "web.command_line", *words[1:]],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    lines = [line if len(line) <= WIDEST else f"{line[: WIDEST - 3]}..." for line in (done.stdout or done.stderr).rstrip().splitlines()]
    if done.returncode not in {0, 2}:
        raise SystemExit(f"{command} ended with {done.returncode}: {done.stderr}")
    if words[1] == "why" and len(words) > WORDS_OF_WHY:  # the first part is that of the school's other answer
        at = next(number for number, line in enumerate(lines) if line.startswith("Why not: "))
        lines = [f"... {at} lines as above", *lines[at:]]
    most = MOST_OF.get(words[1], MOST_LINES)
    return lines if len(lines) <= most else [*lines[:most], f"... and {len(lines) - most} lines more"]


# --- 25 real schools without their names ------------------------------------------------------


def _unnamed(reference: Path, where: Path) -> dict[str, str]:
    """Twenty-five neighbouring schools of an area as two workbooks, each school with a number for a name; the second sells packs."""
    from optimisation.bench import _world  # noqa: PLC0415
    from optimisation.roster_bench import with_people  # noqa: PLC0415
    from planner.export.partnership_workbook import write_partnership_workbook  # noqa: PLC0415
    from planner.partnership import Bound, DecisionRight, Draw, HeadRule, Offer, OfferKind, Person, Pot  # noqa: PLC0415

    partnership = with_people(_world(reference, AREA, 25, None), seed=2).partnership
    new = {school.urn: FIRST_URN + number for number, school in enumerate(partnership.schools)}
    titles = {school.urn: f"{school.phase.value.capitalize()} school {new[school.urn] - FIRST_URN + 1}" for school in partnership.schools}
    ids = {base.base_id: f"base_{number}" for number, base in enumerate(partnership.bases, start=1)}

    def moved(noun: Any) -> Any:
        changes: dict[str, Any] = {
            name: new.get(getattr(noun, name)) for name in ("urn", "host_urn", "based_at_urn") if getattr(noun, name, None) is not None
        }
        for one in fields(noun):
            if isinstance(text := getattr(noun, one.name), str) and AREA in text:
                changes[one.name] = text.replace(f" ({AREA})", "")
        return replace(noun, **changes)

    schools = tuple(
        replace(moved(school), name=titles[school.urn], trust="", religious_character="", recorded_sen_urn=None, note="")
        for school in partnership.schools
    )
    bases = tuple(replace(moved(b), base_id=ids[b.base_id], name=f"Base at {titles[b.host_urn]}") for b in partnership.bases)
    rows = ("recorded_needs", "contributions", "people", "host_conditions", "last_year", "last_year_links", "services", "funds")
    unnamed = replace(
        partnership, name="Twenty-five schools", council="", accountable_body="", lead_school_urn=None, schools=schools, bases=bases,
        queries=(), sources=(), **{name: tuple(moved(row) for row in getattr(partnership, name)) for name in rows},
    )  # fmt: skip
    unnamed = replace(
        unnamed,
        head_rules=(
            HeadRule(rule_id="talk", urn=FIRST_URN + 9, item="slt", bound=Bound.AT_LEAST, amount=20, reason="Two groups run to July"),
            HeadRule(rule_id="own", urn=FIRST_URN + 14, item="specialist_teacher", bound=Bound.AT_MOST, amount=12, reason="We have our own"),
        ),
        draws=tuple(
            Draw(draw_id=f"D{number}", date=day, pot=pot, pounds=pounds, urn=FIRST_URN + at, what_for=what)
            for number, (day, pot, pounds, at, what) in enumerate((
                ("2026-09-21", Pot.MODERATED, 2400, 23, "Extra adult for a first half-term"),
                ("2026-10-12", Pot.MODERATED, 3100, 9, "Shared assistant and supply cover"),
                ("2026-11-09", Pot.MODERATED, 2800, 13, "Start of a small group until February"),
                ("2026-11-13", Pot.CONTINGENCY, 3500, 15, "Supply psychologist days"),
            ), start=1)
        ),
    )  # fmt: skip
    write_partnership_workbook(unnamed, where / "schools.xlsx")
    bought = replace(
        unnamed.services[1], service_id="slt_pack", name="Speech and language packs", employer="An independent practice",
        price_pounds_per_session=190, decision_right=DecisionRight.OURS, request_to="",
    )  # fmt: skip
    therapist = Person(person_id="slt_pack1", service_id="slt_pack", name="Independent therapist, one day a week", sessions_a_year=54)
    offers = tuple(
        Offer(
            offer_id=row["Offer"], service_id="slt_pack", name=row["Name"], kind=OfferKind(row["Kind"]),
            sessions=int(row["Half-days"]), pounds=int(row["Pounds"]),
        )
        for row in csv.DictReader(OFFERS.splitlines())
    )  # fmt: skip
    packs = replace(unnamed, services=(*unnamed.services, bought), people=(*unnamed.people, therapist), offers=offers)
    write_partnership_workbook(packs, where / "with-packs.xlsx")
    first, second = [one.person_id for one in unnamed.people if one.service_id == "ep"][:2]
    return {
        "IN": "schools.xlsx", "PACKS": "with-packs.xlsx", "SCHOOL": str(FIRST_URN + 1), "LEAVER": str(FIRST_URN + 5), "PERSON": second,
        "STAYS": first, "SERVICE": "slt", "STANDARD": "slt_programme_primary", "FUND": "imf", "GRANT": "36000", "MANY": "220", "SOME": "10",
    }  # fmt: skip


# --- what is shown ------------------------------------------------------------------------------

_ABOUT_DEMONSTRATION = (
    "Twelve invented schools (`fixtures/demonstration`). Written by `python tools/transcripts.py demonstration`; long answers are cut, and seconds are those of the day. "
    "Beside it: [twenty-five real schools](twenty-five-schools.md), [ten questions](../ten-questions.md), whose answers a test compares."
)
_ABOUT_REAL = (
    "Twenty-five neighbouring schools of one county, from the published files, with assumed people and funds (`planner build`). Names and numbers "
    "are taken off before planning; two heads' rules, four draws and who works where are made up. Written by `python tools/transcripts.py real`; "
    "long answers are cut, and seconds are those of the day. Beside it: "
    "[the demonstration](demonstration.md)."
)

OFFERS = """\
Offer,Service,Name,Kind,Half-days,Pounds,Most bought
slt_20,slt_pack,Pack of 20,package,20,3500,
slt_10,slt_pack,Pack of 10,package,10,1850,
"""
_RULES = """\
[board]
money_floor_percent = {money_floor}
money_cap_percent = 60
sessions_floor_percent = -50
sessions_cap_percent = 150
money_taper_years = 3
money_taper_year = 1
cohort_fill_percent = 75
next_year_affordable_percent = 100
{pots}
[bases]
lead_in_months = 2

[rules]
host_share = true
phase_balance = true
secondaries_in_proportion = true
sessions_cap = true
standard_floor = true
no_worse_outside = true
next_year_affordable = true

[board.standard_floors]
neli_reception = 40
elsa_primary = 30

[prices]
phase_balance = 0.1
secondaries_in_proportion = 0.2
next_year_affordable = 0.0001
sessions_cap = 0.05
"""
RULES = {
    "demonstration": _RULES.format(money_floor=-10, pots="contingency_percent = 5\nmoderated_pot_percent = 8\n"),
    "real": _RULES.format(money_floor=-20, pots=""),
}
PARTS: tuple[Part, ...] = (
    Part(
        title="1. All the rules",
        words="First the plan under the board's own settings, which all later answers are about, and what its protections cost. Then one under a policy "
        "that switches on every rule that is off as shipped and gives four of them a price, on figures in which therapy comes in packs. "
        "Look for where a rule gives way and at what price, for what the last plan buys, and for how near each plan is to the best.",
        commands=(
            "planner plan {IN} --time-limit 180 --json plan.json",
            "planner values plan.json --protection",
            "cat all-the-rules.toml",
            "planner policy check --policy all-the-rules.toml",
            "planner policy show --policy all-the-rules.toml",
            "cat offers.csv",
            "planner plan {PACKS} --policy all-the-rules.toml --time-limit 180 --json all.json",
            "planner audit all.json",
        ),
    ),
    Part(
        title="2. Fairness, honestly claimed",
        words="Plans from the fairest to the one that meets most need, none beaten in both; in brackets, what no plan can be below. "
        "Then the fifth of need furthest from the standard with its bound, and what may be claimed of this plan and what may not. "
        "The second answer is about doses a fifth lower and higher: which schools change.",
        commands=("planner frontier plan.json", "planner values plan.json --doses"),
    ),
    Part(
        title="3. Names",
        words="Who gives the half-days, in which half-term, to whom; one link practitioner for each school and service. "
        "It is a proposal wherever the service is not the partnership's own. Then one person's year and one school's.",
        commands=("planner roster plan.json", "planner roster plan.json --person {STAYS}", "planner roster plan.json --school {SCHOOL}"),
    ),
    Part(
        title="4. Why, why not, what would it take",
        words="What each rule adds to the shortfall and what would then change for one school, between two proved numbers. "
        "Then a standard the school would like met in full, and a grant it would like to have: what stands in the way, who would have less, and what would give it.",
        commands=(
            "planner why plan.json --school {SCHOOL}",
            "planner why plan.json --school {SCHOOL} --standard {STANDARD} 100",
            "planner why plan.json --school {SCHOOL} --more grant 9000",
        ),
    ),
    Part(
        title="5. Impossible",
        words="Two wishes that cannot be: the smallest set of rules that clash, then up to three ways to make room that move different rules, "
        "each with who may grant it and what the plan then comes to.",
        commands=(
            "planner mends plan.json --wish {SCHOOL} grant at-least {GRANT}",
            "planner mends plan.json --wish {SCHOOL} {SERVICE} at-least {MANY}",
        ),
    ),
    Part(
        title="6. Least-disturbance replan",
        words="Five changes: a psychologist leaves in January, a school leaves, a tenth less money, a quarter of a service vacant, twenty more assessments. "
        "Each shows the need below the line against the number of schools disturbed. What is finished stays given; "
        "where the rules cannot all hold, what gives way first is named with who must agree.",
        commands=(
            "planner replan plan.json --leaves {PERSON} --from 3 --time-limit 150",
            "planner replan plan.json --school-leaves {LEAVER} --from 3 --time-limit 150",
            "planner replan plan.json --money -10 --time-limit 150",
            "planner replan plan.json --vacant {SERVICE} 25 --from 3 --time-limit 150",
            "planner replan plan.json --statutory educational_psychologist 20 --half-days-each 5.8 --from 3 --time-limit 150",
        ),
    ),
    Part(
        title="7. Values",
        words="What the next half-days of each service, the next steps of £10,000 in each fund and more places in each base would be worth, each searched again "
        "and shown step by step: the second is often worth less than the first. In brackets, what is proved.",
        commands=("planner values plan.json",),
    ),
    Part(
        title="8. What-if in three speeds",
        words="A higher line, more money and a school's wish, each answered three times: money alone, an estimate in which everything may be split, and a plan "
        "in whole numbers with its bound. Need below the line comes first, so more of that met may mean fewer standards met in full above it. "
        "The browser asks through the same interface.",
        commands=(
            "planner what-if plan.json --set board.line_percent=75 --time-limit 60",
            "planner what-if plan.json --fund {FUND}=+10000 --time-limit 60",
            "planner what-if plan.json --wish {SCHOOL} {SERVICE} at-least {SOME} --time-limit 60",
        ),
    ),
    Part(
        title="9. Pots",
        words="What of the money is shared for the year, released each half-term and held back; what was drawn, what is left, and when each pot would run dry. "
        "Then a claim of £4,000: what it would buy, and when it can be paid.",
        commands=(
            "planner pots plan.json --on 2026-11-20 --claim 4000",
            "planner pots plan.json --on 2026-11-20 --claim 9000 --from contingency",
        ),
    ),
    Part(
        title="10. Certificate",
        words="The bound proved again in exact arithmetic without the solver, beside the check of every figure and rule. "
        "Where the certificate stops short of the solver's bound, the audit says how much is the solver's word.",
        commands=("planner audit plan.json --certificate",),
    ),
    Part(
        title="11. The board's ten questions",
        words="Worked through on the demonstration in [ten questions](../ten-questions.md); each answer is one of these commands, and a test runs them.",
        commands=(),
    ),
)

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

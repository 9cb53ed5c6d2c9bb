"""The plan's workbook in somebody else's hands: worked out again it says the same, and one wrong amount turns its rule's check red."""

import io
from collections import defaultdict
from dataclasses import dataclass, replace
from random import Random

import openpyxl
import pytest
from planning import answer_number, plan_of, world_number
from recalculating import Sheets, disagreements, recalculated, with_number, with_result
from test_plan_workbook import AMOUNTS, MARKS, a_partnership

from optimisation.impossible import Impossible
from planner.audit import breaches
from planner.export.plan_facts import Facts
from planner.export.plan_workbook import NOT_KEPT, plan_workbook
from planner.measures import SPENDING_USES
from planner.need import World, world_of
from planner.partnership import FundUse
from planner.plan import Amounts, Baseline, Ending, Level, Plan
from planner.policy import load_policy
from planner.rules import RULES

SUMS = "adds_up"
FOLLOWED = {"time_bought"}
"""What the audit works out anew from any amounts, and a workbook does not: more given than its sheet Buying bought is red there."""
USES = {FundUse.SPECIALIST_TIME: "Specialist time", FundUse.BASE_RUNNING: "Running bases", FundUse.BASE_OPENING: "Opening bases", FundUse.CONTINGENCY: "Contingency"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """A plan, its world and its workbook."""

    plan: Plan
    world: World
    book: Sheets


def made(plan, world):
    return Made(plan, world, Sheets(plan_workbook(Facts(plan, world), **MARKS)))


def made_by_hand():
    world = world_of(a_partnership(), load_policy())
    less = replace(AMOUNTS, grants={(900001, "imf"): 1_200}, need_met={})
    return made(
        Plan(
            amounts=AMOUNTS, ending=Ending.WITHIN_GAP, bound_points=12.349, engine="by hand", seconds=0.5,
            levels=(Level(name="shortfall", achieved_points=60.0, bound_points=12.349, tolerance_points=0.1, seconds=0.4, nodes=3),),
            baselines=(Baseline(name="formula", title="Formula share", amounts=less, rules_broken=("money_floor",)),),
        ), world,
    )  # fmt: skip


def made_by_the_solver(count):
    """The first plans of the random worlds that have one."""
    found = []
    for seed in range(10 * count):
        answer = answer_number(seed)
        if not isinstance(answer, Impossible):
            found.append(made(plan_of(world_number(seed), answer), world_number(seed)))
        if len(found) == count:
            return found
    raise AssertionError("too few of the random worlds have a plan")


@pytest.fixture(scope="module")
def plans():
    return [made_by_hand(), *made_by_the_solver(1)]


def amounts_in(book, world):
    """Every cell of a workbook that holds an amount of the plan: which amounts, which of them, where."""
    p = world.partnership
    for row in book.rows("School", "URN", "Net"):
        urn = book.values[row["URN"]]
        yield from (("grants", (urn, f.fund_id), row[f"Grant: {f.name}"]) for f in p.funds if f"Grant: {f.name}" in row)
        yield from (("sessions", (str(urn), s.service_id), row[s.name]) for s in p.services if s.name in row)
    urns, zones = {s.name: str(s.urn) for s in p.schools}, {f"Zone {z.zone_id}": z.zone_id for z in world.picture.zones}
    for row in book.rows("School or zone", "Service id", "Half-days"):
        who = book.values[row["School or zone"]]
        recipient = urns[who] if book.values[row["Is a"]] == "school" else zones.get(who, who)
        yield "sessions", (recipient, book.values[row["Service id"]]), row["Half-days"]
    for row in book.rows("Planned places", "Host school"):
        yield "base_sizes", book.values[row["Id"]], row["Planned places"]
    standards = {s.name: s.standard_id for s in world.policy.standards}
    for row in book.rows("Places given", "Base id"):
        zone = book.values[row["Zone"]]
        cell = f"{zones.get(zone, zone)}:{standards[book.values[row['Standard']]]}"
        yield "places", (book.values[row["Base id"]], cell), row["Places given"]
    for row in book.rows("Fund id", "Financial year", "Carried in"):
        year = p.financial_years.index(book.values[row["Financial year"]]) + 1
        yield from (("spending", (book.values[row["Fund id"]], year, use), row[USES[use]]) for use in SPENDING_USES)
    for row in book.rows("Fund id", "Half-term 1", "Half-term 6"):
        yield from (("pots", (book.values[row["Fund id"]], h), row[f"Half-term {h}"]) for h in range(1, 7))


def checks_of(book):
    """Every check: the rule it names and the cell that says whether it holds."""
    rows = list(book.rows("Rule", "What is tested", "Where", "Holds"))
    assert {book.values[row["Rule"]] for row in rows} <= {*RULES, SUMS}
    return [(book.values[row["Rule"]], row["Holds"]) for row in rows]


def is_as_planned(made_, theirs):
    """Nothing is in error, every formula comes to the figure it carries, and every amount is the plan's."""
    assert theirs.errors == []
    assert disagreements(made_.book, theirs) == []
    seen = set()
    for what, key, at in amounts_in(theirs, made_.world):
        assert theirs.values.get(at, 0) == getattr(made_.plan.amounts, what).get(key, 0), (what, key, at)
        seen.add((what, key))
    planned = {(what, key) for what in ("grants", "sessions", "base_sizes", "places", "spending", "pots") for key, n in getattr(made_.plan.amounts, what).items() if n}  # fmt: skip
    assert planned <= seen
    assert all(theirs.values[at] is True for _, at in checks_of(theirs))


@dataclass(frozen=True, slots=True)
class Break:
    """One cell with another number, and the rules whose checks must turn red."""

    at: tuple[str, str]
    number: int
    rules: frozenset[str]


def depending(book):
    """Each cell with the rules whose checks depend on it."""
    seen, depends = {}, defaultdict(set)
    for rule_id, holds in checks_of(book):
        for at in book.leads_to(holds, seen):
            depends[at].add(rule_id)
    return depends


def a_break(made_, rng):
    """A cell that holds an amount, with a number there that the audit says breaks a rule whose check depends on that cell."""
    cells = [one for one in amounts_in(made_.book, made_.world) if one[2] not in made_.book.formulas]
    depends = depending(made_.book)
    for _ in range(2_000):
        what, key, at = rng.choice(cells)
        given = getattr(made_.plan.amounts, what)
        now = given.get(key, 0)
        number = rng.choice((0, 1, now + 1, max(0, now - 1), now + 120, now * 2 + 7, now + 5_000, now // 2))
        if number == now:
            continue
        broken = {b.rule.rule_id for b in breaches(made_.world, replace(made_.plan.amounts, **{what: {**given, key: number}}))}
        if broken & depends[at]:
            return Break(at, number, frozenset(broken & depends[at]))
    raise AssertionError("no amount of this plan can be broken")


def said_otherwise(made_, rng):
    """A school's half-days with one more in the sheet Time alone: rules are tested on the sheet Schools, and the two no longer agree."""
    cells = [one for one in amounts_in(made_.book, made_.world) if one[0] == "sessions" and one[1][0].isdigit() and one[2][0] == "Time"]
    _, key, at = rng.choice(cells)
    return Break(at, made_.plan.amounts.sessions[key] + 1, frozenset({SUMS}))


def turns_red(theirs, broken):
    """The checks that no longer hold name these rules, and no rule that the audit finds kept; sums may be red beside any."""
    red = {rule_id for rule_id, at in checks_of(theirs) if theirs.values[at] is False}
    assert red - FOLLOWED | {SUMS} == broken.rules - FOLLOWED | {SUMS}, (broken, red)
    assert red >= broken.rules & {SUMS}, (broken, red)
    assert theirs.errors == []


def in_libreoffice(plans, breaks, folder, others):
    """The plans, each plan's breaks and other workbooks by name, all worked out at once."""
    contents = others | {f"plan{n}": one.book.content for n, one in enumerate(plans)}
    contents |= {f"break{n}": with_number(plans[whose].book.content, one.at, one.number) for n, (whose, one) in enumerate(breaks)}
    return recalculated(contents, folder)


def proven(plans, breaks, folder, **others):
    theirs = in_libreoffice(plans, breaks, folder, others)
    for n, one in enumerate(plans):
        is_as_planned(one, theirs[f"plan{n}"])
    for n, (_, one) in enumerate(breaks):
        turns_red(theirs[f"break{n}"], one)
    return theirs


def first(book, what, *headings):
    """The first cell below a heading, in the table that has all these headings."""
    return next(book.rows(what, *headings))[what]


def with_words(content, at, words):
    """The workbook with words in a cell."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    book[at[0]][at[1]] = words
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.timeout(600)
def test_libreoffice_works_out_the_plan_and_every_single_break_turns_its_rule_red(plans, tmp_path):
    breaks = [(0, a_break(plans[0], Random(n))) for n in range(6)]
    paid = first(plans[0].book, "Specialist time", "Fund id", "Financial year", "Carried in")
    theirs = proven(plans, breaks, tmp_path, words=with_words(plans[0].book.content, paid, "lots"))
    # Words where pounds belong: a check that cannot be worked out is not kept, in its row, at its rule and in the line above all checks.
    said = theirs["words"].values
    red = {rule_id for rule_id, at in checks_of(theirs["words"]) if said[at] is False}
    assert {"fund_balance", SUMS} <= red
    assert not any(at in theirs["words"].errors for _, at in checks_of(theirs["words"]))
    assert next(said[row["In this workbook"]] for row in theirs["words"].rows("In this workbook", "Name") if said[row["Name"]] == "fund_balance") == NOT_KEPT  # fmt: skip
    assert any(sheet == "Checks" and str(value).startswith("Not kept: ") for (sheet, _), value in said.items())
    # What proves the proof: a wrong figure beside any formula is found, and only there.
    rng, book = Random(1), plans[0].book
    for at in rng.sample([at for at, value in book.values.items() if at in book.formulas and type(value) in {int, float}], 3):
        wrong = with_result(book.content, at, book.values[at] + 1)
        assert [found for found, _, _ in disagreements(Sheets(wrong), theirs["plan0"])] == [at]
    _, holds = checks_of(book)[0]
    denied = with_result(book.content, holds, 0)
    assert disagreements(Sheets(denied), theirs["plan0"]) == [(holds, False, True)]


def test_the_size_of_a_base_and_the_pot_lead_to_every_rule_that_another_figure_there_breaks(plans):
    tried = set()
    for one in plans:
        depends = depending(one.book)
        for what, key, at in amounts_in(one.book, one.world):
            if what not in {"base_sizes", "pots"}:
                continue
            given = getattr(one.plan.amounts, what)
            for number in (0, given.get(key, 0) + 5, given.get(key, 0) + 50_000):
                broken = {b.rule.rule_id for b in breaches(one.world, replace(one.plan.amounts, **{what: {**given, key: number}}))}
                assert broken <= depends[at], (what, key, at, number)
                tried |= {(what, rule_id) for rule_id in broken}
    assert {("base_sizes", "costs_paid"), ("pots", "fund_balance")} <= tried


def test_half_days_moved_between_two_schools_on_one_sheet_alone_are_seen(plans):
    # The totals of both sheets stay alike, so only a check that compares cell with cell can tell.
    for one in plans:
        seen = {}
        sums = [one.book.leads_to(holds, seen) for rule_id, holds in checks_of(one.book) if rule_id == SUMS]
        cells = {}
        for what, key, at in amounts_in(one.book, one.world):
            if what == "sessions":
                cells.setdefault(key, set()).add(at)
        both = [(cells_of, key) for key, cells_of in cells.items() if len(cells_of) == 2]
        assert both
        for at_both, (urn, _) in both:
            others = {at for (who, _), at_other in cells.items() if who != urn for at in at_other}
            assert any(at_both <= needed and not needed & others for needed in sums)


def test_what_no_longer_holds_is_red_and_what_holds_is_green(plans):
    for one in plans:
        page = openpyxl.load_workbook(io.BytesIO(one.book.content))[checks_of(one.book)[0][1][0]]
        for fill, wanted in (("00F6B8B0", "NOT("), ("00C9EBD3", "AND(")):
            red = [
                area
                for area in page.conditional_formatting
                for rule in area.rules
                if rule.dxf.fill.bgColor.rgb == fill and wanted in rule.formula[0]
            ]
            assert all(any(at[1] in area.sqref for area in red) for _, at in checks_of(one.book))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_twenty_plans_and_sixty_breaks(tmp_path):
    plans = [made_by_hand(), *made_by_the_solver(19)]
    breaks = [(n % 20, a_break(plans[n % 20], Random(100 + n))) for n in range(60)]
    proven(plans, [*breaks, *((n, said_otherwise(plans[n], Random(n))) for n in (0, 7, 18))], tmp_path)
    named = {rule_id for _, one in breaks for rule_id in one.rules}
    print(
        f"{sum(len(one.book.formulas) for one in plans)} formulas of 20 plans; 60 breaks of {len(named)} rules: {', '.join(sorted(named))}"
    )
    assert len(named) >= 8
    assert Amounts() not in [one.plan.amounts for one in plans]

"""Plans as documents: the plan.json that stands alone, its fingerprint, and its audit.

``plan_document`` writes everything a plan holds and comes to; ``check_document`` takes such a
document apart again with no solver: it rebuilds partnership and policy, recomputes every
figure from the amounts, checks every rule and compares exactly.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import types
import typing
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from planner.audit import breaches, misfits, misses, price_points
from planner.delivered import with_names
from planner.errors import AuditRefused, InputMustBeMended
from planner.files import save
from planner.measures import POINTS_PLACES, fund_accounts, school_ledgers, standing
from planner.need import WHOLE, World, world_of
from planner.offers import purchases
from planner.partnership import Base, FundUse, Partnership
from planner.plan import Amounts, Baseline, Ending, Level, Plan
from planner.policy import Policy, policy_from_text
from planner.reasons import reasons
from planner.roster import roster_faults
from planner.roster_documents import roster_document, roster_from, roster_gap_points
from planner.supply import base_full_year_pounds, base_lead_in_pounds, base_opening_pounds, base_running_pounds, service_supply

FORMAT = "partnership-planner plan"
FORMAT_VERSION = 1
WITH_NAMES = "need_met_with_names"
NOT_IN_FINGERPRINT = ("seconds", "fingerprint")

Json = dict[str, Any]


# --- nouns to plain data and back ----------------------------------------------------------


def to_plain(value: Any) -> Any:
    """A frozen noun (or tuple, enum, number, text) as JSON data."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value) if not _says_nothing_new(f, value)}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    return value


def _says_nothing_new(field: dataclasses.Field[Any], noun: Any) -> bool:
    """Whether a field added later still holds its default, so that older documents stay as they were written."""
    return bool(field.metadata.get("is_left_out_at_default")) and getattr(noun, field.name) == field.default


def from_plain(kind: Any, data: Any) -> Any:
    """JSON data as a noun of this type; ValueError or TypeError where it does not fit."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(data, dict):
            raise TypeError(f"{kind.__name__} is not a table")
        hints = _hints_of(kind)
        unknown = set(data) - set(hints)
        if unknown:
            raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
        return kind(**{name: from_plain(hints[name], value) for name, value in data.items()})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return tuple(from_plain(arguments[0], item) for item in data)
    if origin in {types.UnionType, typing.Union}:
        return None if data is None else from_plain(next(a for a in arguments if a is not type(None)), data)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(data)
    if type(data) is not kind:
        raise TypeError(f"{data!r} is not a {kind.__name__}")
    return data


@functools.cache
def _hints_of(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def sha256_of(data: Any) -> str:
    """SHA-256 of JSON data in canonical form: sorted keys, no spaces, UTF-8."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


# --- writing -------------------------------------------------------------------------------


def plan_document(plan: Plan, world: World) -> Json:
    """The whole plan as JSON data: inputs, amounts, what they come to, proof and fingerprint."""
    partnership, policy = to_plain(world.partnership), json.loads(world.policy.document)
    here = standing(world.picture, world.policy, plan.amounts)
    leads = round(here.shortfall_points + points_of_price(plan.amounts, world), 4)
    document: Json = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "partnership": partnership,
        "policy": policy,
        "status": plan.ending.value,
        "is_illustrative": world.partnership.is_illustrative(),
        **_standing(here),
        **_prices(plan.amounts, world),
        "line_percent": float(world.policy.board.line_percent),
        "bound_points": min(plan.bound_points, leads),
        "gap_points": round(leads - min(plan.bound_points, leads), 4),
        "roster_gap_points": None if plan.roster is None else roster_gap_points(plan.roster, leads),
        "levels": [{k: v for k, v in to_plain(level).items() if k != "seconds"} for level in plan.levels],
        "seconds": round(plan.seconds, 3),
        "inputs_sha256": sha256_of(partnership),
        "policy_sha256": sha256_of(policy),
        "engine": plan.engine,
        **_amounts(plan.amounts, world),
        "schools": [_ledger(row) for row in school_ledgers(world.partnership, world.policy, world.picture, plan.amounts)],
        **({"roster": []} if plan.roster is None else roster_document(world, plan.roster)),
        **_with_names(plan, world),
        "standards": _standards(plan.amounts, world),
        "reasons": [to_plain(reason) for reason in reasons(world, plan.amounts)],
        "baselines": [_baseline(baseline, world) for baseline in plan.baselines],
    }
    document["fingerprint"] = fingerprint_of(document)
    return document


def fingerprint_of(document: Mapping[str, Any]) -> str:
    """SHA-256 over everything in a plan document but its seconds and the fingerprint itself."""
    return sha256_of({k: v for k, v in document.items() if k not in NOT_IN_FINGERPRINT})


def points_of_price(amounts: Amounts, world: World) -> float:
    """What the rules that give way cost, in points rounded as all points are."""
    return float(round(price_points(world, amounts), POINTS_PLACES))


def _with_names(plan: Plan, world: World) -> Json:
    """Need met with what named people can give; nothing where they give all, so that such plans read as they always did."""
    found = with_names(plan, world)
    if found is None:
        return {}
    return {
        WITH_NAMES: {
            "half_days": found.half_days,
            "need_met_points": found.points,
            "shortfall_points": found.shortfall_points,
            "lost_points": found.lost_points,
            "recipients": [
                {"recipient": one.recipient, "half_days": one.half_days, "planned_points": one.planned_points, "points": one.points,
                 "lost_points": one.lost_points}
                for one in found.short
            ],
        }
    }  # fmt: skip


def _prices(amounts: Amounts, world: World) -> Json:
    """What gave way at a price; nothing where no rule has one, so that such plans read as they always did."""
    if not any(world.policy.price(rule_id) for rule_id, _ in world.policy.prices):
        return {}
    return {
        "price_points": points_of_price(amounts, world),
        "priced_misses": [
            {"rule": miss.rule.rule_id, "where": miss.where, "by": float(round(miss.by, POINTS_PLACES)), "unit": miss.rule.unit,
             "price": float(miss.price), "points": float(round(miss.points, POINTS_PLACES))}
            for miss in misses(world, amounts)
        ],
    }  # fmt: skip


def _standing(here: Any) -> Json:
    return {
        "standards_counted": here.standards,
        "standards_met": here.met,
        "standards_partly_met": here.partly_met,
        "standards_under_half": here.under_half,
        "out_of_reach": here.out_of_reach,
        "pupils_out_of_reach": here.pupils_out_of_reach_hundredths / 100,
        "shortfall_points": here.shortfall_points,
        "need_met_points": here.need_met_points,
        "worst_fifth_points": here.worst_fifth_points,
    }


def _amounts(amounts: Amounts, world: World) -> Json:
    partnership, policy = world.partnership, world.policy
    years = partnership.financial_years
    given = {
        s.service_id: sum(n for (_, service_id), n in amounts.sessions.items() if service_id == s.service_id) for s in partnership.services
    }
    return {
        "money": {
            "grants": [{"urn": urn, "fund": fund, "pounds": pounds} for (urn, fund), pounds in amounts.grants.items()],
            "spending": [
                {"fund": fund, "financial_year": years[year - 1], "use": use.value, "pounds": pounds}
                for (fund, year, use), pounds in amounts.spending.items()
            ],
            "pots": [{"fund": fund, "half_term": half_term, "pounds": pounds} for (fund, half_term), pounds in amounts.pots.items()],
            "carried": [{"fund": fund, "pounds": pounds} for fund, pounds in amounts.carried.items()],
            "accounts": [
                {**{k: v for k, v in to_plain(account).items() if k != "by_use"}, **{use.value: pounds for use, pounds in account.by_use},
                 "left": account.left}
                for account in fund_accounts(partnership, policy, amounts)
            ],
        },
        "sessions": [{"recipient": r, "service": service, "sessions": n} for (r, service), n in amounts.sessions.items()],
        "services": [
            {**to_plain(service_supply(partnership, policy, s)), "given_sessions": given[s.service_id],
             "decision_right": s.decision_right.value, "request_to": s.request_to, "request_by": s.request_by}
            for s in partnership.services
        ],
        **_packages(amounts, partnership),
        "places": [{"base": base, "cell": cell, "places": n} for (base, cell), n in amounts.places.items()],
        "bases": [
            {"base": b.base_id, "places": amounts.base_sizes.get(b.base_id, 0),
             "running_pounds": base_running_pounds(b, amounts.base_sizes.get(b.base_id, 0), policy),
             "opening_pounds": base_opening_pounds(b, policy) if amounts.base_sizes.get(b.base_id, 0) else 0,
             **_over_time(b, amounts.base_sizes.get(b.base_id, 0), policy),
             "decision_right": b.decision_right.value, "request_to": b.request_to, "request_by": b.request_by}
            for b in partnership.bases
        ],
    }  # fmt: skip


def _over_time(base: Base, size: int, policy: Policy) -> Json:
    """Lead-in of a base and what it costs for twelve months, where that is not its cost this year."""
    lead_in, full_year = base_lead_in_pounds(base, size, policy), base_full_year_pounds(base, size, policy)
    found = {"lead_in_pounds": lead_in} if lead_in else {}
    return found | ({"next_year_pounds": full_year} if full_year != base_running_pounds(base, size, policy) else {})


def _packages(amounts: Amounts, partnership: Partnership) -> Json:
    """What is bought of each service that has offers; nothing at all where none has, as in older documents."""
    if not partnership.offers:
        return {}
    with_offers = {offer.service_id for offer in partnership.offers}
    return {
        "packages": [
            {"service": one.service_id, "given_sessions": one.given_sessions, "bought_sessions": one.bought_sessions,
             "single_sessions": one.single_sessions, "pounds": one.pounds,
             "offers": [{"offer": offer.offer_id, "bought": n} for offer, n in one.packages]}
            for one in purchases(partnership, amounts)
            if one.service_id in with_offers
        ]
    }  # fmt: skip


def _ledger(row: Any) -> Json:
    return {
        "urn": row.school.urn,
        "paid_in_pounds": row.paid_in_pounds,
        "grant_pounds": row.grant_pounds,
        "sessions": dict(row.sessions),
        "priced_sessions_pounds": row.priced_sessions_pounds,
        "share_of_zone_sessions": {service: hundredths / 100 for service, hundredths in row.zone_share_sessions_hundredths},
        "share_of_zone_places": row.places_share_hundredths / 100,
        "base_places_hosted": row.base_places_hosted,
        "net_pounds": row.net_pounds,
        "last_year_grant_pounds": row.last_year_grant_pounds,
        "last_year_sessions": row.last_year_sessions,
        "standards": row.standards,
        "standards_met": row.met,
        "standards_under_half": row.under_half,
        "out_of_reach": row.out_of_reach,
    }


def _standards(amounts: Amounts, world: World) -> list[Json]:
    rows = []
    for cell in world.picture.cells:
        met = amounts.need_met.get(cell.cell_id, 0)
        status = "met" if met == WHOLE else "partly met" if met >= WHOLE // 2 else "under half"
        rows.append(
            {
                "cell": cell.cell_id,
                "recipient": cell.recipient,
                "standard": cell.standard_id,
                "expected_pupils": cell.pupils_hundredths / 100,
                "weight": cell.weight,
                "need_met_millionths": met,
                "status": "out of reach" if cell.out_of_reach else status,
                "out_of_reach": cell.out_of_reach,
                "requirements": {ingredient: amount / 100 for ingredient, amount in cell.requirements},
            }
        )
    return rows


def _baseline(baseline: Baseline, world: World) -> Json:
    return {
        "name": baseline.name,
        "title": baseline.title,
        "rules_broken": sorted({breach.rule.rule_id for breach in breaches(world, baseline.amounts)}),
        **_standing(standing(world.picture, world.policy, baseline.amounts)),
        **amounts_as_data(baseline.amounts, world),
    }


def amounts_as_data(amounts: Amounts, world: World) -> Json:
    """Amounts beside a plan, without what they come to."""
    return {
        "grants": [{"urn": urn, "fund": fund, "pounds": pounds} for (urn, fund), pounds in amounts.grants.items()],
        "spending": [
            {"fund": f, "financial_year": world.partnership.financial_years[y - 1], "use": u.value, "pounds": n}
            for (f, y, u), n in amounts.spending.items()
        ],
        "pots": [{"fund": fund, "half_term": h, "pounds": pounds} for (fund, h), pounds in amounts.pots.items()],
        "carried": [{"fund": fund, "pounds": pounds} for fund, pounds in amounts.carried.items()],
        "sessions": [{"recipient": r, "service": s, "sessions": n} for (r, s), n in amounts.sessions.items()],
        "base_sizes": [{"base": b, "places": n} for b, n in amounts.base_sizes.items()],
        "places": [{"base": b, "cell": c, "places": n} for (b, c), n in amounts.places.items()],
        "need_met": [{"cell": c, "need_met_millionths": n} for c, n in amounts.need_met.items()],
    }


def write_plan(document: Json, path: Path) -> None:
    """Write a plan document to a file, whole or not at all."""
    save(path, json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n")


# --- reading and auditing --------------------------------------------------------------------


def read_document(path: Path) -> Json:
    """A plan document from a file; InputMustBeMended with one sentence when it is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputMustBeMended(f"The plan {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputMustBeMended(
            f"{path} is not a plan.json: give the .json written with it (--json). A plan's workbook changed by hand is audited with planner audit EDITED.xlsx --plan PLAN.json."
        ) from error
    except ValueError as error:
        raise InputMustBeMended(f"{path} is not a whole plan.json: it may be cut short, so write it again.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputMustBeMended(f"{path} is not a plan written by `planner plan --json`.")
    if document.get("format_version") != FORMAT_VERSION:
        raise InputMustBeMended(f"{path} is of plan format {document.get('format_version')}; this version reads format {FORMAT_VERSION}.")
    return document


def plan_from_document(document: Json) -> tuple[Plan, World]:
    """The plan and world inside a document, as written; ValueError, KeyError or TypeError if malformed."""
    partnership = from_plain(Partnership, document["partnership"])
    policy: Policy = policy_from_text(json.dumps(document["policy"]))
    world = world_of(partnership, policy)
    years = partnership.financial_years
    money = document["money"]
    amounts = Amounts(
        **_money(money, years),
        sessions={(r["recipient"], r["service"]): _whole(r["sessions"]) for r in document["sessions"]},
        base_sizes={r["base"]: _whole(r["places"]) for r in document["bases"] if r["places"]},
        places={(r["base"], r["cell"]): _whole(r["places"]) for r in document["places"]},
        need_met={r["cell"]: _whole(r["need_met_millionths"]) for r in document["standards"] if r["need_met_millionths"]},
    )
    plan = Plan(
        amounts=amounts,
        ending=Ending(document["status"]),
        bound_points=float(document["bound_points"]),
        levels=tuple(Level(**level, seconds=0.0) for level in document["levels"]),
        engine=document["engine"],
        seconds=document["seconds"],
        baselines=tuple(_baseline_from(data, years) for data in document["baselines"]),
        roster=roster_from(document),
    )
    return plan, world


def _baseline_from(data: Json, years: tuple[str, str]) -> Baseline:
    amounts = amounts_from_data(data, years)
    return Baseline(name=data["name"], title=data["title"], amounts=amounts, rules_broken=tuple(data["rules_broken"]))


def amounts_from_data(data: Json, years: tuple[str, str]) -> Amounts:
    """What ``amounts_as_data`` wrote, by the financial years of its partnership."""
    return Amounts(
        **_money(data, years),
        sessions={(r["recipient"], r["service"]): _whole(r["sessions"]) for r in data["sessions"]},
        base_sizes={r["base"]: _whole(r["places"]) for r in data["base_sizes"]},
        places={(r["base"], r["cell"]): _whole(r["places"]) for r in data["places"]},
        need_met={r["cell"]: _whole(r["need_met_millionths"]) for r in data["need_met"]},
    )


def _money(money: Json, years: tuple[str, str]) -> dict[str, Any]:
    return {
        "grants": {(r["urn"], r["fund"]): _whole(r["pounds"]) for r in money["grants"]},
        "spending": {(r["fund"], years.index(r["financial_year"]) + 1, FundUse(r["use"])): _whole(r["pounds"]) for r in money["spending"]},
        "pots": {(r["fund"], r["half_term"]): _whole(r["pounds"]) for r in money["pots"]},
        "carried": {r["fund"]: _whole(r["pounds"]) for r in money["carried"]},
    }


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is not a whole number")
    return value


def check_document(document: Json) -> tuple[Plan, World]:
    """Audit a plan document without a solver, and give what it holds; raises ``AuditRefused`` with every reason found.

    A changed amount is named by the rule it breaks or the figure it no longer agrees with;
    anything else by the fingerprint.
    """
    found = [] if document.get("fingerprint") == fingerprint_of(document) else [ALTERED]
    try:
        plan, world = plan_from_document(document)
        found.extend(_faults_of_figures(document, plan, world))
    except UNREADABLE as error:
        found.append(f"The plan was altered so that it can no longer be read: {type(error).__name__}, {error}.")
    if found:
        raise AuditRefused("\n".join(found[:MOST_REASONS]))
    return plan, world


ALTERED = "The plan was altered after it was written: its fingerprint does not match."
MOST_REASONS = 12
UNREADABLE = (ArithmeticError, AttributeError, InputMustBeMended, LookupError, RuntimeError, StopIteration, TypeError, ValueError)
"""What taking apart a document that no version of ours wrote may raise: any of these refuses it."""


def _faults_of_figures(document: Json, plan: Plan, world: World) -> Iterator[str]:
    for what in misfits(world, plan.amounts):
        yield f"The plan holds something that cannot be: {what}."
        return
    for breach in breaches(world, plan.amounts):
        yield f"The plan breaks a rule: {breach.sentence()}"
    if plan.roster is not None:
        faults = list(roster_faults(world, plan.amounts, plan.roster))
        yield from faults
        if faults:
            return
    again = plan_document(plan, world)
    if WITH_NAMES not in document:  # a plan of a version that did not say it
        again.pop(WITH_NAMES, None)
    for where, says, is_now in _differences(document, again, ""):
        yield f"{where} says {says}, but from the amounts it is {is_now}."


def _differences(written: Any, again: Any, where: str) -> Iterator[tuple[str, str, str]]:
    """Every place where two documents differ, the fingerprint apart."""
    if isinstance(written, dict) and isinstance(again, dict):
        for key in sorted(set(written) | set(again)):
            if where or key not in NOT_IN_FINGERPRINT:
                yield from _differences(written.get(key, "nothing"), again.get(key, "nothing"), f"{where}.{key}" if where else key)
    elif isinstance(written, list) and isinstance(again, list) and len(written) == len(again):
        for i, (a, b) in enumerate(zip(written, again, strict=True)):
            yield from _differences(a, b, f"{where}[{i}]")
    elif type(written) is not type(again) or written != again:
        yield where, _short(written), _short(again)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."

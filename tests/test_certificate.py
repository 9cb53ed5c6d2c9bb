"""The certificate: its rows hold for every legal plan, it never claims more than is true, and a spoiled one is refused."""

import copy
import json
from collections import defaultdict
from fractions import Fraction
from random import Random

import pytest
from pages import demonstration, demonstration_document
from planning import GAP_POINTS, answer_number, least_shortfall, plan_of, world_number

from fixtures import path_of
from optimisation.certify import Certify, certify
from optimisation.impossible import Impossible
from planner.certificate import (
    certificate_document,
    certificate_path,
    check_certificate,
    claimable,
    prove,
    read_certificate,
    write_certificate,
)
from planner.documents import plan_document
from planner.errors import AuditRefused, InputMustBeMended
from planner.measures import shortfall
from planner.need import WHOLE
from planner.offers import OWN_PRICE, purchases
from planner.statement import state
from planner.supply import grant_step_pounds
from planner.words import least_points
from web.command_line import main

UNREACHABLE_POINTS = 99.0


def certified(world, *, seconds=2.0, target=UNREACHABLE_POINTS):
    """The best certificate in the time, of whatever bound closes."""
    return certify(Certify(world=world, target_points=target, enough_points=0.0, seconds=seconds))


# --- rows and bounds ---------------------------------------------------------------------


def point_of(world, statement, amounts):
    """A plan as a point of the statement."""
    step = {f.fund_id: grant_step_pounds(f, world.policy) for f in world.partnership.funds}
    values = defaultdict(Fraction)
    values.update({("grant", str(urn), fund): Fraction(pounds, step[fund]) for (urn, fund), pounds in amounts.grants.items()})
    for kind, given in (("spend", amounts.spending), ("pot", amounts.pots), ("sessions", amounts.sessions), ("places", amounts.places)):
        values.update({(kind, *map(str, key)): Fraction(amount) for key, amount in given.items()})
    values.update({("carried", fund): Fraction(pounds) for fund, pounds in amounts.carried.items()})
    values.update({("size", base, str(size)): Fraction(1) for base, size in amounts.base_sizes.items() if size})
    for one in purchases(world.partnership, amounts):
        if any(offer.service_id == one.service_id for offer in world.partnership.offers):
            values["bought", one.service_id, OWN_PRICE] = Fraction(one.single_sessions)
        for offer, n in one.packages:
            values[("packages", offer.offer_id) if offer.is_package else ("bought", one.service_id, offer.offer_id)] = Fraction(n)
    left = {cell: Fraction(met, WHOLE) for cell, met in amounts.need_met.items()}
    for column in statement.columns:
        if column.key[0] == "met":
            values[column.key] = min(left.get(column.key[1], Fraction(0)), column.most)
            left[column.key[1]] = left.get(column.key[1], Fraction(0)) - values[column.key]
    known = {column.key for column in statement.columns}
    assert {key for key, value in values.items() if value} <= known
    return [values[column.key] for column in statement.columns]


def check_rows(seed):
    answer = answer_number(seed)
    if isinstance(answer, Impossible):
        return False
    world = world_number(seed)
    statement = state(world)
    point = point_of(world, statement, answer.amounts)
    for row in [*statement.linking, *(row for block in statement.blocks for row in block.rows)]:
        body = sum(by * point[column] for column, by in row.terms)
        assert row.lower is None or body >= row.lower, row.name
        assert row.upper is None or body <= row.upper, row.name
    for column, amount in zip(statement.columns, point, strict=True):
        assert 0 <= amount <= column.most, column.key
        assert not column.is_whole or (amount.denominator == 1 and (amount == 0 or amount >= column.block)), column.key
    points = statement.offset + sum(cost * amount for cost, amount in zip(statement.costs, point, strict=True))
    assert points == 100 * shortfall(world.picture, world.policy, answer.amounts.need_met)
    return True


def check_bound(seed):
    """The certificate is below what the best plan has, and accepted beside a plan."""
    answer = answer_number(seed)
    if isinstance(answer, Impossible):
        return None
    world = world_number(seed)
    best = least_shortfall(world).objective
    found = certified(world, seconds=1.0)
    proved, _ = prove(world, found.tree)
    assert proved is not None
    assert float(proved) <= best + 1e-6
    document = plan_document(plan_of(world, answer), world)
    certificate = certificate_document(document, found.tree, min(found.certified_points, document["shortfall_points"]))
    check_certificate(certificate, document, world)
    return best - float(proved)


def test_every_row_holds_exactly_for_plans_that_keep_the_rules():
    assert sum(check_rows(seed) for seed in range(12)) > 5


@pytest.mark.slow
def test_every_row_holds_exactly_for_plans_of_many_worlds():
    assert sum(check_rows(seed) for seed in range(12, 120)) > 60


def test_no_certificate_claims_more_than_the_best_plan_has():
    gaps = [gap for gap in map(check_bound, range(8)) if gap is not None]
    assert len(gaps) > 3
    assert min(gaps) < GAP_POINTS


@pytest.mark.slow
def test_no_certificate_of_many_worlds_claims_more_than_the_best_plan_has():
    gaps = [gap for gap in map(check_bound, range(8, 75)) if gap is not None]
    assert len(gaps) >= 45
    assert sorted(gaps)[len(gaps) // 2] < GAP_POINTS


def test_a_bound_is_claimed_rounded_down_and_never_above_what_the_plan_has():
    assert claimable(Fraction(12_345_678, 10_000_000), 5.0) == 1.2345
    assert claimable(Fraction(-1), 5.0) == 0.0
    assert claimable(Fraction(7), 5.0) == 5.0


# --- the demonstration, whole and spoiled ---------------------------------------------------


@pytest.fixture(scope="module")
def whole():
    """A certificate of the demonstration that proves little more than it claims."""
    found = certified(demonstration(), seconds=4.0)
    return certificate_document(demonstration_document(), found.tree, found.certified_points)


def refusal(certificate):
    with pytest.raises(AuditRefused) as refused:
        check_certificate(certificate, demonstration_document(), demonstration())
    return str(refused.value)


def test_the_demonstration_is_certified_and_the_sentence_claims_no_more_than_that(whole):
    proved = check_certificate(whole, demonstration_document(), demonstration())
    assert 3.75 < proved.certified_points < 3.86  # the best plan has 3.8559
    assert proved.gap_points == pytest.approx(demonstration_document()["shortfall_points"] - proved.certified_points, abs=1e-4)
    assert f"below {least_points(proved.certified_points)} points" in proved.sentence()


@pytest.mark.parametrize("claim", [50, "3.8", None, float("nan"), float("inf"), -1.0, 101.0, True, 10**300])
def test_a_claim_that_is_no_number_of_points_is_refused(whole, claim):
    assert "claim" in refusal({**whole, "certified_points": claim})


def test_a_claim_a_little_higher_is_refused(whole):
    assert "prove no more than" in refusal({**whole, "certified_points": round(whole["certified_points"] + 0.0002, 4)})


@pytest.mark.parametrize("name", ["plan_fingerprint", "inputs_sha256", "policy_sha256"])
def test_a_certificate_of_another_plan_is_refused(whole, name):
    assert "another plan" in refusal({**whole, name: "0" * 64})
    assert "another plan" in refusal({k: v for k, v in whole.items() if k != name})


def nodes(tree):
    """Every part of a certificate's tree that is a table of its own."""
    yield tree
    for value in tree.values():
        if isinstance(value, dict):
            yield from nodes(value)


def spoiled(whole, rng):
    """A certificate with one thing in its tree made wrong: refused for certain."""
    certificate = copy.deepcopy(whole)
    everything = list(nodes(certificate["tree"]))
    cuts = [node for node in everything if "at_most" in node]
    rows = [node for node in everything if any("|" in name for name in node)]
    way = rng.choice(("branch", "bare", "far", "float", "name", "row", "number", "sign", "extra", "deep"))
    cut, table = rng.choice(cuts), rng.choice(rows)
    row = rng.choice(sorted(table))
    if way == "branch":
        del cut[rng.choice(("then", "else"))]
    elif way == "bare":
        certificate["tree"] = {"linking": {}, "blocks": {}}
    elif way == "far":
        cut["at_most"] = rng.choice((10**3000, -(10**3000), 10**9, None, "3", True))
    elif way == "float":
        cut["at_most"] = rng.choice((0.5, float("inf"), float("nan")))
    elif way == "name":
        cut["base" if "base" in cut else "amount"] = rng.choice(("no such thing", "", "spend dhn 1 contingency", 7, None))
    elif way == "row":
        table[row + " too"] = table.pop(row)
    elif way == "number":
        table[row] = rng.choice(("inf", "nan", "1e999", "-", "", "9" * 4000, "1/0", "0x1", "1.5.5", 1, None, [], "١"))
    elif way == "sign":
        rows_with_a_sign = [(t, n) for t in rows for n in t if n.startswith("vacancy_held_back|")]
        table, row = rng.choice(rows_with_a_sign)
        table[row] = table[row].removeprefix("-")
    elif way == "extra":
        rng.choice([node for node in everything if "linking" in node])["spare"] = {}
    else:
        deep = {}
        for _ in range(300):
            deep = {"base": "copper_room", "at_most": 5, "then": deep, "else": deep}
        certificate["tree"] = deep
    return certificate


@pytest.mark.parametrize("seed", range(25))
def test_a_spoiled_certificate_is_refused(whole, seed):
    refusal(spoiled(whole, Random(seed)))


@pytest.mark.slow
def test_200_spoiled_certificates_are_refused(whole):
    for seed in range(200):
        refusal(spoiled(whole, Random(1000 + seed)))


def test_other_multipliers_or_cuts_prove_less_or_are_refused(whole):
    """They may still prove something, worked out anew: never more than is true."""
    rng = Random(3)
    for _ in range(25):
        certificate = copy.deepcopy(whole)
        for node in nodes(certificate["tree"]):
            for name, value in node.items():
                if "|" in name and rng.random() < 0.05:
                    node[name] = f"{float(value) * rng.choice((0, 0.5, 1.01, 2, -1)):.12f}"
                elif name == "at_most" and rng.random() < 0.1:
                    node[name] = max(value + rng.choice((-2, -1, 1)), 0)
        try:
            proved, _ = prove(demonstration(), certificate["tree"])
        except ValueError:
            continue
        assert proved is None or proved <= Fraction("3.856")


def test_a_certificate_cut_short_or_missing_is_refused(whole, tmp_path):
    path = tmp_path / "plan.certificate.json"
    with pytest.raises(InputMustBeMended, match="no certificate"):
        read_certificate(path)
    write_certificate(whole, path)
    assert read_certificate(path) == whole
    text = path.read_bytes()
    for spoilt in (text[:-20], b"", b"[" * 100_000, b"[]", text.replace(b'"format_version":1', b'"format_version":2'), b"\xff" + text):
        path.write_bytes(spoilt)
        with pytest.raises(AuditRefused):
            read_certificate(path)


# --- the commands --------------------------------------------------------------------------------


def test_plan_writes_a_certificate_that_the_audit_proves_again(tmp_path, capsys):
    folder, out = path_of("two_schools"), tmp_path / "plan.json"
    policy = ["--policy", str(folder / "policy.toml")] if (folder / "policy.toml").is_file() else []
    assert main(["plan", str(folder), *policy, "--json", str(out)]) == 0
    assert "Certified in exact arithmetic" in capsys.readouterr().out
    assert main(["audit", str(out), "--certificate"]) == 0
    assert "The certificate agrees" in capsys.readouterr().out
    path = certificate_path(out)
    certificate = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**certificate, "certified_points": 99.5}), encoding="utf-8")
    assert main(["audit", str(out), "--certificate"]) == 4
    path.unlink()
    assert main(["audit", str(out), "--certificate"]) == 1
    assert main(["audit", str(out)]) == 0

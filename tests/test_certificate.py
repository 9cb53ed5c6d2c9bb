"""The certificate: its rows hold for every legal plan, it never claims more than is true, and a spoiled one is refused."""

import copy
import functools
import json
import re
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from builders import a_world, two_schools
from pages import demonstration, demonstration_document
from planning import GAP_POINTS, answer_number, least_shortfall, plan_of, world_number

from fixtures import path_of
from optimisation.certify import Certify, certify
from optimisation.impossible import Impossible
from planner.certificate import (
    Certified,
    certificate_document,
    certificate_path,
    check_certificate,
    claimable,
    multiplier_of,
    prove,
    read_certificate,
    within_block,
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
    assert claimable(Fraction(1, 2), 5.0) == 0.5
    assert claimable(None, 5.0) == 5.0


# --- what a tree proves, added up again by hand ----------------------------------------------


def multipliers(rng, rows):
    """Numbers for some rows, each with a sign that the row has a side for."""
    signs = {row.name: [sign for sign, side in (("", row.lower), ("-", row.upper)) if side is not None] for row in rows}
    return {
        name: f"{rng.choice(signs[name])}{rng.uniform(0, 0.002):.{rng.choice((4, 9, 15))}f}"
        for name in signs
        if signs[name] and rng.random() < 0.7
    }


def random_tree(rng, statement, bases, depth=0):
    """Cases of bases and of whole amounts, and within some of them cases of one part."""
    whole = [
        n for block in statement.blocks for n in block.columns if statement.columns[n].is_whole and statement.columns[n].key[0] != "size"
    ]
    if depth < 3 and rng.random() < 0.7:
        if rng.random() < 0.5:
            base = rng.choice(sorted(bases))
            head = {"base": base, "at_most": rng.choice((*bases[base], 3, 9))}
        else:
            head = an_amount(rng, statement, whole)
        return {**head, "then": random_tree(rng, statement, bases, depth + 1), "else": random_tree(rng, statement, bases, depth + 1)}
    return {
        "linking": multipliers(rng, statement.linking),
        "blocks": {b.name: random_part(rng, statement, b) for b in statement.blocks if rng.random() < 0.8},
    }


def random_part(rng, statement, block, depth=0):
    whole = [n for n in block.columns if statement.columns[n].is_whole and statement.columns[n].key[0] != "size"]
    if whole and depth < 2 and rng.random() < 0.4:
        sides = {side: random_part(rng, statement, block, depth + 1) for side in ("then", "else")}
        return {**an_amount(rng, statement, whole), **sides}
    return {"rows": multipliers(rng, block.rows)}


def an_amount(rng, statement, whole):
    column = statement.columns[rng.choice(whole)]
    return {
        "amount": " ".join(column.key),
        "at_most": rng.choice((0, 1, column.block - 1, column.block, int(column.most) // 2, int(column.most))),
    }


def least_of(statement, bases, node, sizes, between, block=None, used=None):
    """What a tree comes to, in points: the same sum as the certificate's, as it is defined and in fractions; None where no plan is."""
    number = {" ".join(column.key): n for n, column in enumerate(statement.columns)}
    if block and any(least > most for least, most in between.values()):
        return None
    if "amount" in node:
        n, at = number[node["amount"]], node["at_most"]
        column = statement.columns[n]
        least, most = between.get(n, (0, int(column.most)))
        below, above = (least, min(most, at)), (max(least, at + 1), most)
        ends = [(max(low, column.block) if low > 0 else low, 0 if 0 <= high < column.block else high) for low, high in (below, above)]
        found = [
            least_of(statement, bases, node[side], sizes, {**between, n: end}, block, used)
            for side, end in zip(("then", "else"), ends, strict=True)
        ]
        return min((one for one in found if one is not None), default=None)
    if "base" in node:
        base, at = node["base"], node["at_most"]
        left = [{size for size in sizes[base] if size <= at}, {size for size in sizes[base] if size > at}]
        found = [
            least_of(statement, bases, node[side], {**sizes, base: some}, between)
            for side, some in zip(("then", "else"), left, strict=True)
        ]
        return min((one for one in found if one is not None), default=None)
    runs = {base for base in bases if 0 not in sizes[base]}
    rows, given = (block.rows, node.get("rows", {})) if block else (statement.linking, node.get("linking", {}))
    total, prices = Fraction(0), defaultdict(Fraction, used or {})
    for row in rows:
        times = Fraction(given.get(row.name, 0))
        lower = Fraction(1) if row.rule_id == "one_size_a_base" and row.at in runs else row.lower
        total += times * ((lower if times > 0 else row.upper) or 0)
        for n, by in row.terms:
            prices[n] += times * by
    shut = {number[f"size {base} {size}"]: (0, 0) for base in bases for size in bases[base] if size and size not in sizes[base]}
    if not block:
        if not all(sizes.values()):
            return None
        parts = [
            least_of(statement, bases, node["blocks"].get(b.name, {}), sizes, {n: between[n] for n in b.columns if n in between}, b, prices)
            for b in statement.blocks
        ]
        if None in parts:
            return None
        total += statement.offset + sum(parts)
    for n in block.columns if block else statement.free:
        cost = statement.costs[n] - prices[n]
        least, most = between.get(n, (0, statement.columns[n].most)) if block else shut.get(n, (0, statement.columns[n].most))
        total += cost * (most if cost < 0 else least)
    return total


@pytest.mark.parametrize("seed", range(30))
def test_a_tree_proves_exactly_what_its_rows_and_multipliers_add_up_to(seed):
    world, rng = (two_schools() if seed % 4 == 0 else a_world()), Random(seed)
    statement = state(world)
    bases = {base.base_id: (0, *base.sizes) for base in world.partnership.bases}
    tree = random_tree(rng, statement, bases)
    proved, cases = prove(world, tree)
    assert proved == least_of(statement, bases, tree, {base: set(sizes) for base, sizes in bases.items()}, {})
    assert cases == sum("linking" in node for node in nodes(tree))


A_LEAF = {"linking": {}, "blocks": {}}


def halved(times):
    """A tree of one base's sizes cut again and again, so deep."""
    tree = A_LEAF
    for _ in range(times):
        tree = {"base": "haven", "at_most": 8, "then": A_LEAF, "else": tree}
    return tree


def test_cases_go_so_deep_and_no_deeper():
    assert prove(a_world(), halved(200))[1] == 201
    with pytest.raises(ValueError, match="too deep"):
        prove(a_world(), halved(201))


def test_a_certificate_has_so_many_cases_and_no_more(monkeypatch):
    monkeypatch.setattr("planner.certificate.MOST_LEAVES", 4)
    assert prove(a_world(), halved(3))[1] == 4
    with pytest.raises(ValueError, match="too many cases"):
        prove(a_world(), halved(4))
    pieces = 2 * len(state(a_world()).blocks)
    monkeypatch.setattr("planner.certificate.MOST_PIECES", pieces)
    assert prove(a_world(), halved(1))[1] == 2
    monkeypatch.setattr("planner.certificate.MOST_PIECES", pieces - 1)
    with pytest.raises(ValueError, match="too many cases"):
        prove(a_world(), halved(1))


def test_the_cases_of_one_part_go_so_deep_and_no_deeper():
    block, amount = next(
        (b, " ".join(c.key))
        for b in state(a_world()).blocks
        for c in (state(a_world()).columns[n] for n in b.columns)
        if c.is_whole and c.key[0] == "grant"
    )

    def deep(times):
        part = {"rows": {}}
        for _ in range(times):
            part = {"amount": amount, "at_most": 10**6, "then": part, "else": {"rows": {}}}
        return {"linking": {}, "blocks": {block.name: part}}

    assert prove(a_world(), deep(200))[1] == 1
    with pytest.raises(ValueError, match="too deep"):
        prove(a_world(), deep(201))


def test_an_amount_of_one_part_or_of_no_whole_number_cannot_be_cut_in_another():
    statement = state(a_world())
    block, other = (b for b in statement.blocks if any(statement.columns[n].key[0] == "grant" for n in b.columns))
    amount = next(" ".join(statement.columns[n].key) for n in other.columns if statement.columns[n].key[0] == "grant")
    cut = {"amount": amount, "at_most": 1, "then": {"rows": {}}, "else": {"rows": {}}}
    assert prove(a_world(), {**A_LEAF, "blocks": {other.name: cut}})[1] == 1
    with pytest.raises(ValueError, match=f"{amount} is not part of {block.name}"):
        prove(a_world(), {**A_LEAF, "blocks": {block.name: cut}})
    with pytest.raises(ValueError, match="no such part"):
        prove(a_world(), {**A_LEAF, "blocks": {"no such part": {"rows": {}}}})
    for name in ("size haven 8", next(" ".join(c.key) for c in statement.columns if not c.is_whole)):
        with pytest.raises(ValueError, match=f"{name} is no whole amount"):
            prove(a_world(), {"amount": name, "at_most": 0, "then": A_LEAF, "else": A_LEAF})


@pytest.mark.parametrize(
    ("at_most", "is_one"), [(-1, True), (0, True), (1_000_000, True), (-2, False), (1_000_001, False), (True, False), (8.0, False)]
)
def test_a_cut_is_at_a_whole_number_that_can_be(at_most, is_one):
    tree = {"base": "haven", "at_most": at_most, "then": A_LEAF, "else": A_LEAF}
    if is_one:
        assert prove(a_world(), tree)[1] == 2
    else:
        with pytest.raises(ValueError, match=f"{at_most} is no size or amount"):
            prove(a_world(), tree)


@pytest.mark.parametrize(
    ("text", "is_so_much"),
    [("1.5", 15 * 10**14), ("-1.5", -15 * 10**14), ("0.000000000000001", 1), ("12", 12 * 10**15), ("999999999999", 999_999_999_999 * 10**15),
     ("1.", None), (".5", None), ("+1", None), ("1e3", None), ("0.0000000000000001", None), ("1000000000000", None)],
)  # fmt: skip
def test_a_multiplier_is_a_plain_decimal_number(text, is_so_much):
    if is_so_much is None:
        with pytest.raises(ValueError, match="is not a multiplier"):
            multiplier_of(text)
    else:
        assert multiplier_of(text) == is_so_much


@pytest.mark.parametrize(
    ("between", "within"),
    [((1, 9), (4, 9)), ((0, 3), (0, 0)), ((0, 4), (0, 4)), ((0, -1), (0, -1)), ((1, 3), (4, 0)), ((6, 9), (6, 9)), ((0, 0), (0, 0))],
)
def test_an_amount_in_blocks_of_four_is_nought_or_at_least_four(between, within):
    assert within_block(between, 4) == within


def test_what_a_certificate_says_is_in_points_counts_and_what_the_plan_states():
    one = Certified(certified_points=3.8, shortfall_points=3.9, stated_gap_points=0.1, cases=1)
    assert one.gap_points == 0.1
    assert "from 1 case:" in one.sentence()
    assert one.sentence().endswith("that is the gap the plan states, or less.")
    assert re.search(r"this plan has [\d.]+, so it is within", one.sentence())
    assert replace(one, certified_points=3.12345678).gap_points == 0.7765
    more = replace(one, cases=1200, stated_gap_points=0.05, price_points=0.25)
    assert "from 1,200 cases:" in more.sentence()
    assert "with 0.25 for rules that give way at a price" in more.sentence()
    assert "as the plan states, is the solver's word and not certified" in more.sentence()
    assert "no more than 0.05," in more.sentence()
    assert replace(one, certified_points=4.0).gap_points == 0.0


# --- the demonstration, whole and spoiled ---------------------------------------------------


@functools.cache
def certificate_of_the_demonstration():
    """Of a bound that is soon reached, so that it is the same on a busy computer."""
    found = certify(Certify(world=demonstration(), target_points=3.76, enough_points=3.76, seconds=150.0))
    proved, _ = prove(demonstration(), found.tree)
    return certificate_document(demonstration_document(), found.tree, claimable(proved, demonstration_document()["shortfall_points"]))


@pytest.fixture
def whole():
    """A certificate of the demonstration that proves little more than it claims."""
    return certificate_of_the_demonstration()


def refusal(certificate):
    with pytest.raises(AuditRefused) as refused:
        check_certificate(certificate, demonstration_document(), demonstration())
    return str(refused.value)


def test_the_demonstration_is_certified_and_the_sentence_claims_no_more_than_that(whole):
    proved = check_certificate(whole, demonstration_document(), demonstration())
    assert 3.75 < proved.certified_points < 3.86  # the best plan has 3.8559
    assert proved.gap_points == pytest.approx(demonstration_document()["shortfall_points"] - proved.certified_points, abs=1e-4)
    assert f"below {least_points(proved.certified_points)} points" in proved.sentence()


@pytest.mark.parametrize("claim", [50, "3.8", None, float("nan"), float("inf"), -1.0, 100.5, True, 10**300])
def test_a_claim_that_is_no_number_of_points_is_refused(whole, claim):
    assert "not a number of points" in refusal({**whole, "certified_points": claim})


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
    assert "ertificate" in refusal(spoiled(whole, Random(seed)))


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
        with pytest.raises(AuditRefused, match="certificate"):
            read_certificate(path)


def test_a_file_as_large_as_a_certificate_may_be_is_read_and_a_larger_one_is_not(whole, tmp_path, monkeypatch):
    path = tmp_path / "plan.certificate.json"
    write_certificate(whole, path)
    monkeypatch.setattr("planner.certificate.MOST_BYTES", path.stat().st_size)
    assert read_certificate(path) == whole
    monkeypatch.setattr("planner.certificate.MOST_BYTES", path.stat().st_size - 1)
    with pytest.raises(AuditRefused, match="is larger than any certificate"):
        read_certificate(path)


@pytest.mark.parametrize("change", [{"format": "another"}, {"format_version": 2}])
def test_a_file_of_another_kind_is_no_certificate(whole, tmp_path, change):
    path = tmp_path / "plan.certificate.json"
    for document in ({**whole, **change}, {k: v for k, v in whole.items() if k not in change}):
        write_certificate(document, path)
        with pytest.raises(AuditRefused, match="not a certificate that this version can check"):
            read_certificate(path)


def test_a_plan_better_than_what_is_proved_contradicts_its_certificate(whole):
    document = demonstration_document()
    proved = float(prove(demonstration(), whole["tree"])[0])
    with pytest.raises(AuditRefused, match="contradict each other"):
        check_certificate(whole, {**document, "shortfall_points": proved - 0.001}, demonstration())
    just = check_certificate(whole, {**document, "shortfall_points": round(proved + 0.001, 6)}, demonstration())
    assert just.shortfall_points == round(round(proved + 0.001, 6), 4)


def test_a_price_is_in_what_the_plan_has_and_not_in_what_is_certified(whole):
    document = {**demonstration_document(), "price_points": 0.5}
    checked = check_certificate(whole, document, demonstration())
    assert checked.shortfall_points == pytest.approx(document["shortfall_points"] + 0.5, abs=1e-4)
    assert (checked.price_points, checked.stated_gap_points) == (0.5, document["gap_points"])
    assert checked.certified_points == whole["certified_points"]
    del document["price_points"]
    assert check_certificate(whole, document, demonstration()).price_points == 0.0


def test_a_claim_of_exactly_what_is_proved_holds_and_of_more_does_not(whole, monkeypatch):
    monkeypatch.setattr("planner.certificate.prove", lambda world, tree: (Fraction("3.5"), 1))
    assert check_certificate({**whole, "certified_points": 3.5}, demonstration_document(), demonstration()).certified_points == 3.5
    assert "prove no more than 3.5000" in refusal({**whole, "certified_points": 3.5001})


def test_a_certificate_names_its_plan_figures_and_policy(whole):
    assert certificate_document(demonstration_document(), whole["tree"], whole["certified_points"]) == whole


def test_nothing_and_the_whole_are_claims_and_a_claim_up_to_what_is_proved_holds(whole):
    assert check_certificate({**whole, "certified_points": 0.0}, demonstration_document(), demonstration()).certified_points == 0.0
    assert "prove no more than" in refusal({**whole, "certified_points": 100.0})
    tree = {**A_LEAF, "linking": {}}
    assert check_certificate({**whole, "certified_points": 0.0, "tree": tree}, demonstration_document(), demonstration()).cases == 1


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

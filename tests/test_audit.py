"""The audit refuses every plan in which one number was changed, and says why."""

from __future__ import annotations

import copy
import functools
import json
from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from builders import a_world, two_schools
from planning import answer_for, plan_of, world_number

from planner.documents import check_document, fingerprint_of, plan_document, read_document, write_plan
from planner.errors import AuditRefused, InputMustBeMended
from planner.rules import RULES

ALTERED = "altered after it was written"
NOT_RECOMPUTED = ("levels", "engine", "seconds", "fingerprint")
"""A new fingerprint over another bound of a level or engine cannot be told from a true one."""
BASELINE_AMOUNTS = ("grants", "spending", "pots", "carried", "sessions", "base_sizes", "places", "need_met")


@functools.cache
def document_of(name):
    """A plan document as read from its file."""
    world = {"two schools": two_schools, "builder": a_world, "random": lambda: world_number(1)}[name]()
    return json.loads(json.dumps(plan_document(plan_of(world, answer_for(world)), world)))


def numbers(node, path=()):
    """Every path to a number (not to true and false)."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from numbers(value, (*path, key))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from numbers(value, (*path, i))
    elif type(node) in {int, float}:
        yield path


def changed(document, path, value):
    """A copy with another value at one path."""
    spoiled = copy.deepcopy(document)
    node = spoiled
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return spoiled


def another(document, path, rng):
    """A nearby or a wild other value."""
    old = functools.reduce(lambda node, key: node[key], path, document)
    if path[-1] == "need_met_millionths":  # a millionth less makes another honest plan, with the same rounded figures
        return rng.choice([new for new in (old * 2, 0, old + 120_000, old - 120_000) if new != old])
    return rng.choice([new for new in (old + 1, old - 1, old * 2, 0, old + 120, -old) if new != old])


def refusal(document):
    """What the audit says; '' when it agrees."""
    try:
        check_document(document)
    except AuditRefused as refused:
        return str(refused)
    return ""


def spoiled_plans(name, most, only=lambda _: True):
    """A document with one number changed at a time, spread over the whole of it; mended after each use."""
    document, rng = document_of(name), Random(name)
    fingerprint = document["fingerprint"]
    paths = [path for path in numbers(document) if path[0] not in NOT_RECOMPUTED and only(path)]
    for path in sorted(rng.sample(paths, min(most, len(paths))), key=str):
        holder = functools.reduce(lambda node, key: node[key], path[:-1], document)
        old, holder[path[-1]] = holder[path[-1]], another(document, path, rng)
        try:
            yield path, document
        finally:
            holder[path[-1]], document["fingerprint"] = old, fingerprint


NAMES = ["two schools", "builder", "random"]


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_as_written_passes(name):
    check_document(document_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_one_changed_number_is_always_an_altered_plan(name):
    count = 0
    for path, document in spoiled_plans(name, 100):
        assert ALTERED in refusal(document), path
        count += 1
    assert count >= 100


@pytest.mark.parametrize("name", NAMES)
def test_one_changed_number_is_refused_even_under_a_new_fingerprint(name):
    """Some break a rule, some no longer add up; the message says which and where."""
    found = Counter()
    for path, document in spoiled_plans(name, 100, only=lambda path: not _in_a_baseline(path)):
        document["fingerprint"] = fingerprint_of(document)
        words = refusal(document)
        assert words, f"{path} was changed and the audit agrees"
        assert ALTERED not in words, path
        found[_reason(words, path)] += 1
    print(name, dict(found))
    assert found.total() >= 100
    assert set(found) >= {"a figure differs"}


@pytest.mark.parametrize("name", NAMES)
def test_every_changed_amount_is_refused_by_a_rule_or_by_the_figures_it_no_longer_makes(name):
    found = Counter()
    for path, document in spoiled_plans(name, 150, only=_is_an_amount):
        document["fingerprint"] = fingerprint_of(document)
        words = refusal(document)
        assert words, f"{path} was changed and the audit agrees"
        reason = _reason(words, path)
        assert reason in {"a rule is broken", "a figure differs", "it cannot be"}, (path, words)
        found[reason] += 1
    print(name, dict(found))
    assert found["a rule is broken"] >= 5


@pytest.mark.parametrize("name", NAMES)
def test_a_baseline_that_claims_too_much_need_met_is_refused_under_a_new_fingerprint(name):
    document = copy.deepcopy(document_of(name))
    for baseline in document["baselines"]:
        for row in baseline["need_met"]:
            row["need_met_millionths"] = 1_000_000
    document["fingerprint"] = fingerprint_of(document)
    assert "baselines[" in refusal(document)


def _in_a_baseline(path):
    return path[0] == "baselines" and path[2] in BASELINE_AMOUNTS


def _is_an_amount(path):
    return path[0] in {"sessions", "places"} or (path[0] == "money" and path[1] != "accounts") or path[-1] == "need_met_millionths"


def _reason(words, path):
    if "breaks a rule" in words:
        assert any(rule.sentence in words for rule in RULES.values())
        return "a rule is broken"
    if "cannot be" in words:
        return "it cannot be"
    if "can no longer be read" in words:
        return "it cannot be read"
    assert " says " in words, words
    return "a figure differs"


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_total_is_named_by_its_place(name):
    for path in (("shortfall_points",), ("schools", 0, "grant_pounds"), ("standards", 0, "weight"), ("money", "accounts", 0, "left")):
        document = changed(document_of(name), path, 987_654)
        document["fingerprint"] = fingerprint_of(document)
        where = path[0] + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path[1:])
        assert f"{where} says 987654, but from the amounts it is" in refusal(document)


def test_an_amount_and_every_total_made_to_fit_it_still_breaks_a_rule():
    """A forger who writes a whole new consistent document around one more session is refused by a rule."""
    world = two_schools()
    plan = plan_of(world, answer_for(world))
    key = next(iter(plan.amounts.sessions))
    more = replace(plan.amounts, sessions={**plan.amounts.sessions, key: plan.amounts.sessions[key] + 50})
    forged = plan_document(replace(plan, amounts=more), world)
    words = refusal(forged)
    assert "breaks a rule" in words
    assert ALTERED not in words


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("money", "grants"), None),
        (("partnership", "schools"), []),
        (("partnership", "schools"), "none"),
        (("policy", "standards"), {}),
        (("policy", "benefit"), 3),
        (("sessions",), [{"recipient": "nobody", "service": "none", "sessions": 3}]),
        (("baselines", 0, "sessions"), [{"recipient": "nobody", "service": "none", "sessions": 3}]),
        (("baselines", 0, "places"), [{"base": "none", "cell": "nowhere:none", "places": 3}]),
        (("status",), "wonderful"),
        (("levels",), [{"name": 1}]),
        (("roster",), [1]),
    ],
)
def test_a_document_bent_out_of_shape_is_refused_and_never_a_crash(path, value):
    document = changed(document_of("two schools"), path, value)
    document["fingerprint"] = fingerprint_of(document)
    assert refusal(document)


def test_a_part_left_out_is_refused():
    for key in document_of("two schools"):
        if key not in {"seconds", "fingerprint", "engine"}:
            document = copy.deepcopy(document_of("two schools"))
            del document[key]
            assert ALTERED in refusal(document)
            document["fingerprint"] = fingerprint_of(document)
            assert refusal(document), key


def test_a_plan_written_to_a_file_reads_back_the_same(tmp_path):
    document = document_of("builder")
    write_plan(document, tmp_path / "plan.json")
    assert read_document(tmp_path / "plan.json") == document


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "partnership-planner plan", "format_version": 99}', "\x00"])
def test_a_file_that_is_no_plan_is_said_to_be_none(tmp_path, text):
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputMustBeMended, match="plan"):
        read_document(tmp_path / "plan.json")

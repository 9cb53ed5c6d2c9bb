"""The page of the model is what the code says, and every rule is on it with all its faces."""

import re
from pathlib import Path

import pyomo.core as pyo
import pytest
from builders import two_schools

from optimisation.model import build_model
from optimisation.model_page import model_page, rule_section, statement_of
from optimisation.registry import MATHS
from optimisation.variables import DECISIONS
from optimisation.written_rows import as_if_asked, written_rows
from planner.policy import MAY_BE_OFF
from planner.rules import RULES

PAGE = Path(__file__).parent.parent / "docs" / "model.md"
DOMAINS = {"whole": (False, False), "0 or 1": (False, True), "real": (True, False)}
"""Domain of a decision -> whether its variables are continuous, and binary."""


@pytest.fixture(scope="module")
def page():
    return model_page()


def test_the_page_is_as_the_code_writes_it(page):
    assert PAGE.read_text(encoding="utf-8") == page, "docs/model.md is out of date: run make fix"
    assert "«" not in page


@pytest.mark.parametrize("rule_id", RULES)
def test_every_rule_is_on_the_page_with_all_its_faces(page, rule_id):
    rule, section = RULES[rule_id], page.split(f"### `{rule_id}`")[1].split("\n#")[0]
    assert rule.sentence in section
    assert f"*Missed by* {rule.unit}. *Whose rule:* {rule.owner}. *May relax it:* {rule.relaxed_by or 'nobody'}." in section
    switch = "the board may switch it off" if two_schools().policy.is_on(rule_id) else "off until the board switches it on"
    assert (switch in section) == (rule_id in MAY_BE_OFF)
    assert "*Audit:* " in section
    example = re.search(r"\*(?:Row|Variable) of two schools:\* `(.+)`", section)
    if any(written_rows(as_if_asked(two_schools(), rule_id), rule_id)):
        assert example is not None
        assert ("=" in example[1]) == (rule_id in MATHS)
    else:
        assert "of two schools:* none" in section
    assert section.strip() == "\n".join(rule_section(rule, two_schools())).split("\n", 1)[1].strip()


@pytest.mark.parametrize("rule_id", RULES)
def test_every_decision_in_a_rules_maths_has_its_meaning_there(rule_id):
    stated = statement_of(RULES[rule_id])
    assert "$" in stated.maths
    assert stated.symbols
    told = " ".join(symbol for symbol, _, _ in stated.symbols)
    for name in re.findall(r"\\mathit\{(.+?)\}_", stated.maths):
        assert f"\\mathit{{{name}}}_" in told, name
    for name in re.findall(r"(?<![A-Za-z\\{_])([A-Z])_", stated.maths):
        assert f"{name}_" in told, name
    assert all(meaning and source for _, meaning, source in stated.symbols)


def test_the_decisions_are_those_of_the_model_with_their_domains():
    model = build_model(two_schools())
    declared = {variable.name for variable in model.component_objects(pyo.Var)} - {"nothing"}
    assert {decision.name for decision in DECISIONS} == declared
    for decision in DECISIONS:
        for one in getattr(model, decision.name).values():
            assert (one.is_continuous(), one.is_binary()) == DOMAINS[decision.domain]
            assert one.lb == 0
            assert one.ub is not None

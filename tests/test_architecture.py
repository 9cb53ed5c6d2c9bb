"""Everything is registered: a rule without one of its faces fails the build."""

import ast
from pathlib import Path

import pytest
from builders import two_schools
from golden_rows import GOLDEN, golden_text

from optimisation.model import FAMILIES
from optimisation.registry import MATHS, SHAPES
from optimisation.written_rows import SHAPED
from planner.audit import AUDITS
from planner.rules import RULES

ROOT = Path(__file__).parent.parent
HERE = Path(__file__).parent


def rule_tests():
    """rule id -> the verdicts its tests ask for, read from the source of tests/rules."""
    asked = {}
    for path in sorted((HERE / "rules").glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                about = {rule_id for rule_id in RULES if node.name.startswith(f"test_{rule_id}_")}
                assert len(about) == 1, f"{path.name}: {node.name} does not begin with the id of one rule"
                calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
                named = {n.args[0].value for n in calls if isinstance(n.func, ast.Name) and n.func.id == "rule"}
                assert named <= about, f"{path.name}: {node.name} verifies another rule"
                verdicts = {n.func.attr for n in calls if isinstance(n.func, ast.Attribute)} & {"holds", "is_broken_by"}
                asked.setdefault(about.pop(), set()).update(verdicts)
    return asked


@pytest.mark.parametrize("rule_id", RULES)
def test_every_rule_has_maths_as_rows_or_as_shape_and_not_both(rule_id):
    assert (rule_id in MATHS) != (rule_id in SHAPES)


def test_every_rule_has_an_audit_and_there_are_no_strangers():
    assert set(AUDITS) == set(RULES)
    assert set(MATHS) | set(SHAPES) == set(RULES)
    assert set(SHAPED) == set(SHAPES)


def test_every_rule_has_golden_rows_and_there_are_no_strangers():
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(RULES)


@pytest.mark.parametrize("rule_id", RULES)
def test_every_rule_has_the_golden_rows_it_had(rule_id, update_golden):
    text = golden_text(two_schools(), rule_id)
    path = GOLDEN / f"{rule_id}.txt"
    if update_golden:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), "rows changed; if so meant: pytest tests/test_architecture.py --update-golden"


@pytest.mark.parametrize("rule_id", RULES)
def test_every_rule_has_a_test_that_allows_and_one_that_forbids(rule_id):
    assert rule_tests().get(rule_id) == {"holds", "is_broken_by"}


@pytest.mark.parametrize("rule_id", RULES)
def test_every_rule_is_a_sentence_with_unit_and_owner(rule_id):
    rule = RULES[rule_id]
    assert rule.rule_id == rule_id
    assert rule.sentence[0].isupper()
    assert rule.sentence.endswith(".")
    assert rule.unit
    assert rule.owner


@pytest.mark.parametrize("rule_id", MATHS)
def test_every_rule_with_rows_states_its_maths_in_its_docstring(rule_id):
    assert "$" in (MATHS[rule_id].__doc__ or "")
    assert MATHS[rule_id].__name__ == rule_id
    assert AUDITS[rule_id].__name__ == rule_id


def test_every_constraint_family_is_posted():
    written = {path.stem for path in (ROOT / "optimisation/constraints").glob("*.py")} - {"__init__"}
    assert {family.__name__.rpartition(".")[2] for family in FAMILIES} == written


@pytest.mark.parametrize("package", ["planner", "optimisation", "web", "fixtures"])
def test_every_module_says_what_it_is(package):
    silent = [p for p in (ROOT / package).rglob("*.py") if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    assert silent == []


def test_only_relaxable_rules_may_be_switched_off():
    off = {rule_id for rule_id, _ in two_schools().policy.rules_on}
    assert off <= {rule_id for rule_id, rule in RULES.items() if rule.is_relaxable}

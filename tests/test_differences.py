"""Differences between versions: every field of every noun is seen, in words."""

import json
from dataclasses import fields, replace
from enum import StrEnum

import pytest
from test_intake import full_partnership

from planner.intake.differences import Change, Difference, PolicyDifference, differences, policy_differences
from planner.intake.sheets import SHEETS
from planner.partnership import Partnership, Source
from planner.policy import load_policy

FIELDS = [(sheet, column) for sheet in SHEETS for column in sheet.columns]


def other(value):
    """Another value of the same type."""
    if isinstance(value, StrEnum):
        return next(choice for choice in type(value) if choice is not value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 7
    if isinstance(value, tuple):
        return value[::-1] if len(value) > 2 else value[:-1]
    return 7 if value is None else f"{value}x"


def changed(partnership, sheet, values):
    if not sheet.attribute:
        return replace(partnership, **values)
    first, *rest = getattr(partnership, sheet.attribute)
    return replace(partnership, **{sheet.attribute: (replace(first, **values), *rest)})


@pytest.mark.parametrize(("sheet", "column"), FIELDS, ids=[f"{sheet.name}, {column.heading}" for sheet, column in FIELDS])
def test_a_change_of_every_field_is_seen(sheet, column):
    old = full_partnership()
    row = getattr(old, sheet.attribute)[0] if sheet.attribute else old
    new = changed(old, sheet, {column.field: other(getattr(row, column.field))})
    found = [d for d in differences(old, new) if d.sheet == sheet.name]
    if sheet.attribute and column.field in sheet.key:
        assert [d.change for d in found] == [Change.ADDED, Change.REMOVED]
    else:
        (only,) = found
        assert (only.change, only.column) == (Change.CHANGED, column.heading)
        assert only.was != only.now
        assert only.row
    assert len(differences(new, old)) == len(differences(old, new))


def test_the_sheets_hold_every_field_of_every_noun():
    """So that no field of a noun can change unseen."""
    sheets = {sheet.attribute for sheet in SHEETS}
    for sheet in SHEETS:
        assert {f.name for f in fields(sheet.noun)} - sheets == {column.field for column in sheet.columns}
    assert {f.name for f in fields(Partnership)} == sheets - {""} | {c.field for c in SHEETS[0].columns}


def test_nothing_differs_from_itself_and_order_does_not_matter():
    old = full_partnership()
    assert differences(old, old) == ()
    assert differences(old, replace(old, schools=old.schools[::-1], sources=old.sources[::-1])) == ()


def test_rows_and_cells_are_said_in_words():
    old = full_partnership()
    alder, oak = old.schools
    new = replace(
        old,
        schools=(replace(alder, fsm6_pupils=None, primary_pupils=1232), replace(oak, urn=900003)),
        funds=(replace(old.funds[0], september_to_march_pounds=160000, allowed_uses=()),),
        contributions=(),
        people=(replace(old.people[0], is_vacant=False),),
    )
    found = differences(old, new)
    school = {"change": Change.CHANGED, "sheet": "Schools", "row": "Alder Primary School (900001)"}
    fund = {"change": Change.CHANGED, "sheet": "Funds", "row": "Inclusive Mainstream Fund"}
    assert found == (
        Difference(**school, column="Primary pupils", was="232", now="1,232"),
        Difference(**school, column="FSM6 pupils", was="61", now=""),
        Difference(change=Change.ADDED, sheet="Schools", row="Oak School (900003)"),
        Difference(change=Change.REMOVED, sheet="Schools", row="Oak School (900002)"),
        Difference(**fund, column="September to March", was="157,500", now="160,000"),
        Difference(**fund, column="Allowed uses", was="contingency; grants to schools", now=""),
        Difference(change=Change.REMOVED, sheet="Contributions", row="Alder Primary School (900001), Inclusive Mainstream Fund"),
        Difference(change=Change.CHANGED, sheet="People", row="Psychologist, 0.6", column="Vacant", was="yes", now="no"),
    )
    last = replace(old, last_year=(replace(old.last_year[0], amount=15), *old.last_year[1:]))
    assert differences(old, last)[0].row == "Alder Primary School (900001), County psychology"
    urn = replace(old, lead_school_urn=900002)
    assert (differences(old, urn)[0].was, differences(old, urn)[0].now) == ("900001", "900002")


def test_where_figures_come_from_is_said_by_the_names_of_their_rows():
    old = replace(full_partnership(), sources=())
    school, fund, base, person = old.schools[0], old.funds[0], old.bases[0], old.people[0]
    item = old.last_year[0].item
    said = {
        ("Schools", str(school.urn), "FSM6 pupils"): f"Schools, {school.name} ({school.urn}), FSM6 pupils",
        ("Schools", "*", "FSM6 pupils"): "Schools, all rows, FSM6 pupils",
        ("Funds", fund.fund_id, "April to August"): f"Funds, {fund.name}, April to August",
        ("Bases", base.base_id, "Cost a place"): f"Bases, {base.name}, Cost a place",
        ("People", person.person_id, "Name"): f"People, {person.name}, Name",
        ("Last year", f"{school.urn}/{item}", "Amount"): f"Last year, {school.name} ({school.urn}), County psychology, Amount",
        ("Funds", "gone", "Name"): "Funds, gone, Name",
        ("No sheet", "a/b", "Name"): "No sheet, a/b, Name",
    }
    sources = tuple(
        Source(sheet=sheet, key=key, column=column, value="", source="A paper", date="", is_assumed=False) for sheet, key, column in said
    )
    assert [one.row for one in differences(old, replace(old, sources=sources))] == list(said.values())


def test_rows_of_one_key_are_matched_in_turn():
    old = full_partnership()
    twice = replace(old, last_year=(*old.last_year, replace(old.last_year[0], amount=99)))
    assert [d.change for d in differences(old, twice)] == [Change.ADDED]
    assert differences(twice, twice) == ()


# --- policies ---


def laid_over(tmp_path, toml):
    path = tmp_path / "policy.toml"
    path.write_text(toml, encoding="utf-8")
    return load_policy(path).document


def test_a_policy_does_not_differ_from_itself():
    assert policy_differences(load_policy().document, load_policy().document) == ()


def test_changed_settings_are_named_by_their_path(tmp_path):
    new = laid_over(
        tmp_path,
        "[board]\nline_percent = 80\nnegligible_pupils = 0.25\n[rules]\nmoney_cap = false\n"
        '[benefit]\nmet_percent = [0, 70, 100]\n[[standards]]\nid = "neli_reception"\nshare_percent = 40\n'
        "[roles.specialist_teacher]\nminimum_block_sessions = 9\n",
    )
    assert policy_differences(load_policy().document, new) == (
        PolicyDifference(path="board.line_percent", was="70", now="80", unit="percent of need met"),
        PolicyDifference(path="board.negligible_pupils", was="0.1", now="0.25", unit="expected pupils"),
        PolicyDifference(path="rules.money_cap", was="yes", now="no"),
        PolicyDifference(path="benefit.met_percent", was="0; 60; 100", now="0; 70; 100"),
        *(d for d in policy_differences(load_policy().document, new) if d.path.startswith("roles.")),
        PolicyDifference(path="standards.neli_reception.share_percent", was="30", now="40"),
    )
    assert any(d.path.startswith("roles.specialist_teacher") for d in policy_differences(load_policy().document, new))


def test_a_new_source_alone_is_told(tmp_path):
    new = laid_over(tmp_path, '[board]\nline_percent = { value = 70, source = "Minutes of 3 May", confidence = "set by the board" }\n')
    found = policy_differences(load_policy().document, new)
    assert [(d.path, d.now) for d in found] == [
        ("board.line_percent.source", "Minutes of 3 May"),
        ("board.line_percent.confidence", "set by the board"),
    ]


def test_every_leaf_of_a_policy_is_seen():
    document = json.loads(load_policy().document)

    def leaves(node, path=()):
        if isinstance(node, dict) and set(node) != {"decimal"}:
            for key, value in node.items():
                yield from leaves(value, (*path, key))
        elif isinstance(node, list):
            for number, value in enumerate(node):
                yield from leaves(value, (*path, number))
        else:
            yield path

    text, seen = json.dumps(document), 0
    for path in leaves(document):
        changed = json.loads(text)
        node = changed
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = "something else"
        assert policy_differences(text, json.dumps(changed)), path
        seen += 1
    assert seen > 500


def test_a_standard_added_is_told_with_all_it_says():
    old = json.loads(load_policy().document)
    new = json.loads(load_policy().document)
    new["standards"].append({**new["standards"][0], "id": "ours"})
    found = policy_differences(json.dumps(old), json.dumps(new))
    assert {d.was for d in found} == {""}
    assert all(d.path.startswith("standards.ours.") for d in found)
    assert len(found) == len(new["standards"][-1])

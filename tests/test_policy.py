"""The policy: every setting has its limits, and what cannot be right is refused in one sentence that names it."""

import copy
import json
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from builders import a_partnership, a_policy, the_pack

from planner.errors import InputMustBeMended
from planner.need import picture_need
from planner.policy import _NUMBERS, LATER_SETTINGS, _find, load_policy, policy_from_document, policy_from_text, with_settings
from planner.rules import RULES

STANDARD = "social_communication_group"
NEW = {
    "id": "new", "name": "New", "need": "ASD", "tier": "targeted", "phase": "any", "share_percent": 10,
    "sessions_per_100_pupils": {"specialist_teacher": 10}, "evidence": "", "step_up": "", "review_week": 1,
    "source": "", "confidence": "unconfirmed",
}  # fmt: skip


def changed(path, value):
    """A board's changes that set one value."""
    table, *rest = path.split(".")
    if table == "standards":
        return {"standards": [{"id": rest[0], **nested(".".join(rest[1:]), value)}]}
    return nested(path, value)


def nested(path, value):
    for name in reversed(path.split(".")):
        value = {name: value}
    return value


def refused(changes):
    with pytest.raises(InputMustBeMended) as refusal:
        a_policy(changes)
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


# --- each figure ---------------------------------------------------------------------------

BELOW_AND_ABOVE = [
    ("board.line_percent", 0, 101),
    ("board.contingency_percent", -1, 101),
    ("board.moderated_pot_percent", -1, 101),
    ("board.money_floor_percent", -101, 1001),
    ("board.money_cap_percent", -101, 10**7),
    ("board.sessions_floor_percent", -101, 1001),
    ("board.negligible_pupils", -1, 10**7),
    ("board.september_to_march_months", 0, 12),
    ("board.schools_in_a_zone", 0, 10**7),
    ("need.adjustment_limit_percent", -1, 101),
    ("need.all_through_primary_percent", -1, 101),
    ("need.driver_weights.pupils", -1, 101),
    ("need.reference_shares.primary.fsm6", 0, 101),
    ("need.reference_shares.secondary.sen_support", 0, 101),
    ("need.any_sen_percent.primary", -1, 101),
    ("need.types.HI.secondary_percent_of_sen", -1, 101),
    ("priorities.targeted", 0, 10**7),
    ("adult_hours.pounds_per_hour", 0, 10**7),
    ("roles.educational_psychologist.minimum_block_sessions", -1, 10**7),
    ("roles.educational_psychologist.value_pounds_per_session", -1, 10**7),
    ("roles.educational_psychologist.vacancy_held_back_percent", -1, 101),
    ("bases.places_per_teacher", 0, 10**7),
    ("bases.teacher_cost_pounds", -1, 10**8),
    ("bases.opening_cost_pounds", -1, 10**8),
    ("bases.most_places", 0, 10**7),
    ("bases.smallest_primary_places", -1, 10**7),
    ("bases.primary_reach_metres", -1, 10**8),
    ("assume.capital_pounds_per_pupil", -1, 10**7),
    ("assume.pupils_per_teacher_of_vision", 0, 10**8),
    ("assume.sessions_per_wte", 0, 391),
    ("assume.schools_to_a_primary_base", 0, 10**7),
    (f"standards.{STANDARD}.share_percent", 0, 101),
    (f"standards.{STANDARD}.group_size", 0, 10**7),
    (f"standards.{STANDARD}.adult_hours_per_group_week", -1, 10**7),
    (f"standards.{STANDARD}.weeks", -1, 53),
    (f"standards.{STANDARD}.review_week", -1, 53),
    (f"standards.{STANDARD}.sessions_per_100_pupils.specialist_teacher", -1, 10**7),
]


@pytest.mark.parametrize(("path", "below", "above"), BELOW_AND_ABOVE)
def test_a_figure_outside_its_limits_is_named_with_them(path, below, above):
    for value in (below, above):
        assert re.search(
            rf"{re.escape(path)} must be a (whole )?number, .* and at most [0-9]+; it is {value}\.", refused(changed(path, value))
        )


WHOLE = [setting for setting, _, _, is_whole in _NUMBERS if is_whole and setting.startswith("b")]


@pytest.mark.parametrize("path", WHOLE)
def test_what_must_be_whole_is_not_rounded(path):
    assert f"{path} must be a whole number" in refused(changed(path, Decimal("3.5")))


def test_whole_numbers_may_be_written_with_a_nought():
    assert a_policy({"board": {"september_to_march_months": Decimal("6.0")}}).board.september_to_march_months == 6


def figures():
    """Every figure of the pack, those of standards included, by its path and as the pack has it."""
    policy = load_policy()
    tree = {
        **the_pack(),
        "standards": {s.standard_id: next(d for d in the_pack()["standards"] if d["id"] == s.standard_id) for s in policy.standards},
    }
    paths = [".".join(path) for setting, *_ in _NUMBERS for path, _ in _find(tree, setting)]
    assert {f.path for f in policy.figures} <= set(paths)
    return paths


def refused_or_usable(changes):
    try:
        policy = a_policy(changes)
    except InputMustBeMended as refusal:
        sentence = str(refusal)
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert not re.search(r"Error|Traceback|Fraction|Decimal|object|NoneType|<", sentence)
        return False
    picture_need(a_partnership(), policy)
    return True


@pytest.mark.parametrize("value", ["lots", "12", True, [1], "inf", "nan", "1e999999999", "1e-999999999", 10**400], ids=str)
def test_no_figure_may_be_anything_but_a_number_of_sense(value):
    is_number_text = isinstance(value, str) and value not in {"lots", "12"}
    for path in figures():
        assert path in refused(changed(path, Decimal(value) if is_number_text else value))


@pytest.mark.parametrize("value", [-1, 0, 1, 100, 10**6, 10**9, Decimal("0.5")])
def test_every_figure_loads_or_is_refused(value):
    loaded = sum(refused_or_usable(changed(path, value)) for path in figures())
    assert (loaded == 0) == (value == 10**9)


# --- settings that are not figures ---------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"board": {"contingency_percent": 60, "moderated_pot_percent": 40}}, "moderated_pot_percent together must be under 100"),
        ({"board": {"money_cap_percent": -60}}, "money_cap_percent must be at least board.money_floor_percent"),
        ({"board": {"line": 70}}, "sets board.line, which the pack does not know"),
        ({"board": 70}, "sets board to a single value"),
        ({"board": {"line_percent": {"vlaue": 70}}}, "sets board.line_percent.vlaue; a figure has"),
        ({"board": {"line_percent": {"value": 70, "confidence": "quite"}}}, "confidence of board.line_percent must be one of"),
        ({"need": {"driver_weights": {"pupils": 40}}}, "must add up to 100; they come to 90"),
        ({"need": {"types": {"HI": {"drivers": "yes"}}}}, "need.types.HI.drivers must be true or false; it is 'yes'"),
        ({"need": {"other_codes": {"codes": "SLD"}}}, "need.other_codes.codes must be a list"),
        ({"need": {"other_codes": {"codes": [1]}}}, "each of need.other_codes.codes must be text"),
        ({"roles": {"teacher_of_vision": {"serves": "everybody"}}}, "serves must be one of school, zone; it is 'everybody'"),
        ({"roles": {"teacher_of_vision": {"name": ""}}}, "roles.teacher_of_vision.name must be text"),
        ({"rules": {"money_floor": 0}}, "rules.money_floor must be true or false; it is 0"),
        ({"rules": {"statutory_first": False}}, "rules.statutory_first is not a rule that may be switched off; those are contingency_held,"),
        ({"rules": {"host_consent": False}}, "rules.host_consent is not a rule that may be switched off"),
        ({"rules": {"mony_floor": False}}, "rules.mony_floor is not a rule"),
        ({"benefit": {"dose_percent": [0, 100]}}, "lists of the same length"),
        ({"benefit": {"dose_percent": 50}}, "benefit.dose_percent must be a list; it is 50"),
        ({"benefit": {"dose_percent": [0, "half", 100]}}, "each of benefit.dose_percent must be a number"),
        ({"benefit": {"dose_percent": [], "met_percent": []}}, "must start at 0"),
        ({"benefit": {"dose_percent": [0, 50, 90]}}, "must start at 0, end at 100"),
        ({"benefit": {"dose_percent": [0, 0, 100]}}, "rise in dose"),
        ({"benefit": {"met_percent": [0, 0, 100]}}, "met_percent must rise"),
        ({"benefit": {"met_percent": [0, 40, 100]}}, "never rise faster later"),
        ({"assume_needs": {"open_base": []}}, "assume_needs.open_base must name need codes"),
        ({"assume_needs": {"open_base": ["XYZ"]}}, "assume_needs.open_base must name need codes"),
        ({"standards": {"id": "x"}}, "must each be a table headed"),
        ({"standards": ["x"]}, "must each be a table headed"),
        ({"standards": [{"name": "x"}]}, "must each be a table headed"),
        ({"standards": [{"id": 5}]}, "must each be a table headed"),
        ({"standards": [{"id": STANDARD, "is_on": "no"}]}, f"standards.{STANDARD}.is_on must be true or false"),
        ({"standards": [{"id": STANDARD, "tier": "gold"}]}, f"standards.{STANDARD}.tier must be one of"),
        ({"standards": [{"id": STANDARD, "phase": "all-through"}]}, f"standards.{STANDARD}.phase must be one of primary, secondary, any"),
        ({"standards": [{"id": STANDARD, "need": "NSA"}]}, "which need.types does not describe"),
        ({"standards": [{"id": STANDARD, "share_precent": 5}]}, f"standards.{STANDARD}.share_precent is not a setting the planner knows"),
        ({"standards": [{"id": STANDARD, "sessions_per_100_pupils": 5}]}, "sessions_per_100_pupils must be a table"),
        ({"standards": [{"id": STANDARD, "sessions_per_100_pupils": {"wizard": 5}}]}, "asks for time of wizard, which roles does not describe"),
        ({"standards": [{"id": STANDARD, "sessions_per_100_pupils": {"teacher_of_vision": 5}}]}, "split it in two"),
        ({"standards": [{**NEW, "sessions_per_100_pupils": {"specialist_teacher": 0}}]}, "standards.new asks for nothing"),
        ({"standards": [{**NEW, "place": True}]}, "standards.new is a place"),
        ({"standards": [{**NEW, "adult_hours_per_group_week": 1, "weeks": 5}]}, "standards.new.group_size is missing"),
        ({"standards": [{n: v for n, v in NEW.items() if n != "share_percent"}]}, "standards.new.share_percent is missing"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_in_one_sentence(changes, says):
    assert says in refused(changes)


def test_what_may_be_so_is_so():
    assert a_policy({"board": {"money_cap_percent": -60}, "rules": {"money_cap": False}}).board.money_cap_percent == -60
    assert a_policy({"standards": [NEW]}).standard("new").sessions_per_pupil == (("specialist_teacher", Fraction(1, 10)),)
    kept = a_policy({"standards": [{"id": STANDARD, "sessions_per_100_pupils": {"specialist_teacher": 0}}]}).standard(STANDARD)
    assert kept.sessions_per_pupil == ()
    assert kept.hours_per_pupil
    assert STANDARD not in {s.standard_id for s in a_policy({"standards": [{"id": STANDARD, "is_on": False, "tier": "?"}]}).standards}


def test_every_rule_of_the_pack_may_be_switched_off_and_no_other_the_board_owns():
    listed = {rule_id for rule_id, _ in load_policy().rules_on}
    assert listed == {r.rule_id for r in RULES.values() if r.is_relaxable and r.relaxed_by != "host school"}


# --- files and plans -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("board = ", "is not valid TOML"),
        ("[board]\nline_percent = " + "9" * 5000, "too large to be true"),
        ("x = " + "[" * 20_000, "too large to be true"),
        ("[board]\nline_percent = inf", "board.line_percent must be a number"),
        ("[board]\nline_percent = 1e999999999", "board.line_percent must be a number"),
        ("[board]\nline_percent = 2026-11-01", "board.line_percent must be a number, at least 1 and at most 100; it is '2026-11-01'"),
        ("[board]\nline_percent = 0.65", "at least 1 and at most 100; it is 0.65. For 65 percent write 65."),
        ("date = 5", "date must be text; it is 5"),
    ],
)
def test_a_board_s_file_that_cannot_be_used(tmp_path, text, says):
    (tmp_path / "board.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputMustBeMended, match=re.escape(says)) as refusal:
        load_policy(tmp_path / "board.toml")
    assert "\n" not in str(refusal.value)


def test_an_unquoted_date_is_read_as_text(tmp_path):
    (tmp_path / "board.toml").write_text("date = 2026-12-01\nboard.line_percent = { value = 65.5, date = 2026-12-02 }", encoding="utf-8")
    policy = load_policy(tmp_path / "board.toml")
    assert policy.date == "2026-12-01"
    assert next(f for f in policy.figures if f.path == "board.line_percent").date == "2026-12-02"
    assert policy.board.line_percent == Fraction(131, 2)
    assert policy_from_text(policy.document) == policy


def refusal_of(document):
    try:
        policy_from_document(document)
    except InputMustBeMended as refusal:
        return str(refusal)
    return ""


def test_a_policy_that_lacks_something_is_refused_by_name():
    def without(node, path):
        for name in list(node):
            value = node[name]
            if isinstance(value, dict) and "value" not in value:
                yield from without(value, (*path, name))
            yield (*path, name)

    lacking = 0
    for path in without(the_pack(), ()):
        document = copy.deepcopy(the_pack())
        node = document
        for name in path[:-1]:
            node = node[name]
        del node[path[-1]]
        refusal = refusal_of(document)
        lacking += bool(refusal)
        # A need or role that goes is named by what still asks for it.
        assert refusal == "" or path[-1] in refusal or path[:2] == ("need", "types") or path[0] == "roles"
    assert lacking > 100


@pytest.mark.parametrize("text", ["", "[]", "5", '{"id": {"decimal": "x"}}', '{"board": NaN}', "{}", '{"standards": [{"id": "x"}]}'])
def test_an_altered_policy_inside_a_plan_is_refused(text):
    with pytest.raises(InputMustBeMended):
        policy_from_text(text)


def test_a_figure_of_a_plan_that_is_not_a_number():
    document = json.loads(load_policy().document)
    document["board"]["line_percent"]["value"] = {"decimal": "Infinity"}
    with pytest.raises(InputMustBeMended, match=re.escape("board.line_percent must be a number")):
        policy_from_text(json.dumps(document))


def test_a_policy_from_before_the_rules_of_fairness_is_read_with_them_off_and_keeps_its_text():
    """What was saved says nothing of them; the pack's settings stand in their place, and the board may set them."""
    document = json.loads(a_policy().document)
    for table, name in (path.split(".") for path in LATER_SETTINGS):
        del document[table][name]
    text = json.dumps(document)
    old = policy_from_text(text)
    assert json.loads(old.document) == document
    assert old.board == a_policy().board
    assert not old.is_on("phase_balance")
    assert dict(old.rules_on) == dict(a_policy().rules_on)
    new = with_settings(old, {"board": {"host_share_percent": 40}, "rules": {"host_share": True}})
    assert (new.board.host_share_percent, new.is_on("host_share"), new.is_on("sessions_cap")) == (40, True, False)


def test_a_floor_and_a_cap_are_compared_only_where_both_hold_this_year_at_any_price():
    caps = {"money_cap_percent": -20, "money_floor_percent": -10, "money_taper_years": 4, "money_taper_year": 2}
    assert a_policy({"board": caps}).board.money_floor_now_percent < -20
    with pytest.raises(InputMustBeMended, match="money_cap_percent must be at least"):
        a_policy({"board": {**caps, "money_taper_year": 1}})
    time = {"board": {"sessions_cap_percent": -60, "sessions_floor_percent": -50}, "rules": {"sessions_cap": True}}
    assert a_policy({**time, "prices": {"sessions_cap": 1}}).price("sessions_cap") == 1


def test_the_floor_of_a_grant_tapers_by_equal_steps_in_pounds_to_none():
    floors = [
        a_policy({"board": {"money_floor_percent": -10, "money_taper_years": 4, "money_taper_year": year}}).board.money_floor_now_percent
        for year in (1, 2, 3, 4, 5)
    ]
    assert floors == [-10, Fraction(-100, 3), -50, -100, -100]
    pounds = [Fraction(12_000)]
    for floor in floors[1:4]:
        pounds.append(pounds[-1] * (100 + floor) / 100)
    assert pounds == [12_000, 8_000, 4_000, 0]
    assert a_policy({"board": {"money_floor_percent": -10, "money_taper_year": 3}}).board.money_floor_now_percent == -10


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"board": {"standard_floors": {"no_such": 50}}}, "board.standard_floors names no_such, which is no standard"),
        ({"board": {"standard_floors": {"elsa_primary": 101}}}, "board.standard_floors.elsa_primary must be a whole number"),
        ({"board": {"money_taper_years": 1}}, "board.money_taper_years must be 0"),
        ({"board": {"sessions_cap_percent": -60, "sessions_floor_percent": -50}, "rules": {"sessions_cap": True}}, "sessions_cap_percent must be at least"),
    ],
)  # fmt: skip
def test_settings_of_fairness_that_cannot_be_are_refused(changes, said):
    with pytest.raises(InputMustBeMended, match=re.escape(said)):
        a_policy(changes)

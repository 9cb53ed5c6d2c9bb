"""What each setting of a policy is called on pages, never by its key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from planner.partnership import HALF_TERMS
from planner.policy import PRICES, Policy
from planner.rules import RULES
from web.bring.policy_settings import DRIVERS
from web.words import TIERS, upper_first

_PHASES = ("primary", "secondary")
_ABOUT = {"source": "where it is from", "date": "the date of its source", "confidence": "how sure it is", "unit": "what it counts"}
"""What may stand beside a figure."""
_SHARES = {**DRIVERS, "sen_support": "SEN support"}
_WORDS = {
    "benefit": "What support meets", "assume_needs": "Needs that are assumed", "calendar": "The calendar", "standards.*.source": "Where it is from",
    "standards.*.date": "The date of its source", "standards.*.confidence": "How sure it is",
    "id": "The policy's short name", "title": "Title", "version": "Version", "date": "Date",
    "board.line_percent": "The line", "board.contingency_percent": "Held as contingency", "board.moderated_pot_percent": "Kept for the moderated pot",
    "board.money_floor_percent": "Floor of a school's grant", "board.money_cap_percent": "Cap on a school's grant",
    "board.sessions_floor_percent": "Floor of a school's specialist time", "board.negligible_pupils": "A need too small to plan for",
    "board.september_to_march_months": "Months from September to March", "board.schools_in_a_zone": "Size of a zone",
    "board.cohort_fill_percent": "New places given in the first year", "board.next_year_affordable_percent": "Most the same plan may cost next year",
    "board.host_share_percent": "Most of a base for the host's own pupils", "board.secondary_places_per_1000": "Places that secondaries come to have",
    "board.secondary_places_target_year": "Year in which they have them", "board.money_taper_years": "How long the floor of a grant tapers",
    "board.money_taper_year": "Year of the taper", "board.sessions_cap_percent": "Cap on a school's specialist time",
    "board.standard_floors": "Floor on a standard", "board.standard_floors.*": "Floor on a standard: {standard}",
    "need.adjustment_limit_percent": "Most that drivers may move a need, either way", "need.all_through_primary_percent": "Primary part of an all-through school",
    "need.driver_weights.*": "Weight of {driver}",
    "need.types.*.name": "Name of a need: {need}", "need.types.*.drivers": "Whether drivers move a need: {need}",
    "need.other_codes.codes": "Recorded needs that are spread over the others",
    "priorities.*": "Weight of a {tier} need",
    "benefit.dose_percent": "Shares of full support", "benefit.met_percent": "What they meet of a need",
    "adult_hours.pounds_per_hour": "Pounds for an hour of a trained adult",
    "roles.*.name": "Name", "roles.*.short": "Short name", "roles.*.serves": "Whether it serves schools or zones",
    "roles.*.minimum_block_sessions": "Smallest block", "roles.*.value_pounds_per_session": "What a half-day is worth",
    "roles.*.vacancy_held_back_percent": "Vacancy held back",
    "bases.teacher_cost_pounds": "A teacher in charge, a year", "bases.place_cost_pounds": "A place beside its teacher, a year",
    "bases.opening_cost_pounds": "Opening a base, once", "bases.place_funding_on_roll_pounds": "Funding of a place for a pupil on roll",
    "bases.places_per_teacher": "Places for each teacher", "bases.most_places": "Most places of a base", "bases.lead_in_months": "Lead-in of a new base",
    "roster.non_driver_reach_metres": "How far somebody who does not drive is sent",
    "assume.inclusive_mainstream_fund_pounds_per_pupil": "Inclusive mainstream fund, for each pupil",
    "assume.devolved_high_needs_pounds_per_pupil": "Devolved high-needs money, for each pupil", "assume.capital_pounds_per_pupil": "Capital, for each pupil",
    "assume.*_pounds_per_pupil": "{fund}, for each pupil",
    "assume.pupils_per_*": "Pupils for a full-time post: {role}",
    "assume.sessions_per_wte": "Half-days a year of a full-time post", "assume.educational_psychologist_statutory_percent": "Statutory part of a psychologist's time",
    "assume.last_year_sessions_percent": "Last year's half-days, as a part of this year's", "assume.last_year_grant_percent": "Last year's grants, as a part of this year's",
    "assume.most_times_roll_changed": "Most that a roll is taken to have changed, times over", "assume.few_pupils": "Fewer pupils than this get no small part of a post",
    "assume.schools_to_a_primary_base": "Primary schools for each possible base", "assume.most_new_secondary_bases": "Most possible bases in secondaries",
    "assume.new_base_sizes": "Sizes a possible base may have", "assume.places_between_sizes": "Places between two sizes",
    "assume_needs.new_base_primary": "Needs of a possible primary base", "assume_needs.new_base_secondary": "Needs of a possible secondary base",
    "assume_needs.open_base": "Needs of an open base",
    "publication.fewest_pupils_shown": "Smallest number of pupils that is published",
    "calendar.half_terms_begin": "Days on which half-terms begin",
    "standards.*.id": "Short name", "standards.*.name": "Name", "standards.*.need": "Need", "standards.*.tier": "Tier", "standards.*.phase": "Phase",
    "standards.*.share_percent": "Pupils with the need whom it is for", "standards.*.group_size": "Pupils in a group",
    "standards.*.adult_hours_per_group_week": "Hours of a trained adult, for a group in a week", "standards.*.weeks": "Weeks",
    "standards.*.sessions_per_100_pupils.*": "Half-days for 100 pupils: {role}", "standards.*.evidence": "Evidence", "standards.*.step_up": "What comes next if it is not enough",
    "standards.*.review_week": "Week of the review", "standards.*.place": "Whether it takes a place in a base", "standards.*.is_on": "Whether it is in use",
}  # fmt: skip
"""A setting by its path -> its name; ``*`` stands for any name."""
for _phase in _PHASES:
    _WORDS |= {
        f"need.reference_shares.{_phase}.*": f"Usual share in {_phase} schools: {{driver}}",
        f"need.any_sen_percent.{_phase}": f"Pupils with any special educational need, {_phase}",
        f"need.types.*.{_phase}_percent_of_sen": f"Part of all special educational needs, {_phase}: {{need}}",
        f"bases.smallest_{_phase}_places": f"Fewest places of a {_phase} base", f"bases.{_phase}_reach_metres": f"How far a {_phase} base reaches",
        f"assume.{_phase}_pupils": f"Pupils of a {_phase} school whose roll is not known",
        f"assume.new_base_{_phase}_places": f"Places of a possible {_phase} base",
    }  # fmt: skip
_WORDS |= {f"roster.weeks_half_term_{n}": f"Weeks of half-term {n}" for n in range(1, HALF_TERMS + 1)}


def names_of(*policies: Policy) -> dict[str, str]:
    """What policies name themselves, by its path: roles, needs and standards."""
    named = [(f"{part}.{key}", name) for policy in policies for part, key, name in _named(policy)]
    return dict(named)


def _named(policy: Policy) -> Iterator[tuple[str, str, str]]:
    yield from (("roles", role.role_id, role.name) for role in policy.roles)
    yield from (("need.types", need.code, need.name) for need in policy.need_types)
    yield from (("standards", standard.standard_id, standard.name) for standard in policy.standards)


def setting_words(path: str, names: Mapping[str, str]) -> str:
    """A setting by its path in words; ``names`` as ``names_of`` gives them. What has no words here is said by its key."""
    parts = path.split(".")
    if parts[0] in {"rules", PRICES}:
        return RULES[parts[-1]].sentence
    about = ""
    if path not in _WORDS and parts[-1] in _ABOUT and parts[0] != "standards":
        about = f": {_ABOUT[parts.pop()]}"
    for pattern, words in _WORDS.items():
        wanted = pattern.split(".")
        if len(wanted) == len(parts) and all(map(fnmatchcase, parts, wanted)):
            last = parts[-1]
            said = words.format(
                driver=_SHARES.get(last, ""), tier=TIERS.get(last, ""), need=names.get(".".join(parts[:3]), ""),
                role=names.get(f"roles.{last.removeprefix('pupils_per_')}", ""), standard=names.get(f"standards.{last}", ""),
                fund=_spelt(last.removesuffix("_pounds_per_pupil")),
            )  # fmt: skip
            return upper_first(said) + about
    return upper_first(_spelt(parts[-1])) + about


def _spelt(key: str) -> str:
    return key.replace("_", " ")

"""Writes ``docs/model.md`` from the model itself: decisions, rules, hulls, search, levels, certificate, trials.

Run ``python -m optimisation.model_page > docs/model.md``. What a machine can know is read from the
code (names, units, formulas, counts, limits); the words between are here, and hold no figure of their own.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from fixtures import path_of
from optimisation import certify, clash, counts, highs, hulls, mends, progress, search, solve, trial, worker
from optimisation.asked import Aim
from optimisation.highs import compile_model
from optimisation.model import TIDY_POINTS, build_model, need_met_points, shortfall_points
from optimisation.model_words import AFTER_RULES, BEFORE_RULES
from optimisation.prices import price_points
from optimisation.registry import MATHS, SHAPES
from optimisation.variables import DECISIONS
from optimisation.written_rows import SWITCHED_ON, as_if_asked, written_rows
from planner import certificate
from planner.audit import AUDITS
from planner.intake.parsing import read_partnership
from planner.need import World, benefit_segments, world_of
from planner.policy import MAY_BE_OFF, MAY_BE_PRICED, load_policy
from planner.rules import RULES, Rule

_GREEK = ("phi", "kappa", "sigma", "tau")
_LONG = (*(decision.name for decision in DECISIONS), "given", "right")
_SYMBOL = re.compile(r"^(\S.*?)\s{2,}(.+?)\s+\(([^()]+)\)$")
_SIGNS = {">=": "≥", "<=": "≤"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A rule's docstring taken apart: its maths in a sentence, its symbols (LaTeX, meaning, source), and notes."""

    maths: str
    symbols: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]


def model_page() -> str:
    """The page of the model as markdown."""
    small, demonstration = _world("two_schools"), _world("demonstration")
    figures = _figures(demonstration)
    return "\n".join([
        _filled(BEFORE_RULES, figures),
        *_summary(small, demonstration),
        "",
        *(line for rule in RULES.values() for line in rule_section(rule, small)),
        _filled(AFTER_RULES, figures).rstrip(),
        "",
    ])  # fmt: skip


def statement_of(rule: Rule) -> Statement:
    """What the docstring of a rule's rows or shape states."""
    about = inspect.getdoc(MATHS.get(rule.rule_id) or SHAPES[rule.rule_id]) or ""
    maths, *rest = about.split("\n\n")
    symbols: list[tuple[str, str, str]] = []
    notes: list[str] = []
    for paragraph in rest:
        rows = [_SYMBOL.match(line) for line in paragraph.splitlines()]
        if all(rows):
            symbols += [(_symbols(row[1]), row[2].strip(), row[3]) for row in rows if row]
        else:
            notes.append(_code(" ".join(paragraph.split())))
    return Statement(maths=_upright(" ".join(maths.split())), symbols=tuple(symbols), notes=tuple(notes))


def rule_section(rule: Rule, world: World) -> Iterator[str]:
    """One rule with all its faces."""
    stated = statement_of(rule)
    audit = (inspect.getdoc(AUDITS[rule.rule_id]) or "").partition("\n")[0]
    for words, sign in _SIGNS.items():
        audit = audit.replace(words, sign)
    yield from (f"### `{rule.rule_id}`", "", f"**{rule.sentence}**", "", stated.maths, "")
    yield from ("| symbol | meaning | from |", "|---|---|---|")
    yield from (f"| {symbol} | {meaning} | {source} |" for symbol, meaning, source in stated.symbols)
    yield ""
    yield from (line for note in stated.notes for line in (note, ""))
    yield f"- *Missed by* {rule.unit}. *Whose rule:* {rule.owner}. *May relax it:* {rule.relaxed_by or 'nobody'}. *In the policy:* {_switch(rule)}."
    yield f"- *Audit:* {audit}"
    yield f"- *{'Row' if rule.rule_id in MATHS else 'Variable'} of two schools:* {_example(world, rule)}"
    yield ""


def _switch(rule: Rule) -> str:
    if rule.rule_id not in MAY_BE_OFF:
        return "always on"
    switch = "the board may switch it off" if load_policy().is_on(rule.rule_id) else "off until the board switches it on"
    priced = f", or it may give way at a price (`prices.{rule.rule_id}`)" if rule.rule_id in MAY_BE_PRICED else ""
    return f"{switch} (`rules.{rule.rule_id}`){priced}"


def _example(world: World, rule: Rule) -> str:
    row = next(written_rows(as_if_asked(world, rule.rule_id), rule.rule_id), None)
    if row is None:
        return "none: they hold nothing that it is about"
    asked = "; ".join(f"{path} = {str(value).lower()}" for path, value in SWITCHED_ON.get(rule.rule_id, {}).items())
    return f"`{row}`" + (f" (with `{asked}`; the shipped policy does not ask it)" if asked else "")


def _summary(small: World, demonstration: World) -> Iterator[str]:
    """How many rows each rule has in both fixtures."""
    yield "| rule | sentence | rows, two schools | rows, demonstration |"
    yield "|---|---|---|---|"
    for rule in RULES.values():
        counts = [
            str(len(list(written_rows(world, rule.rule_id)))) if rule.rule_id in MATHS else "by construction"
            for world in (small, demonstration)
        ]
        yield f"| [`{rule.rule_id}`](#{rule.rule_id}) | {rule.sentence} | {' | '.join(counts)} |"


# --- the words between -------------------------------------------------------------------


def _figures(world: World) -> dict[str, str]:
    """What the words between leave open, read from the code and the demonstration."""
    tight, plain = (compile_model(build_model(world, is_tight=is_tight)) for is_tight in (True, False))
    rows, columns, whole = plain.size
    return {
        "DECISIONS": "\n".join(_decisions()),
        "SEGMENTS": "\n".join(_segments(world)),
        "LINE": f"{float(world.policy.board.line_percent):g}",
        "SHORTFALL": _formula(shortfall_points),
        "PRICES": _formula(price_points),
        "NEED_MET": _formula(need_met_points),
        "PLACES_HULL": _formula(hulls.hull_of_places),
        "OPEN_HULL": _formula(hulls.places_where_open),
        "ROWS": f"{rows:,}", "COLUMNS": f"{columns:,}", "WHOLE": f"{whole:,}", "HULL_ROWS": f"{tight.size[0] - rows:,}",
        "TIDY_POINTS": f"{TIDY_POINTS:g}", "SHARE_OF_GAP": f"{search.SHARE_OF_GAP:.0%}", "LEAST_GAP": f"{search.LEAST_GAP:g}",
        "SHARE_OF_TIME": f"{search.SHARE_OF_TIME:.0%}", "WHOLE_GAP": f"{search.WHOLE_GAP:g}", "WHOLE_SECONDS": f"{search.WHOLE_SECONDS:g}",
        "SPLIT": _names(search.SPLIT), "LEAST_BASES": str(counts.LEAST_BASES), "HELD": _names(search.HELD),
        "SHARE_OF_UNUSED": f"{search.SHARE_OF_UNUSED:.0%}",
        "TOLERANCE_SHARE": f"{worker.TOLERANCE_SHARE:.0%}", "LEAST_TOLERANCE": f"{worker.LEAST_TOLERANCE_POINTS:g}",
        "WEIGHT": f"{worker.SHORTFALL_WEIGHT:g}", "SHARE_OUT_GAP": f"{worker.SHARE_OUT_GAP_POINTS:g}",
        "FIRST_TIME": f"{worker.SHARE_OF_TIME[0]:.0%}", "SECOND_TIME": f"{worker.SHARE_OF_TIME[1]:.0%}",
        "SAFETY": f"{progress.SAFETY:g}", "CANARY": f"{highs.CANARY_TOLERANCE:g}", "MEMORY": f"{solve.MEMORY_MEGABYTES:,}", "LATE": f"{solve.LATE_SECONDS:g}",
        "DECIMALS": str(certificate.DECIMALS), "SPARE": f"{certify.SPARE_POINTS:g}",
        "AIMS": "\n".join(f"| `{aim.name}` | {aim.value} |" for aim in Aim),
        "TIDY": f"{trial.TIDY:g}", "CAP_SLACK": f"{trial.CAP_SLACK_POINTS:g}",
        "MOST_MENDS": str(mends.MOST_MENDS), "NEARLY_ONE": f"{mends.NEARLY_ONE:g}", "SHARE_GAP": f"{mends.SHARE_GAP:g}", "HINT": f"{clash.HINT:g}",
    }  # fmt: skip


def _filled(words: str, figures: dict[str, str]) -> str:
    return re.sub(r"«(\w+)»", lambda found: figures[found[1]], words)


def _decisions() -> Iterator[str]:
    yield "| symbol | meaning | unit | domain | at most |"
    yield "|---|---|---|---|---|"
    for d in DECISIONS:
        yield f"| {_symbols(f'{d.name}_{d.index}')} | {d.meaning} | {d.unit} | {d.domain} | {d.most} |"


def _segments(world: World) -> Iterator[str]:
    yield "| j | width $a_j$, percent of need | dose $\\delta_j$, percent | $d_j = \\delta_j / a_j$ | below the line |"
    yield "|---|---|---|---|---|"
    for j, (width, dose, is_below) in enumerate(benefit_segments(world.policy)):
        yield f"| {j} | {float(width) * 100:g} | {float(dose) * 100:g} | {float(dose / width):.4g} | {'yes' if is_below else 'no'} |"


def _formula(of: object) -> str:
    """The formula at the beginning of a docstring."""
    found = re.match(r"\$[^$]+\$", inspect.getdoc(of) or "")
    assert found is not None, f"{of} states no formula"
    return _upright(found[0])


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


# --- symbols -----------------------------------------------------------------------------


def _symbols(text: str) -> str:
    """Symbols as docstrings write them (``base_size_bk, phi``) as LaTeX."""
    return ", ".join(_symbol(part) for part in text.split(", "))


def _symbol(text: str) -> str:
    name, _, index = text.rpartition("_")
    name, index = (name, f"_{{{index}}}") if name else (text, "")
    escaped = name.replace("_", r"\_")
    return _upright(f"${chr(92) if name in _GREEK else ''}{escaped}{index}$")


def _upright(text: str) -> str:
    """Long names set as words, not as products of letters."""
    for name in sorted(_LONG, key=len, reverse=True):
        escaped = name.replace("_", r"\_")
        word = r"\\mathit{" + escaped.replace("\\", r"\\") + "}_"
        text = re.sub(rf"(?<![a-z\\{{_]){re.escape(escaped)}_(?=[{{a-z])", word, text)
    return text


def _code(text: str) -> str:
    return text.replace("``", "`")


def _world(name: str) -> World:
    """The world of a fixture."""
    folder = path_of(name)
    policy = load_policy(folder / "policy.toml")
    partnership, _ = read_partnership(folder, need_codes=policy.need_codes(), role_ids=policy.role_ids())
    assert partnership is not None
    return world_of(partnership, policy)


if __name__ == "__main__":
    sys.stdout.write(model_page())

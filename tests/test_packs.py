"""Packs to hand out: no number left out of the public one can be told, from all its tables together, and each file is what its pack says."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from pages import demonstration, demonstration_document, demonstration_plan, parsed, tables_of, words_of

from optimisation.disclosure import Found, Tables, _is_nought_anyway, _note, left_out_job, left_out_together, told
from optimisation.highs import load, problem_of, run, set_objective
from planner.errors import InputMustBeMended
from planner.export.plan_workbook import BOARD_COPY
from planner.policy import load_policy, with_settings
from planner.public_counts import (
    ALL,
    LAYOUTS,
    Counts,
    Told,
    audit_order,
    expected_counts,
    need_totals_left_out,
    needs_of_few,
    place,
    told_by_standards,
)
from planner.rounding import half_up
from planner.small_numbers import FEWEST_SHOWN, LEFT_OUT
from web.command_line import main
from web.packs.files import left_out_of
from web.packs.presenters import PUBLIC_COPY

TABLES, ALL_TABLES = 60, 1000
WIDTH = 5
"""Two ends this far apart: whatever number stands between them, one of them is more than 2 away."""


def random_counts(rng):
    axes = tuple(tuple(f"{letter}{n}" for n in range(rng.randint(1, most))) for letter, most in (("n", 5), ("p", 2), ("z", 4)))
    sizes = rng.choice(((0, 1, 2, 3, 4), (0, 0, 1, 3, 7, 12), (0, 2, 5, 6, 30), (1, 4, 9, 60)))
    return Counts(axes, {(n, p, z): rng.choice(sizes) for n in axes[0] for p in axes[1] for z in axes[2]})


def left_out_of_tables(order):
    hidden = left_out_together(Tables(order), order["hidden"])[0]
    return {tuple(where) for count in hidden for where in order["places"][count]}


def ranges(counts, hidden, asked=None, *, settled=None):
    """What a reader with a solver finds that each number left out can be: the least and the most, from the tables as they are printed.

    Noughts are shown, so the reader takes each number left out for 1 or more, but of needs of few; and is told of the noughts left out all the same.
    """
    parts = list(counts.parts)
    printed = {
        place(one, row, column) for one in LAYOUTS for row in (*counts.axes[one.down], ALL) for column in (*counts.axes[one.across], ALL)
    }

    def adds(where):
        return [float(all(w in {ALL, p} for w, p in zip(where, part, strict=True))) for part in parts]

    few = {tuple(adds(where)) for where in needs_of_few(counts, settled)}  # under whatever name: of one need, all needs are the same number
    shown, above_nought = (
        sorted(printed - hidden),
        sorted(where for where in hidden & printed if counts.everything[where] and tuple(adds(where)) not in few),
    )

    rows = np.array([adds(where) for where in (*shown, *above_nought)]).reshape(len(shown) + len(above_nought), len(parts))
    at, column = np.nonzero(rows)
    sides = np.array([*(counts.everything[where] for where in shown), *(1 for _ in above_nought)], dtype=np.float64)
    most = np.where(np.arange(len(sides)) < len(shown), sides, np.inf)
    asked = sorted(hidden & printed) if asked is None else asked
    problem = problem_of(
        columns=tuple(parts), costs=np.array([[sign * n for n in adds(where)] for where in asked for sign in (1, -1)]), offsets=np.zeros(2 * len(asked)),
        lower=np.zeros(len(parts)), upper=np.full(len(parts), 500.0), is_whole=np.ones(len(parts), dtype=bool), row_lower=sides, row_upper=most,
        entries=(at.astype(np.int32), column.astype(np.int32), np.ones(len(at))),
    )  # fmt: skip
    for number, where in enumerate(asked):
        ends = []
        for way in (0, 1):
            solver = load(problem)
            set_objective(solver, problem, 2 * number + way)
            ends.append(round((1, -1)[way] * run(solver, gap=0.0, seconds=10).objective))
        yield where, *ends


def no_number_is_told(number, seed, *, most=None):
    """``most``: how many of a table's numbers left out are attacked (None: all)."""
    rng, left, refused = Random(seed), 0, 0
    for _ in range(number):
        counts = random_counts(rng)
        settled = need_totals_left_out(counts, FEWEST_SHOWN) if rng.random() < 0.5 else None
        try:
            hidden = left_out_of_tables(audit_order(counts, settled=settled))
        except InputMustBeMended:
            refused += 1  # so few pupils in all that whatever is left out could be told
            continue
        small = {where for where, pupils in counts.everything.items() if 0 < pupils < FEWEST_SHOWN and ALL in where}
        assert small <= hidden, "every small number that is printed is left out"
        attacked = None if most is None else rng.sample(sorted(hidden), min(most, len(hidden)))
        for where, low, high in ranges(counts, hidden, attacked, settled=settled):
            assert low <= counts.everything[where] <= high
            assert high - low >= WIDTH, (counts, where, low, high)
            left += 1
    assert left > number
    assert refused <= number // 50


def test_no_number_left_out_of_random_tables_can_be_bounded_within_2():
    no_number_is_told(TABLES, 3, most=3)


@pytest.mark.slow
def test_no_number_left_out_of_a_thousand_random_tables_can_be_bounded_within_2():
    no_number_is_told(ALL_TABLES, 4)


def test_a_planted_leak_is_caught_and_mended():
    """One small number left out alone follows from its row; so does one beside another where a second table shows the other."""
    parts = {(need, phase, zone): pupils for need, row in (("a", (3, 20, 30, 9)), ("b", (40, 50, 60, 70))) for (phase, zone), pupils in zip(
        (("p", "x"), ("p", "y"), ("s", "x"), ("s", "y")), row, strict=True
    )}  # fmt: skip
    counts = Counts((("a", "b"), ("p", "s"), ("x", "y")), {**parts, ("a", "s", "x"): 1, ("b", "p", "x"): 6})
    order = audit_order(counts, settled=frozenset())
    assert [order["places"][n] for n in order["hidden"]] == [[["a", ALL, "x"]]], "only what is small is left out at first"
    tables = Tables(order)
    assert told(tables, order["hidden"]) == order["hidden"]
    hidden = left_out_of_tables(order)
    assert len(hidden) >= 4, "one more in its row, its column, and theirs"
    for again in sorted(hidden - {("a", ALL, "x")}):
        leak = [n for n, alike in enumerate(order["places"]) if tuple(alike[0]) in hidden - {again}]
        assert told(tables, leak), again


def test_a_reader_who_knows_that_noughts_are_shown_cannot_tell_a_number_either():
    """Of 7 shared by two, each left out and neither a nought, 1 to 5 is left beside a 5: a guess of 3 would be within 2."""
    counts = Counts((("a", "b"), ("p",), ("x", "y")), {("a", "p", "x"): 2, ("a", "p", "y"): 3, ("b", "p", "x"): 5, ("b", "p", "y"): 2})
    order = audit_order(counts, settled=None)
    block = [n for n, alike in enumerate(order["places"]) if ALL not in {alike[0][0], alike[0][2]}]
    assert len(block) == 4
    assert block[0] in told(Tables(order), block)
    nought = Counts(counts.axes, {**counts.parts, ("a", "p", "x"): 0})
    order = audit_order(nought, settled=None)
    assert Tables(order).told[[block[0], block[1]]].tolist() == [0, 1], "a nought left out is not taken for more than it is"


@pytest.mark.parametrize(("pupils", "are_left_out"), [((6, 0), True), ((2, 4), True), ((7, 0), False), ((5, 5), False)])
def test_of_a_need_of_few_all_parts_are_left_out_noughts_too(pupils, are_left_out):
    """Of 6 in two zones a reader who knew that neither is a nought would know each to be 1 to 5; of 7 it would be 1 to 6."""
    parts = {("a", "p", zone): number for zone, number in zip("xy", pupils, strict=True)}
    counts = Counts((("a", "b"), ("p",), ("x", "y")), {**parts, ("b", "p", "x"): 30, ("b", "p", "y"): 40})
    settled = need_totals_left_out(counts, FEWEST_SHOWN)
    assert not settled
    hidden = left_out_of_tables(audit_order(counts, settled=settled))
    assert ({("a", ALL, "x"), ("a", ALL, "y")} <= hidden) is are_left_out
    assert all(high - low >= WIDTH for _, low, high in ranges(counts, hidden, settled=settled))


def test_what_nothing_can_hide_is_refused_with_what_would_make_it_possible():
    counts = Counts((("a", "b"), ("p",), ("x",)), {("a", "p", "x"): 4, ("b", "p", "x"): 7})
    settled = need_totals_left_out(counts, FEWEST_SHOWN)
    assert settled == {("a", ALL, ALL), ("b", ALL, ALL)}
    assert left_out_job(audit_order(counts, settled=settled))[0]["hidden"]
    told_of_it = left_out_job(audit_order(counts, settled=settled, told=Told(least={("a", ALL, ALL): 4, ("b", ALL, ALL): 6}, most={})))[0]
    assert "publication.fewest_pupils_shown" in told_of_it["refused"]


def test_a_nought_is_not_left_out_beside_a_number_where_a_larger_nought_shows_it():
    """Of phase s nothing is expected anywhere: to leave a nought of it out hides nothing while the nought of the whole phase is shown."""
    parts = {("a", "p", "x"): 3, ("a", "s", "x"): 0, ("b", "p", "x"): 30, ("b", "s", "x"): 0}
    order = audit_order(Counts((("a", "b"), ("p", "s"), ("x",)), parts), settled=None)
    number = {tuple(where): n for n, alike in enumerate(order["places"]) for where in alike}
    tables = Tables(order)
    nought, phase, small, all_of_a = (number[w] for w in (("a", "s", ALL), (ALL, "s", ALL), ("a", "p", ALL), ("a", ALL, ALL)))
    assert _is_nought_anyway(tables, nought, {small})
    assert not _is_nought_anyway(tables, nought, {small, *(n for w, n in number.items() if "s" in w and n != nought)}), (
        "no larger nought is shown"
    )
    assert not _is_nought_anyway(tables, small, {small})
    assert not _is_nought_anyway(tables, all_of_a, {small})
    assert not _is_nought_anyway(tables, phase, set()) or tables.values[phase] == 0
    hidden = left_out_of_tables(order)
    assert ("a", "s", ALL) not in hidden or (ALL, "s", ALL) in hidden


def test_what_is_found_lies_far_apart_from_five_on():
    found = Found(least=np.array([1, 1, 0]), most=np.array([5, 6, 9]))
    assert [found.is_far(n) for n in range(3)] == [False, True, True]


def test_parts_that_do_not_agree_with_what_is_shown_are_not_taken_for_found():
    order = audit_order(
        Counts((("a", "b"), ("p",), ("x",)), {("a", "p", "x"): 3, ("b", "p", "x"): 9}),
        settled=None,
        told=Told(least={("b", ALL, ALL): 4}, most={}),
    )
    number = {tuple(where): n for n, alike in enumerate(order["places"]) for where in alike}
    tables, a, b = Tables(order), number["a", ALL, ALL], number["b", ALL, ALL]
    hidden = {a, b}

    def noted(*parts):
        found = Found(least=tables.values.copy(), most=tables.values.copy())
        _note(tables, hidden, found, None if not parts else np.array(parts, dtype=np.float64))
        return [(int(found.least[n]), int(found.most[n])) for n in (a, b)], found.searches

    as_it_is = [(3, 3), (9, 9)]
    assert noted(8, 4) == ([(3, 8), (4, 9)], 1)
    assert noted(7.9999999, 4.0000001) == ([(3, 8), (4, 9)], 1)
    assert noted(1, 11) == ([(1, 3), (9, 11)], 1)
    assert noted(0, 12) == (as_it_is, 1), "a nought would be shown"
    assert noted() == (as_it_is, 1), "the search found nothing in time"
    assert noted(-1, 13) == (as_it_is, 1), "no number is below nought"
    assert noted(9, 4) == (as_it_is, 1), "the total is shown, and it is 12"
    assert noted(9, 3) == (as_it_is, 1), "4 of b are told elsewhere"


def test_the_places_of_a_table_are_counted_once_and_what_is_told_of_them_is_known():
    counts = Counts((("a", "b"), ("p",), ("x", "y")), {("a", "p", "x"): 1, ("a", "p", "y"): 0, ("b", "p", "x"): 7, ("b", "p", "y"): 5})
    order = audit_order(counts, settled=frozenset({("a", ALL, ALL)}), told=Told(least={("b", ALL, ALL): 6}, most={}))
    number = {tuple(where): n for n, alike in enumerate(order["places"]) for where in alike}
    assert number["a", ALL, ALL] == number["a", "p", ALL], "of one phase, all phases are the same count"
    assert order["parts"] == [1, 0, 7, 5]
    assert order["of"][number["b", ALL, ALL]] == [2, 3]
    assert order["of"][number[ALL, ALL, "x"]] == [0, 2]
    assert order["of"][number[ALL, ALL, ALL]] == [0, 1, 2, 3]
    assert {n for w, n in number.items() if w[1] == ALL and w[2] == ALL} == {n for n, may in enumerate(order["may_hide"]) if not may}
    assert [order["least"][number[w]] for w in (("b", ALL, ALL), ("a", ALL, ALL), (ALL, ALL, "x"))] == [6, 0, 0]
    assert order["hidden"] == sorted({number["a", ALL, ALL], number["a", ALL, "x"], number["a", ALL, "y"]}), (
        "so few that a nought would tell"
    )
    assert [number["a", ALL, "x"], number["a", ALL, "y"], number["a", ALL, ALL]] in order["lines"]
    assert [number["a", ALL, "x"], number["b", ALL, "x"], number[ALL, ALL, "x"]] in order["lines"]
    alone = audit_order(counts, settled=None, fewest=6)
    assert all(alone["may_hide"])
    assert ["b", ALL, "y"] in [alone["places"][n][0] for n in alone["hidden"]], "5 is below 6"


def test_the_page_of_the_effects_and_the_pack_leave_out_the_same_totals_of_needs():
    counts = Counts((("a", "b", "c"), ("p",), ("x",)), {("a", "p", "x"): 3, ("b", "p", "x"): 9, ("c", "p", "x"): 40})
    assert need_totals_left_out(counts, 5) == {("a", ALL, ALL), ("b", ALL, ALL)}
    assert need_totals_left_out(counts, 3) == frozenset()
    few = Counts((("a",), ("p",), ("x",)), {("a", "p", "x"): 3})
    assert need_totals_left_out(few, 5) == {("a", ALL, ALL), (ALL, ALL, ALL)}


def test_counts_add_up_and_the_needs_totals_are_those_of_the_effects():
    world = demonstration()
    counts = expected_counts(world)
    for need in counts.axes[0]:
        exact = sum(one.expected_pupils for one in world.picture.school_needs if one.need == need)
        assert counts.everything[need, ALL, ALL] == half_up(exact)
    assert sum(counts.parts.values()) == counts.everything[ALL, ALL, ALL]


def test_the_tables_of_standards_tell_the_least_of_each_zone_and_phase_and_the_most_of_a_need_without_one():
    world = demonstration()
    counts = expected_counts(world)
    told_now = told_by_standards(world, counts)
    assert all(0 < least <= counts.everything[where] for where, least in told_now.least.items() if least)
    needs, phases, zones = counts.axes
    assert all(told_now.least[ALL, phase, ALL] > 0 for phase in phases)
    assert all(told_now.least[ALL, ALL, zone] > 0 for zone in zones)
    need = min(needs, key=lambda one: counts.everything[one, ALL, ALL])
    without = {standard.standard_id for standard in world.policy.standards if standard.need == need}
    picture = replace(world.picture, cells=tuple(cell for cell in world.picture.cells if cell.standard_id not in without))
    few = Counts(counts.axes, {where: 0 if where[0] == need else pupils for where, pupils in counts.parts.items()})
    most = told_by_standards(replace(world, picture=picture), few).most
    assert {where[0] for where in most} == {need}
    ends = {where: told_now.least.get(where, 0) for where in most}
    assert not any(told_now.most.get(where) for where in ends), "a need with a standard may be any number"


def test_a_need_known_to_be_of_few_pupils_is_not_called_safe():
    """Nobody has a standard of the need, so that it is of 4 pupils at most."""
    counts = Counts((("a", "b"), ("p",), ("x",)), {("a", "p", "x"): 3, ("b", "p", "x"): 2})
    for most, is_refused in ((4, True), (9, False)):
        answer = left_out_job(audit_order(counts, settled=None, told=Told(least={}, most={("a", ALL, ALL): most})))[0]
        assert ("board.negligible_pupils" in answer.get("refused", "")) is is_refused


def test_a_board_may_leave_out_larger_numbers_and_no_smaller_ones():
    policy = load_policy()
    assert policy.fewest_pupils_shown == 5
    larger = with_settings(policy, {"publication": {"fewest_pupils_shown": 10}})
    assert larger.fewest_pupils_shown == 10
    assert [f.confidence for f in larger.figures if f.path == "publication.fewest_pupils_shown"] == ["set by the board"]
    with pytest.raises(InputMustBeMended, match="at least 5"):
        with_settings(policy, {"publication": {"fewest_pupils_shown": 3}})
    with pytest.raises(InputMustBeMended, match="single value"):
        with_settings(policy, {"publication": 10})
    with pytest.raises(InputMustBeMended, match="does not know"):
        with_settings(policy, {"publication": {"other": 10}})
    kept = demonstration_plan()
    counts = expected_counts(kept.facts.world)
    some = left_out_of(kept, counts)
    told_now = told_by_standards(kept.facts.world, counts)
    order = audit_order(counts, settled=need_totals_left_out(counts, 10), told=told_now, fewest=10)
    more = left_out_of_tables(order)
    assert any(FEWEST_SHOWN <= counts.everything[where] < 10 for where in more - some)
    assert all(
        counts.everything[where] >= 10 or not counts.everything[where]
        for where in {tuple(w) for alike in order["places"] for w in alike} - more
    )


# --- the command -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    path.write_text(json.dumps(demonstration_document()), encoding="utf-8")
    return path


def rows_of(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_the_public_pack_has_no_small_number_and_names_no_school_person_or_base(plan, tmp_path, capsys):
    out = tmp_path / "public.zip"
    assert main(["pack", str(plan), "--public", "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert captured.err == "", "quiet when piped"
    files = {name: zipfile.ZipFile(out).read(name) for name in zipfile.ZipFile(out).namelist()}
    assert f"({len(files)} files)" in captured.out
    page = files.pop("public-pack.html").decode()
    assert PUBLIC_COPY in page
    assert BOARD_COPY not in page
    partnership = demonstration().partnership
    assert "<script" not in page
    assert "href" not in page
    for text in (page, *(data.decode() for data in files.values())):
        for named in (*partnership.schools, *partnership.people, *partnership.bases):
            assert named.name not in text
    counts, hidden = expected_counts(demonstration()), left_out_of(demonstration_plan(), expected_counts(demonstration()))
    left = 0
    for layout in LAYOUTS:
        rows = rows_of(files[f"tables/{layout.name}.csv"])
        for key, cells in zip((*counts.axes[layout.down], ALL), rows[1:], strict=False):
            for column, text in zip((*counts.axes[layout.across], ALL), cells[1:], strict=True):
                at = place(layout, key, column)
                assert text == (LEFT_OUT if at in hidden else str(counts.everything[at]))
                assert text == LEFT_OUT or not 0 < int(text) < FEWEST_SHOWN
                left += text == LEFT_OUT
        assert rows[-1][0] == PUBLIC_COPY
        assert len(tables_of(page)[rows_caption(page, rows)]) == len(rows) - 1
    assert left > 2
    settled = need_totals_left_out(counts, FEWEST_SHOWN)
    assert all(most - least >= WIDTH for _, least, most in ranges(counts, hidden, settled=settled))
    for name, data in files.items():
        if not name.startswith("tables/pupils"):
            assert "pupils" not in ",".join(rows_of(data)[0]).casefold(), "standards are shares of a need's pupils, and would tell them"


def rows_caption(page, rows):
    """The caption of the table on the page with these headings."""
    return next(caption for caption, shown in tables_of(page).items() if shown[0] == rows[0])


def test_the_board_pack_has_every_number_and_says_on_each_file_what_it_is(plan, tmp_path):
    out = tmp_path / "board"
    assert main(["pack", str(plan), "--board", "--out", str(out)]) == 0
    assert (out / "plan.xlsx").is_file()
    assert BOARD_COPY in (out / "board-pack.html").read_text(encoding="utf-8")
    tables = sorted(out.glob("tables/**/*.csv"))
    assert len([path for path in tables if path.parent.name == "schools"]) == 2 * len(demonstration().partnership.schools)
    for path in tables:
        rows = rows_of(path.read_bytes())
        assert rows[-1][0] == BOARD_COPY
        assert all(LEFT_OUT not in row for row in rows)
    counts = expected_counts(demonstration())
    first = rows_of((out / "tables" / "pupils-by-need-and-zone.csv").read_bytes())[1]
    assert first[1:] == [str(counts.everything[counts.axes[0][0], ALL, zone]) for zone in (*counts.axes[2], ALL)]


def test_a_letter_for_each_school_has_the_schools_own_figures(plan, tmp_path):
    out = tmp_path / "letters"
    assert main(["pack", str(plan), "--letters", "--out", str(out)]) == 0
    ledgers = demonstration_plan().facts.ledgers
    assert len(list(out.iterdir())) == len(ledgers)
    for ledger in ledgers[:3]:
        text = next(out.glob(f"{ledger.school.urn}-*.html")).read_text(encoding="utf-8")
        money = {row[0]: row[1:] for row in tables_of(text)["In and out, this year beside last year"]}
        assert money["Grant"][0] == f"£{ledger.grant_pounds:,}"
        said = words_of(parsed(text))
        assert f"Letter to governors: {ledger.school.name}" in said
        assert demonstration_plan().fingerprint in said
        assert "href" not in text


@pytest.mark.parametrize("which", [[], ["--board", "--public"]])
def test_one_pack_is_asked_for_at_a_time(plan, tmp_path, which):
    assert main(["pack", str(plan), *which, "--out", str(tmp_path / "x.zip")]) == 1


def test_files_of_others_are_not_written_over(plan, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    for out in (tmp_path, tmp_path / "mine.txt", tmp_path / "none" / "x.zip", plan):
        assert main(["pack", str(plan), "--letters", "--out", str(out)]) == 1
        assert "choose" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_terminal_is_told_how_many_files_are_made(plan, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert main(["pack", str(plan), "--letters", "--out", str(tmp_path / "letters.zip")]) == 0
    many = len(demonstration().partnership.schools)
    assert f"1 of {many} files" in capsys.readouterr().err

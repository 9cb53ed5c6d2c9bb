"""Which plan the board puts before the schools, and the points that lists of plans show."""

import json

import pytest
import sqlalchemy as sa
from stored import PLAN, a_partnership, a_run, a_user, claim, finish

from planner.store.engine import open_engines
from planner.store.migrate import downgrade, upgrade
from planner.store.plans import SchoolsPlan
from planner.store.runs import REPLAN


def a_plan(store, here, by, **more):
    a_run(store, here, by)
    finish(store, claim(store), PLAN | more)
    with store.read() as tx:
        return tx.plans.plans(partnership_id=here)[0].id


def test_schools_read_the_newest_plan_until_the_board_chooses_and_then_its_choice(store):
    by, here, there = a_user(store), a_partnership(store), a_partnership(store, "Others")

    def read(partnership_id):
        with store.read() as tx:
            return tx.plans.for_schools(partnership_id=partnership_id)

    def choose(plan_id):
        with store.begin() as tx:
            return tx.plans.choose(partnership_id=here, plan_id=plan_id, by=by), tx.now

    assert read(here) is None
    first, second = a_plan(store, here, by), a_plan(store, here, by)
    assert read(here) == SchoolsPlan(plan_id=second, chosen_at=None)
    is_new, at = choose(first)
    assert is_new
    assert read(here) == SchoolsPlan(plan_id=first, chosen_at=at)
    assert choose(first)[0] is False
    a_plan(store, here, by)
    assert read(here) == SchoolsPlan(plan_id=first, chosen_at=at), "a newer plan changes nothing"
    _, later = choose(second)
    assert read(here) == SchoolsPlan(plan_id=second, chosen_at=later)
    with store.read() as tx:
        assert [(c.plan_id, c.chosen_by) for c in tx.plans.choices(partnership_id=here)] == [(second, by), (first, by)]
    assert read(there) is None


def test_a_plan_of_another_partnership_cannot_be_chosen(store):
    by, here, there = a_user(store), a_partnership(store), a_partnership(store, "Others")
    plan_id = a_plan(store, there, by)
    with pytest.raises(sa.exc.IntegrityError), store.begin() as tx:
        tx.plans.choose(partnership_id=here, plan_id=plan_id, by=by)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE plan_choices SET chosen_at = 1",
        "DELETE FROM plan_choices",
        "INSERT OR REPLACE INTO plan_choices SELECT * FROM plan_choices",
        "TRUNCATE plan_choices",
    ],
)
def test_the_database_refuses_to_change_or_delete_choices(store, database, statement):
    if ("TRUNCATE" if not database.is_postgres else "OR REPLACE") in statement:
        pytest.skip("the other database's words")
    by, here = a_user(store), a_partnership(store)
    with store.begin() as tx:
        assert tx.plans.for_schools(partnership_id=here) is None
    plan_id = a_plan(store, here, by)
    with store.begin() as tx:
        tx.plans.choose(partnership_id=here, plan_id=plan_id, by=by)
    with pytest.raises(sa.exc.DBAPIError, match="choices can only be added"), store._engines.writer.begin() as connection:
        connection.exec_driver_sql(statement)


def test_a_plan_row_has_the_points_of_its_document_also_one_from_before_they_were_kept(database, store):
    by, here = a_user(store), a_partnership(store)
    a_plan(store, here, by, shortfall_points=12.5, bound_points=12)
    engines = open_engines(database.url, database.home)
    downgrade(engines, to="0003")
    with engines.writer.begin() as connection:
        document = json.loads(connection.exec_driver_sql("SELECT document FROM plans").scalar_one())
        assert "shortfall_points" not in connection.exec_driver_sql("SELECT * FROM plans").mappings().one()
    assert document["bound_points"] == 12
    upgrade(engines)
    engines.dispose()
    a_plan(store, here, by)  # a document that tells none
    with store.read() as tx:
        assert [(p.shortfall_points, p.bound_points) for p in tx.plans.plans(partnership_id=here)] == [(None, None), (12.5, 12.0)]


def test_plans_are_their_partnerships_own_newest_first(store):
    by, here, there = a_user(store), a_partnership(store), a_partnership(store, "Others")
    first, second, other = a_plan(store, here, by), a_plan(store, here, by), a_plan(store, there, by)
    with store.begin() as tx:
        assert [plan.id for plan in tx.plans.plans(partnership_id=here)] == [second, first]
        assert tx.plans.latest(partnership_id=here).id == second
        runs = [tx.plans.plan(partnership_id=here, plan_id=plan_id).run_id for plan_id in (first, second)]
        assert [tx.plans.of_run(partnership_id=here, run_id=run_id).id for run_id in runs] == [first, second]
        assert tx.plans.latest(partnership_id=there + 1) is None
        assert tx.plans.plan(partnership_id=there, plan_id=first) is None
        assert tx.plans.choose(partnership_id=there, plan_id=other, by=by)
        (choice,) = tx.plans.choices(partnership_id=there)
        assert (choice.partnership_id, choice.plan_id, choice.chosen_by, choice.chosen_at) == (there, other, by, tx.now)
        assert tx.plans.choices(partnership_id=here) == ()
        assert tx.plans.for_schools(partnership_id=here) == SchoolsPlan(plan_id=second, chosen_at=None)


def test_a_plan_kept_after_a_change_is_read_by_schools_only_once_the_board_puts_it_before_them(store):
    by, here = a_user(store), a_partnership(store)
    plan_id = a_plan(store, here, by)
    with store.begin() as tx:
        run_id = tx.runs.request_run(partnership_id=here, partnership_version=1, policy_version=1, settings={}, by=by, kind=REPLAN)
        kept = tx.runs.keep_made_elsewhere(partnership_id=here, run_id=run_id, document=PLAN)
        assert tx.plans.for_schools(partnership_id=here) == SchoolsPlan(plan_id=plan_id, chosen_at=None)
        assert tx.plans.choose(partnership_id=here, plan_id=kept, by=by)
        assert tx.plans.for_schools(partnership_id=here).plan_id == kept

"""What a partnership takes away, on both databases: every row of its own, none of another's."""

from stored import PLAN, a_partnership, a_run, a_user, claim, finish

from planner.store.archive import TAKEN


def test_every_table_is_read_with_the_partnerships_own_rows_only(store):
    by = a_user(store)
    mine, other = a_partnership(store, by=by), a_partnership(store, "Others", by=by)
    for partnership_id in (mine, other):
        a_run(store, partnership_id, by)
        assert finish(store, claim(store), {**PLAN, "name": partnership_id})
        with store.begin() as tx:
            tx.events.record(partnership_id=partnership_id, by=by, action="seen")
    with store.read() as tx:
        rows = {kept.name: list(kept.rows) for kept in tx.archive.tables(partnership_id=mine)}
    assert list(rows) == list(TAKEN)
    assert [row["document"]["name"] for row in rows["plans"]] == [mine]
    assert [(row["by"], row["action"]) for row in rows["events"]] == [(by, "seen")]
    assert {row["partnership_id"] for found in rows.values() for row in found} == {mine}


def test_the_columns_that_name_people_are_known_and_no_proof_is_among_any(store):
    partnership_id = a_partnership(store, by=a_user(store))
    with store.read() as tx:
        kept = {table.name: table for table in tx.archive.tables(partnership_id=partnership_id)}
    assert kept["decisions"].of_people == {"opened_by", "vote_opened_by", "closed_by"}
    assert kept["decision_votes"].of_people == {"user_id"}
    assert "token_hash" not in kept["invitations"].columns

"""What a partnership takes away, on both databases: every row of its own, none of another's."""

from stored import PLAN, a_partnership, a_run, a_user, claim, finish

from planner.store.archive import TAKEN


def test_every_table_is_read_with_the_partnerships_own_rows_and_no_proof_of_who_somebody_is(store):
    by = a_user(store)
    mine, other = a_partnership(store, by=by), a_partnership(store, "Others", by=by)
    for partnership_id in (mine, other):
        a_run(store, partnership_id, by)
        assert finish(store, claim(store), {**PLAN, "name": partnership_id})
        with store.begin() as tx:
            tx.events.record(partnership_id=partnership_id, by=by, action="seen")
    with store.read() as tx:
        tables = {kept.name: kept for kept in tx.archive.tables(partnership_id=mine)}
        rows = {name: list(kept.rows) for name, kept in tables.items()}
    assert list(rows) == list(TAKEN)
    assert [row["document"]["name"] for row in rows["plans"]] == [mine]
    assert [(row["by"], row["action"]) for row in rows["events"]] == [(by, "seen")]
    assert {row["partnership_id"] for found in rows.values() for row in found} == {mine}
    assert tables["decisions"].of_people == {"opened_by", "vote_opened_by", "closed_by"}
    assert tables["decision_votes"].of_people == {"user_id"}
    assert "token_hash" not in tables["invitations"].columns

"""Small things to store: valid by default, override what matters."""

DOCUMENT = {"name": "Two schools", "academic_year": "2026-27", "schools": []}
PLAN = {"status": "within gap", "fingerprint": "f" * 64, "amounts": {}}


def a_user(store, sign_in="ann@example.org", name="Ann"):
    with store.begin() as tx:
        return tx.people.add_user(name=name, sign_in=sign_in, password_hash="not a password")


def a_partnership(store, name="Two schools", by=None):
    """A partnership with version 1 of its figures and of its policy."""
    with store.begin() as tx:
        partnership_id = tx.partnerships.create(name=name, by=by)
        for versions in (tx.partnerships, tx.policies):
            versions.add_version(partnership_id=partnership_id, document=DOCUMENT, note="first", by=by, based_on=0)
        return partnership_id


def a_run(store, partnership_id, by, **settings):
    with store.begin() as tx:
        return tx.runs.request_run(partnership_id=partnership_id, partnership_version=1, policy_version=1, settings=settings, by=by)


def claim(store, worker="w1", **options):
    with store.begin() as tx:
        return tx.runs.claim_next(worker=worker, **options)


def finish(store, run, document=PLAN):
    with store.begin() as tx:
        return tx.runs.finish(run, document=document)


def run_of(store, run):
    """The run as it stands now."""
    with store.read() as tx:
        return tx.runs.with_best(partnership_id=run.partnership_id, run_id=run.id)

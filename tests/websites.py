"""The whole app over a store with two partnerships and somebody in every role: no solver, no waiting.

``with a_site(folder) as site`` then ``site.browser("head").get(site.plan("/schools"))``.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from builders import two_schools
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from pages import demonstration_document, document_of
from werkzeug.serving import make_server

from planner.documents import Json
from planner.store import Role, Store, Transaction, open_store
from web.accounts.passwords import hash_of
from web.app import create_app
from web.settings import Settings
from web.shelf import Shelf
from web.wiring import Wiring
from web.workshop import Workshop

PASSWORD = "quartz-ribbon-yarrow-timber"
HERE, ELSEWHERE = 1, 2
"""Two partnerships: the demonstration's (figures, policy, a plan), and one of two schools."""
OWN_URN, OTHER_URN = 900101, 900102
PEOPLE: dict[str, tuple[tuple[int | None, Role, int | None], ...]] = {
    "head": ((HERE, Role.HEAD, OWN_URN),),
    "other-head": ((HERE, Role.HEAD, OTHER_URN),),
    "board": ((HERE, Role.BOARD, None),),
    "chair": ((HERE, Role.CHAIR, None),),
    "service-manager": ((HERE, Role.SERVICE_MANAGER, None),),
    "commissioner": ((HERE, Role.COMMISSIONER, None),),
    "administrator": ((HERE, Role.ADMINISTRATOR, None),),
    "house": ((None, Role.ADMINISTRATOR, None),),
    "elsewhere": ((ELSEWHERE, Role.CHAIR, None), (ELSEWHERE, Role.ADMINISTRATOR, None)),
    "newcomer": (),
}
"""Sign-in name -> partnership, role, school."""


class Compiled(BytecodeCache):
    """Templates compiled once for all the apps of this process."""

    def __init__(self):
        self._codes = {}

    def load_bytecode(self, bucket):
        """Give what was compiled before, if it was."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket):
        """Keep what was compiled."""
        self._codes[bucket.key, bucket.checksum] = bucket.code


COMPILED = Compiled()


@dataclass
class Site:
    """An app, what it stands on, and browsers for its people."""

    settings: Settings
    store: Store
    shelf: Shelf
    app: Flask
    user_ids: dict[str, int] = field(default_factory=dict)

    def browser(self, who: str | None) -> FlaskClient:
        """A browser in which somebody (None: nobody) is signed in."""
        client = self.app.test_client()
        if who is not None:
            with self.store.begin() as tx:
                token = tx.sessions.open_session(user_id=self.user_ids[who])
            with client.session_transaction() as session:
                session["_user_id"], session["_fresh"] = token, True
        return client

    def plan(self, page: str = "", *, partnership_id: int = HERE) -> str:
        """Where a page of the plan is: each partnership has one plan, with its own number."""
        return f"/partnerships/{partnership_id}/plans/{partnership_id}{page}"

    def post(self, client: FlaskClient, path: str, *, form_at: str | None = None, **fields):
        """Send a form as a browser would, with the token of the page (``form_at``, else ``path``) it stands on."""
        page = client.get(form_at or path)
        token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', page.text)
        assert token, f"{form_at or path} has no form ({page.status_code})"
        return client.post(path, data={"csrf_token": token[1], **fields}, content_type="multipart/form-data")


@contextlib.contextmanager
def a_site(home: Path, url: str | None = None, *, workshop: Workshop | None = None) -> Iterator[Site]:
    """A site of its own in a folder; on PostgreSQL by URL; perhaps with a workshop that says what a test wants said."""
    settings = Settings.from_env({"PLANNER_HOME": str(home), **({"PLANNER_DATABASE_URL": url} if url else {})})
    if url is None:
        for file in _template().iterdir():
            shutil.copy(file, settings.home)
    with open_store(url, settings.home) as store:
        if url is not None:
            with store.begin() as tx:
                fill(tx)
        shelf = Shelf(store)
        wiring = Wiring(store=store, shelf=shelf, workshop=workshop or Workshop())
        site = Site(settings=settings, store=store, shelf=shelf, app=create_app(settings, wiring))
        site.app.jinja_env.bytecode_cache = COMPILED
        with store.read() as tx:
            site.user_ids.update({user.sign_in: user.id for user in tx.people.users()})
        yield site


@contextlib.contextmanager
def served(app: Flask) -> Iterator[str]:
    """An app that a browser can reach: its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@functools.cache
def _template() -> Path:
    home = Path(tempfile.mkdtemp(prefix="planner-site-"))
    with open_store(None, home) as store, store.begin() as tx:
        fill(tx)
    return home


def fill(tx: Transaction) -> None:
    """Two partnerships with a plan each, and their people."""
    hashed = hash_of(PASSWORD)
    ids = {who: tx.people.add_user(name=who.replace("-", " ").capitalize(), sign_in=who, password_hash=hashed) for who in PEOPLE}
    for document in (demonstration_document(), document_of(two_schools())):
        bring(tx, document, by=ids["house"])
    for who, roles in PEOPLE.items():
        for partnership_id, role, urn in roles:
            tx.people.add_membership(user_id=ids[who], partnership_id=partnership_id, role=role, urn=urn)


def bring(tx: Transaction, document: Json, *, by: int) -> tuple[int, int]:
    """A partnership with the figures, policy and plan of a plan document: its number and the plan's."""
    partnership_id = tx.partnerships.create(name=document["partnership"]["name"], by=by)
    for versions, content in ((tx.partnerships, document["partnership"]), (tx.policies, document["policy"])):
        versions.add_version(partnership_id=partnership_id, document=content, note="first", by=by, based_on=0)
    run_id = tx.runs.request_run(partnership_id=partnership_id, partnership_version=1, policy_version=1, settings={}, by=by)
    plan_id = tx.runs.keep_made_elsewhere(partnership_id=partnership_id, run_id=run_id, document=document)
    assert plan_id is not None
    return partnership_id, plan_id

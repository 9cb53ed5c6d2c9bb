"""Fifty people who watch and twenty who edit, at once, while a plan is being made: how long each answer takes; prints a table.

``python tools/load_people.py ../shared/data --seconds 60`` builds a partnership of 30 real schools, starts ``planner serve`` on a folder
of its own, signs everybody in, lets them begin one after another, and counts what is asked for after that. Times are by the clock of
those who ask, from sending a request until its whole answer is there, on the same machine.
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from busy_partnership import Heard, Page, Person, fill, keep_busy, served, talk, wait_for_plan

from planner.store import Role, RunState, open_store

HERE = "/partnerships/1"
PLAN = f"{HERE}/plans/1"
SIGN_IN_AT_ONCE = 4
BEGIN_WITHIN_SECONDS = 10.0
THINK = {"watching": (3.0, 9.0), "editing": (2.0, 6.0)}
"""Seconds between one answer and the next question, at least and at most."""
SLIDER_SECONDS = 0.8
FOLLOWED_SECONDS = 15.0
AIM_MILLISECONDS = 500

Step = Iterator[float]
"""What somebody does: yields how long they think before they go on, in seconds."""
Story = Callable[[Person, random.Random], Step]


# --- what people do --------------------------------------------------------------------------


def watches(*pages: str) -> Story:
    """Opens one page after another, in no order; now and then the newest plan, or a run, which it follows."""

    def story(person: Person, chance: random.Random) -> Step:
        while True:
            page = chance.choice([*pages, f"{HERE}/plans", f"{HERE}/runs"])
            shown = person.get(page)
            if page.endswith(("/plans", "/runs")) and (newest := shown.links(rf"{page}/\d+")):
                yield chance.uniform(*THINK["watching"])
                yield from follows(person, person.get(newest[0]))
            yield chance.uniform(*THINK["watching"])

    return story


def follows(person: Person, page: Page) -> Step:
    """What run.js does on the page of a run, for a while."""
    until = time.monotonic() + FOLLOWED_SECONDS
    while (at := _progress_in(page)) and at[2] and time.monotonic() < until:
        yield at[2] / 1000
        answer = person.get(at[0], **{"If-None-Match": at[1]})
        page = answer if answer.status == 200 else page


def _progress_in(page: Page) -> tuple[str, str, int] | None:
    found = re.search(r'id="run-progress" data-address="([^"]+)" data-etag="&#34;([^"&]+)&#34;" data-poll="(\d+)"', page.text)
    return None if found is None else (found[1], f'"{found[2]}"', int(found[3]))


def sets_policy(person: Person, chance: random.Random) -> Step:
    """A board member who fills in the policy form, looks at what would change, and now and then sets it."""
    for turn in itertools.count(1):
        form = person.get(f"{HERE}/policy/change")
        yield chance.uniform(*THINK["editing"])
        look = person.send(form, "/policy/change", board__line_percent=f"{chance.randrange(50, 90)}")
        yield chance.uniform(*THINK["editing"])
        if look.status == 200 and turn % 4 == 0:
            person.send(look, "/policy/change/confirm", note="The board agreed it.")
            yield chance.uniform(*THINK["editing"])


def tries(person: Person, chance: random.Random) -> Step:
    """A head with a draft beside the plan: moves sliders, reads each estimate, then waits for the whole answer."""
    person.get(PLAN)
    draft = person.send(person.get(PLAN), "/plans/1/try")
    while True:
        said = f"{chance.randrange(0, 21) / 2:g}"
        to, content = draft.form("/settings")
        for _ in range(chance.randrange(2, 6)):
            said = f"{chance.randrange(0, 21) / 2:g}"
            person.post(to.replace("/settings", "/estimate"), content | {"board-contingency_percent": [said]})
            yield SLIDER_SECONDS
        draft = person.send(draft, "/settings", board__contingency_percent=said)
        while going := re.search(r'data-going="1" data-etag="&#34;([^"&]+)&#34;"', draft.text):
            yield 2.0
            answer = person.get(draft.path, **{"If-None-Match": f'"{going[1]}"'})
            draft = answer if answer.status == 200 else draft
        yield chance.uniform(*THINK["editing"])


def asks(person: Person, chance: random.Random) -> Step:
    """A head who asks about a line of their school and looks whether others were answered."""
    school = own_school(person)
    while True:
        form = person.get(f"{HERE}/schools/{school}/questions/new?line=Grant&plan=1")
        yield chance.uniform(*THINK["editing"])
        person.send(form, "/questions/new", question="Why is it less than last year?")
        yield chance.uniform(*THINK["editing"])
        person.get(f"{HERE}/questions")
        yield chance.uniform(*THINK["editing"])


def claims(person: Person, chance: random.Random) -> Step:
    """A head who claims from the moderated pot and looks at what is left of it."""
    school = own_school(person)
    while True:
        form = person.get(f"{HERE}/schools/{school}/claims/new")
        yield chance.uniform(*THINK["editing"])
        person.send(form, "/claims/new", amount=f"{chance.randrange(1, 9)}00", what_for="Communication needs that have grown.")
        yield chance.uniform(*THINK["editing"])
        person.get(f"{HERE}/claims")
        yield chance.uniform(*THINK["editing"])


def comments(person: Person, chance: random.Random) -> Step:
    """A board member who declares their interests and comments on the decision."""
    person.send(person.get(f"{HERE}/decisions/1/interests"), "/interests", schools="none", other="None")
    while True:
        page = person.get(f"{HERE}/decisions/1")
        yield chance.uniform(*THINK["editing"])
        person.send(page, "/comments", text="This would do for the schools of our end of the county.")
        yield chance.uniform(*THINK["editing"])


def answers(person: Person, chance: random.Random) -> Step:
    """A board member who answers questions, the newest first."""
    while True:
        waiting = person.get(f"{HERE}/questions").links(rf"{HERE}/questions/\d+")
        yield chance.uniform(*THINK["editing"])
        if waiting:
            page = person.get(waiting[0])
            yield chance.uniform(*THINK["editing"])
            person.send(page, "/answer", answer="It is as the plan has it.", decided="right")
            yield chance.uniform(*THINK["editing"])


def own_school(person: Person) -> str:
    """The URN of the school that somebody heads, from their overview."""
    (link, *_) = person.get(HERE).links(rf"{HERE}/our-school/\d+")
    return link.rpartition("/")[2]


def head_watches(person: Person, chance: random.Random) -> Step:
    """A head: their own school above all."""
    school = own_school(person)
    own = [f"{HERE}/our-school/{school}", f"{HERE}/figures/schools/{school}", f"{PLAN}/schools/{school}/letter"]
    return (
        yield from watches(*own, HERE, PLAN, f"{PLAN}/standards", f"{HERE}/compare", f"{HERE}/claims", f"{HERE}/decisions/1")(
            person, chance
        )
    )


BOARD_PAGES = [
    HERE,
    *(f"{PLAN}{page}" for page in ("", "/schools", "/standards", "/money", "/more-and-less", "/how-good", "/trade-offs", "/pots")),
]
BOARD_PAGES += [f"{HERE}/{page}" for page in ("compare", "compare?by=schools", "claims", "questions", "decisions", "decisions/1", "policy")]
SERVICE_PAGES = [HERE, f"{HERE}/roster", f"{PLAN}/roster/schools", f"{PLAN}/services", f"{PLAN}/bases", f"{HERE}/figures/people"]
COUNCIL_PAGES = ["/council", PLAN, f"{PLAN}/map", f"{PLAN}/money", f"{PLAN}/bases", f"{HERE}/figures", f"{HERE}/figures/need"]
WATCHING: tuple[tuple[int, Role, Story], ...] = (
    (22, Role.HEAD, head_watches), (16, Role.BOARD, watches(*BOARD_PAGES)), (2, Role.CHAIR, watches(*BOARD_PAGES)),
    (5, Role.SERVICE_MANAGER, watches(*SERVICE_PAGES)), (5, Role.COMMISSIONER, watches(*COUNCIL_PAGES)),
)  # fmt: skip
EDITING: tuple[tuple[int, Role, Story], ...] = (
    (4, Role.BOARD, sets_policy), (6, Role.HEAD, tries), (3, Role.HEAD, asks), (3, Role.HEAD, claims), (3, Role.BOARD, comments), (1, Role.BOARD, answers),
)  # fmt: skip


# --- all of them at once ---------------------------------------------------------------------


class Crowd:
    """Everybody, each in a thread of their own, until ``end``: all sign in first, then begin one after another."""

    def __init__(self, site: str, who: dict[str, tuple[str, Story]]) -> None:
        self.heard: dict[str, list[Heard]] = {kind: [] for kind, _ in who.values()}
        self.faults: list[str] = []
        self._over = threading.Event()
        chance = random.Random(1)  # noqa: S311 - the same people every time
        with ThreadPoolExecutor(SIGN_IN_AT_ONCE) as pool:
            people = list(pool.map(lambda one: Person(site, one[0], self.heard[one[1][0]].append), who.items()))
        self._threads = [
            threading.Thread(target=self._live, args=(name, story, person, random.Random(chance.random())), daemon=True)  # noqa: S311
            for (name, (_, story)), person in zip(who.items(), people, strict=True)
        ]
        for thread in self._threads:
            thread.start()
            time.sleep(BEGIN_WITHIN_SECONDS / len(self._threads))

    def _live(self, name: str, story: Story, person: Person, chance: random.Random) -> None:
        while not self._over.is_set():  # who has waited in vain begins anew
            try:
                for seconds in story(person, chance):
                    if self._over.wait(seconds):
                        return
            except Exception as error:  # noqa: BLE001 - told at the end: nobody fails unnoticed
                self.faults.append(f"{name}: {type(error).__name__}: {error}")
                self._over.wait(THINK["editing"][0])

    def end(self) -> None:
        """Let everybody finish what they wait for."""
        self._over.set()
        for thread in self._threads:
            thread.join(60)


def main(reference: Path, area: str, seconds: float) -> None:
    """Measure and print."""
    who = {
        f"{kind}-{story.__name__}-{role.value}-{n}": (kind, role, story)
        for kind, groups in (("watching", WATCHING), ("editing", EDITING))
        for many, role, story in groups
        for n in range(many)
    }
    with tempfile.TemporaryDirectory(prefix="planner-load-") as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        with open_store(None, home) as store:
            fill(store, reference, area, {name: role for name, (_, role, _) in who.items()})
            with served(home) as site:
                wait_for_plan(store)
                talk(store)
                keep_busy(store)
                crowd = Crowd(site, {name: (kind, story) for name, (kind, _, story) in who.items()})
                from_, states = time.monotonic(), []
                while time.monotonic() < from_ + seconds:
                    states.append(keep_busy(store))
                    time.sleep(0.5)
                until = time.monotonic()
                crowd.end()
    counted = {kind: [one for one in heard if from_ <= one.at <= until] for kind, heard in crowd.heard.items()}
    print(*crowd.faults, sep="\n", file=sys.stderr)
    print(*tables(area, counted, until - from_), sep="\n")
    print(f"\nA plan was being made in {100 * states.count(RunState.RUNNING) // len(states)} % of the time.")


def tables(area: str, counted: dict[str, list[Heard]], seconds: float) -> Iterator[str]:
    """How long it took, all together and by route, the slowest first."""
    heads = "| {} | requests | median, ms | p95, ms | worst, ms | 4xx | 5xx |"
    yield heads.format(f"who ({area}, {seconds:.0f} s)")
    yield "|---|---|---|---|---|---|---|"
    everything = [one for heard in counted.values() for one in heard]
    for name, heard in (*counted.items(), ("all", everything)):
        if heard:
            yield _row(name, heard)
    yield ""
    yield heads.format("route")
    yield "|---|---|---|---|---|---|---|"
    routes = defaultdict(list)
    for one in everything:
        routes[one.route].append(one)
    for route, heard in sorted(routes.items(), key=lambda both: -_p95(both[1])):
        yield _row(f"`{route}`", heard)
    is_kept = bool(everything) and _p95(everything) < AIM_MILLISECONDS and all(one.status < 500 for one in everything)
    yield f"\np95 under {AIM_MILLISECONDS} ms and no 5xx: {'kept' if is_kept else 'MISSED'}. {len(everything) / seconds:.1f} requests a second."


def _row(name: str, heard: list[Heard]) -> str:
    times = [one.milliseconds for one in heard]
    of_4, of_5 = (sum(one.status // 100 == hundred for one in heard) for hundred in (4, 5))
    return f"| {name} | {len(heard)} | {statistics.median(times):.0f} | {_p95(heard):.0f} | {max(times):.0f} | {of_4} | {of_5} |"


def _p95(heard: list[Heard]) -> float:
    times = sorted(one.milliseconds for one in heard)
    return times[int(0.95 * (len(times) - 1) + 0.5)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--area", default="Surrey")
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    main(given.reference, given.area, given.seconds)

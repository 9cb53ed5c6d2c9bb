"""A process that guesses one account's password as fast as it can: ``guesser.py FOLDER URL TRIES``; says how many guesses were looked at."""

import sys
from pathlib import Path

from planner.store import open_store

home, url, tries = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
looked_at = 0
with open_store(url or None, home) as store:
    sys.stdin.read()  # all begin at once
    for number in range(tries):
        with store.begin() as tx:
            looked_at += tx.throttle.wait_before_try(sign_in="ann", network=f"192.0.2.{number}") == 0
print(looked_at)

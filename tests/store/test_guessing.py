"""Guessing a password from several processes at once: together they have no more tries than one."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from counts import forms

from planner.store.throttle import TRIES_OF_ACCOUNT

HERE = Path(__file__).parent
GUESSER = HERE / "guesser.py"


def guessed(database, tries):
    """How many of so many guesses of three processes were looked at."""
    share = [tries // 3 + (number < tries % 3) for number in range(3)]
    with contextlib.ExitStack() as ends:
        guessers = [
            ends.enter_context(
                subprocess.Popen(
                    [sys.executable, GUESSER, database.home, database.url or "", str(mine)],
                    cwd=HERE.parents[1],
                    env=os.environ | {"PYTHONPATH": "."},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for mine in share
        ]
        for one in guessers:
            one.stdin.close()
        return sum(int(one.stdout.read()) for one in guessers)


@pytest.mark.parametrize("tries", forms("guessed"))
def test_three_processes_have_ten_tries_together(store, database, later, tries, say):
    assert guessed(database, tries) == TRIES_OF_ACCOUNT == 10
    say("10 were looked at")
    with store.begin() as tx:
        assert 0 < tx.throttle.wait_before_try(sign_in=" ANN ", network="198.51.100.1") <= 15 * 60_000
    later(minutes=15)
    with store.begin() as tx:
        assert tx.throttle.wait_before_try(sign_in="ann", network="198.51.100.1") == 0

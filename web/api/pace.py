"""How fast a program may ask: so many requests a minute with one token."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from math import ceil

MOST_A_MINUTE = 600
_MINUTE = 60
TOO_FAST = "This token has asked {most} times within a minute: wait as long as the header Retry-After says, then go on."


class Pace:
    """Requests of each token in the minute that runs, in this process: a request costs no writing."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._minute = -1
        self._asked: Counter[int] = Counter()

    def wait(self, token_id: int, most: int) -> int:
        """0 and the request is counted; else the seconds until the next minute."""
        with self._lock:
            minute, gone = divmod(self._clock(), _MINUTE)
            if minute != self._minute:
                self._minute, self._asked = int(minute), Counter()
            if self._asked[token_id] >= most:
                return ceil(_MINUTE - gone)
            self._asked[token_id] += 1
            return 0

"""Solvers that misbehave, each the main of a solver's process in the place of ``optimisation.apart.serve_apart``."""

import time

from optimisation.apart import serve_apart

BINARIES = 100_000


def deaf(pipe, stop, memory_megabytes):
    """Says that it is there, and then hears nothing: neither what it is asked nor that it should stop."""
    _as_ever()
    pipe.send("a solver that hears nothing")
    while True:
        time.sleep(60)


def halting(pipe, stop, memory_megabytes):
    """Takes a job, begins to answer, and never ends its first sentence."""
    _as_ever()
    pipe.send("a solver that says half a sentence")
    pipe.recv()
    pipe._send((1000).to_bytes(4, "big") + b"half")
    while True:
        time.sleep(60)


def huge(pipe, stop, memory_megabytes):
    """Whatever it is asked, it has HiGHS set up a model of 100,000 binaries, for which it looks at neither clock nor callbacks."""
    from optimisation import worker  # noqa: PLC0415

    worker.make_plan = _set_up_huge
    serve_apart(pipe, stop, memory_megabytes)


def _as_ever():
    from planner.processes import die_with_parent  # noqa: PLC0415

    die_with_parent()


def _set_up_huge(job, pipe, stop):
    import numpy as np  # noqa: PLC0415

    from optimisation.highs import Hooks, load, problem_of, run  # noqa: PLC0415
    from optimisation.messages import Failed, Stage  # noqa: PLC0415

    rng = np.random.default_rng(1)
    choices, capacities = BINARIES // 10, 500  # one of ten for each, within what many share
    columns = np.arange(BINARIES)
    shared = choices + rng.integers(0, capacities, BINARIES)
    problem = problem_of(
        columns=tuple(range(BINARIES)), costs=-rng.uniform(1, 100, (1, BINARIES)), offsets=np.zeros(1),
        lower=np.zeros(BINARIES), upper=np.ones(BINARIES), is_whole=np.ones(BINARIES, dtype=bool),
        row_lower=np.full(choices + capacities, -np.inf), row_upper=np.concatenate((np.ones(choices), np.full(capacities, 300.0))),
        entries=(
            np.concatenate((columns // 10, shared)).astype(np.int32), np.concatenate((columns, columns)).astype(np.int32),
            np.concatenate((np.ones(BINARIES), rng.uniform(1, 30, BINARIES))),
        ),
    )  # fmt: skip
    pipe.send(Stage(words="shortfall below the board's line"))
    solved = run(load(problem), gap=0.0, seconds=job.seconds, hooks=Hooks(should_stop=stop.is_set))
    return Failed(why=f"ended as {solved.status}")


def hungry(pipe, stop, memory_megabytes):
    """For a partnership of many schools it asks for more and more memory, as a model that is too large does."""
    from optimisation import worker  # noqa: PLC0415

    as_ever = worker.make_plan
    worker.make_plan = lambda job, pipe, stop: as_ever(job, pipe, stop) if len(job.world.partnership.schools) < 10 else _eat()
    serve_apart(pipe, stop, memory_megabytes)


def _eat():
    import numpy as np  # noqa: PLC0415

    held = []
    while True:
        held.append(np.ones(8 << 20))

"""Another solver's opinion, in a process of its own: SCIP, for tests only.

Run as a program with a folder of MPS files, a gap in the objective's unit and seconds for each, it prints one JSON
object: file name -> [value, bound].
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def opinions_on(folder: Path, *, gap: float, seconds: float) -> dict[str, tuple[float, float]]:
    """What SCIP finds, and proves, for each MPS file of a folder."""
    done = subprocess.run([sys.executable, __file__, str(folder), str(gap), str(seconds)], check=True, capture_output=True, text=True)
    return {name: (value, bound) for name, (value, bound) in json.loads(done.stdout).items()}


def _opinion(path: Path, gap: float, seconds: float) -> tuple[float, float]:
    from pyscipopt import Model  # noqa: PLC0415 - never loaded beside HiGHS

    model = Model()
    model.hideOutput()
    model.readProblem(str(path))
    model.setParam("limits/absgap", gap)
    model.setParam("limits/time", seconds)
    model.setParam("numerics/feastol", 1e-8)
    model.optimize()
    return model.getPrimalbound(), model.getDualbound()


if __name__ == "__main__":
    _, where, at_gap, for_seconds = sys.argv
    print(json.dumps({path.name: _opinion(path, float(at_gap), float(for_seconds)) for path in sorted(Path(where).glob("*.mps"))}))

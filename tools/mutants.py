"""Change the program a little in many places, one at a time, and see whether its tests notice; prints a table.

``python tools/mutants.py`` tries a seeded sample of each group's mutants with mutmut, in a temporary copy of the files that git knows; name groups to
try only those. Two things differ from mutmut alone. It passes over decorated functions, so the copy decorates them in a statement after them.
And a mutant that changes nothing but the words of a sentence is left out and counted: it would ask for tests that repeat the text.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE, MINUTES, CHILDREN, SEED = 150, 30.0, 2, 7
KILLED = ("killed", "timeout", "segfault", "suspicious")
"""What a test run under a mutant may end with besides passing: a failure, no end, a crash."""
NOT_TRIED = ("not checked", "check was interrupted by user")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Files that are changed, and the tests that serve them."""

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]
    but: str = "postgresql"
    """Tests whose name has this are left out."""


GROUPS = (
    Group(name="audit", files=("planner/audit.py",), tests=("tests/rules", "tests/test_whole_plans.py")),
    Group(
        name="certificate",
        files=("planner/certificate.py",),
        tests=("tests/test_certificate.py",),
        but="every_row or claims_more or writes_a",
    ),
    Group(
        name="store",
        files=("planner/store/*.py",),
        tests=("tests/store/test_store_*.py", "tests/store/test_cluster.py"),
        but="postgresql or of_many or test_many or close_each_others or killed or locked or closes_its",
    ),
    Group(
        name="access",
        files=(
            "web/access.py",
            "web/accounts/invitations.py",
            "web/accounts/passwords.py",
            "web/accounts/session.py",
            "planner/store/people.py",
            "planner/store/sessions.py",
            "planner/store/throttle.py",
        ),
        tests=(
            "tests/test_access.py",
            "tests/test_web_accounts.py",
            *(f"tests/store/test_store_{what}.py" for what in ("people", "tokens", "moments")),
        ),
        but="postgresql or of_many or test_many or close_each_others or takes_as_long",
    ),
    Group(
        name="suppression",
        files=("planner/small_numbers.py", "planner/public_counts.py", "optimisation/disclosure.py"),
        tests=("tests/test_small_numbers.py", "tests/test_packs.py"),
        but="public_pack or board_pack or letter or one_pack or files_of or terminal",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutants:
    """Every mutant of a group: what each changes, and how many of sentences alone are left out."""

    changes: dict[str, str]
    prose: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the mutants tried of a group, in how many minutes by the clock."""

    mutants: Mutants
    status_of: dict[str, str]
    minutes: float

    def count(self, *statuses: str) -> int:
        """How many ended like this."""
        return sum(status in statuses for status in self.status_of.values())

    @property
    def share(self) -> float:
        """Percent killed of those tried; one that no test reaches is not killed."""
        return 100 * self.count(*KILLED) / len(self.status_of) if self.status_of else 0.0


# --- the copy ------------------------------------------------------------------------------


def copied(group: Group, folder: Path) -> None:
    """The files git knows, with the group's decorators after their functions, and mutmut's settings."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for path in files_of(group, folder):
        path.write_text(decorated_afterwards(path.read_text(encoding="utf-8")), encoding="utf-8")
    tests = sorted(str(path.relative_to(folder)) for pattern in group.tests for path in folder.glob(pattern))
    settings = {
        "source_paths": ["planner", "optimisation", "web", "fixtures"],
        "only_mutate": [str(path.relative_to(folder)) for path in files_of(group, folder)],
        "also_copy": ["docs", "tools", "README.md", "CHANGELOG.md", "Makefile", ".ci"],
        "pytest_add_cli_args": ["-n0", "-p", "no:randomly", "-p", "no:cacheprovider", "-m", "not slow", "-k", f"not ({group.but})", "-x"],
        "pytest_add_cli_args_test_selection": tests,
        "timeout_multiplier": 6.0,
        "timeout_constant": 5.0,
        "use_setproctitle": False,
        "track_dependencies": False,
        "use_git_change_detection": False,
    }
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.mutmut]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()))
    with (folder / "tests/conftest.py").open("a", encoding="utf-8") as file:
        file.write("\n\ndel pytest_collection_modifyitems  # mutmut puts the quickest tests first\n")


def files_of(group: Group, folder: Path) -> list[Path]:
    """The files of a group in a copy."""
    return sorted({path for pattern in group.files for path in folder.glob(pattern)})


def decorated_afterwards(source: str) -> str:
    """The same program with ``f = decorator(f)`` after each decorated function; a function that only has its kind declared stays as it is."""
    lines = source.splitlines()
    after: dict[int, list[str]] = {}
    for function in [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef) and node.decorator_list]:
        decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
        if any(words in {"staticmethod", "classmethod", "overload"} or words.endswith(".setter") for words in decorators):
            continue
        words = function.name
        for decorator in reversed(decorators):
            words = f"{decorator}({words})"
        for number in range(function.decorator_list[0].lineno, function.lineno):
            lines[number - 1] = ""
        after.setdefault(function.end_lineno or function.lineno, []).insert(0, " " * function.col_offset + f"{function.name} = {words}")
    return "\n".join(line for number, text in enumerate(lines, 1) for line in (text, *after.get(number, ()))) + "\n"


# --- the mutants ---------------------------------------------------------------------------


def mutants_of(group: Group, folder: Path) -> Mutants:
    """All that mutmut would change, by the names it gives."""
    from mutmut.mutation.file_mutation import mutate_file_contents  # noqa: PLC0415 - reads its settings where it stands
    from mutmut.utils.format_utils import get_mutant_name  # noqa: PLC0415

    changes: dict[str, str] = {}
    prose = 0
    with contextlib.chdir(folder):
        for path in files_of(group, Path()):
            mutated = mutate_file_contents(str(path), path.read_text(encoding="utf-8"))
            functions = {node.name: node for node in ast.walk(ast.parse(mutated.code)) if isinstance(node, ast.FunctionDef)}
            for name in mutated.mutant_names:
                was, now = functions[re.sub(r"_\d+$", "_orig", name)], functions[name]
                if changes_prose_alone(was, now):
                    prose += 1
                else:
                    changes[get_mutant_name(path, name)] = difference(was, now)
    return Mutants(changes=changes, prose=prose)


def changes_prose_alone(was: ast.FunctionDef, now: ast.FunctionDef) -> bool:
    """Whether only the text of a literal of two words or more differs."""
    pairs = list(zip(plain(was), plain(now), strict=False))
    changed = [(a, b) for a, b in pairs if a != b]
    return len(changed) == 1 and all(isinstance(text, str) for text in changed[0]) and len(changed[0][0].split()) > 1


def plain(function: ast.FunctionDef) -> Iterator[object]:
    """A function's nodes in order, literals as they are and all else by its kind and names."""
    for part in function.body:
        for node in ast.walk(part):
            if isinstance(node, ast.Constant):
                yield node.value
            else:
                yield (type(node), *(value for _, value in ast.iter_fields(node) if isinstance(value, str)))


def difference(was: ast.FunctionDef, now: ast.FunctionDef) -> str:
    """The lines that differ."""
    before, after = ([ast.unparse(function.args), *"\n".join(map(ast.unparse, function.body)).splitlines()] for function in (was, now))
    return "\n".join(line for line in difflib.unified_diff(before, after, n=0, lineterm="") if not line.startswith(("---", "+++", "@@")))


# --- the trial -----------------------------------------------------------------------------


def tried(group: Group, options: argparse.Namespace) -> Outcome:
    """Try a sample of a group's mutants, or those named."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"planner-mutants-{group.name}-") as home:
        folder = Path(home)
        copied(group, folder)
        mutants = mutants_of(group, folder)
        names = sorted(mutants.changes)
        if options.only:
            names = [name for name in names if any(fnmatch(name, pattern) for pattern in options.only)]
        elif len(names) > options.sample:
            names = sorted(random.Random(options.seed).sample(names, options.sample))  # noqa: S311
        if not names:
            return Outcome(mutants=mutants, status_of={}, minutes=0.0)
        mutmut = [sys.executable, "-c", "from mutmut.__main__ import cli; cli()"]
        process = subprocess.Popen(
            [*mutmut, "run", "--max-children", str(options.children), *names],
            cwd=folder,
            stdout=sys.stderr if options.verbose else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        said = ""
        try:
            said, _ = process.communicate(timeout=60 * options.minutes)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            process.communicate()
        if process.returncode:
            print((said or "")[-6000:], file=sys.stderr)
        results = subprocess.run([*mutmut, "results", "--all", "true"], cwd=folder, capture_output=True, check=True, text=True).stdout
    found = dict(line.strip().rsplit(": ", 1) for line in results.splitlines())
    status_of = {name: found[name] for name in names if found.get(name, NOT_TRIED[0]) not in NOT_TRIED}
    return Outcome(mutants=mutants, status_of=status_of, minutes=(time.monotonic() - start) / 60)


def main() -> int:
    """Try the groups and print a table; 1 when one of them is below the share asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(group.name for group in GROUPS))
    parser.add_argument("--sample", type=int, default=SAMPLE, help=f"mutants of each group at most (default {SAMPLE})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"which sample (default {SEED})")
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, help=f"for each group; what is not tried by then is not counted (default {MINUTES:g})"
    )
    parser.add_argument("--children", type=int, default=CHILDREN, help=f"processes at once (default {CHILDREN})")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these mutants, by name or pattern")
    parser.add_argument("--least", type=float, default=85.0, help="percent to be killed of each group (default 85)")
    parser.add_argument("--verbose", action="store_true", help="show what mutmut says")
    options = parser.parse_args()
    unknown = set(options.groups) - {group.name for group in GROUPS}
    if unknown:
        parser.error(f"there is no group {', '.join(sorted(unknown))}; there are {', '.join(group.name for group in GROUPS)}")
    rows, survivors = [], []
    for group in GROUPS:
        if options.groups and group.name not in options.groups:
            continue
        outcome = tried(group, options)
        rows.append((group, outcome))
        survivors += [
            f"{name} ({status})\n{outcome.mutants.changes[name]}\n" for name, status in outcome.status_of.items() if status not in KILLED
        ]
        print(group.name, dict(Counter(outcome.status_of.values())), f"{outcome.minutes:.1f} minutes", file=sys.stderr, flush=True)
    print("\n".join(survivors))
    print(
        "| group | mutants tried of all | prose left out | killed | of these out of time | survived | reached by no test | share killed | minutes |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for group, outcome in rows:
        print(
            f"| {group.name} | {len(outcome.status_of)} of {len(outcome.mutants.changes)} | {outcome.mutants.prose} | {outcome.count(*KILLED)} "
            f"| {outcome.count('timeout')} | {outcome.count('survived')} | {outcome.count('no tests')} | {outcome.share:.0f} % | {outcome.minutes:.0f} |"
        )
    return int(any(outcome.share < options.least for _, outcome in rows))


if __name__ == "__main__":
    sys.exit(main())

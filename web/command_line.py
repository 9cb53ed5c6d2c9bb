"""The planner console script. Imports are late, so that a command loads only what it needs."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from planner import __version__
from planner.errors import InputMustBeMended, PlannerError
from planner.intake.phase_help import PHASE_HELP
from planner.words import most_points
from web.commands import (
    administrator,
    backups,
    by_hand,
    check_log,
    compare,
    export,
    frontier,
    lines,
    mends,
    pack,
    paper,
    pots,
    replan,
    roster,
    values,
    what_if,
    where,
    why,
)
from web.commands.plans import seconds

if TYPE_CHECKING:
    from optimisation.solve import Tell
    from planner.documents import Json
    from planner.intake.findings import Finding
    from planner.partnership import Partnership
    from planner.plan import Plan
    from planner.policy import Policy
    from web.settings import Settings

OUR_FAULT = 3
STOPPED_BY_HAND = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code.

    0 done, 1 the input must be mended, 2 the rules cannot all hold, 3 our fault, 4 the audit refused.
    """
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as ending:  # argparse ends usage errors with 2, which here means that rules clash
        return InputMustBeMended.exit_code if ending.code else 0
    try:
        code: int = options.run(options)
    except PlannerError as error:
        for finding in getattr(error, "findings", ()):
            print(finding.sentence(), file=sys.stderr)
        print(error, file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader (head, less) has gone: say no more, and let nothing be flushed to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("Stopped. Nothing was written.", file=sys.stderr)
        return STOPPED_BY_HAND
    except MemoryError:
        print("The machine has too little memory for this; close other programs or plan fewer schools.", file=sys.stderr)
        return OUR_FAULT
    except Exception as error:
        if os.environ.get("PLANNER_DEBUG"):
            raise
        print(
            f"Something went wrong on our side ({type(error).__name__}: {error}). Your files are untouched; "
            "run again with PLANNER_DEBUG=1 and send us what it prints.",
            file=sys.stderr,
        )
        return OUR_FAULT
    return code


@contextmanager
def _stopping_by_hand(*, is_second_obeyed: bool = True) -> Iterator[Callable[[], bool]]:
    """While solving, Ctrl-C, a closed terminal or a polite kill ask to stop; a second one stops at once."""
    asked = threading.Event()

    def ask(*_: object) -> None:
        if asked.is_set() and is_second_obeyed:
            raise KeyboardInterrupt
        asked.set()

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), ask) for name in names}
    try:
        yield asked.is_set
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


# --- the commands ------------------------------------------------------------------------


def _demo(options: argparse.Namespace) -> int:
    from fixtures import path_of  # noqa: PLC0415

    folder = path_of("demonstration")
    if options.no_serve:
        settings = None
    else:
        from web.serving import check_free, serve, settings_for  # noqa: PLC0415

        settings = settings_for(options.port)
        check_free(settings)
    document = _make_and_write(
        partnership_path=folder,
        policy_path=folder / "policy.toml",
        out=Path("demonstration-plan.xlsx"),
        json_path=None,
        options=options,
    )
    if settings is None:
        return 0
    _keep_demonstration(settings, document)
    return serve(settings)


def _keep_demonstration(settings: Settings, document: Json) -> None:
    """Put the demonstration into the store and say what to sign in with."""
    from planner.store import open_store  # noqa: PLC0415
    from web.demonstration import keep_demonstration  # noqa: PLC0415

    with open_store(settings.database_url, settings.home) as store:
        accounts = keep_demonstration(settings, store, document)
    print("\nSign in as one of these, with the password", accounts.password)
    for role, name in accounts.names:
        print(f"  {name:<16} {role}")
    print(flush=True)


def _serve(options: argparse.Namespace) -> int:
    from web.serving import serve, settings_for  # noqa: PLC0415

    return serve(settings_for(options.port, is_behind_proxy=options.behind_proxy, metrics_port=options.metrics_port))


def _worker(options: argparse.Namespace) -> int:
    import platform  # noqa: PLC0415

    from optimisation.run_worker import work  # noqa: PLC0415
    from optimisation.ticket_worker import set_up_tickets, work_by_tickets  # noqa: PLC0415
    from planner.store import open_store  # noqa: PLC0415
    from web.logs import set_up_logs  # noqa: PLC0415
    from web.settings import Settings  # noqa: PLC0415

    def is_alone() -> bool:
        return options.beside is not None and os.getppid() != options.beside

    settings = Settings.from_env()
    # Beside a server the terminal is for its address and accounts: only what goes wrong is told there.
    set_up_logs(settings, usual="info" if options.beside is None else "warning")
    # Ctrl-C reaches this process and the one that started it, which asks again: the second time means nothing new.
    with _stopping_by_hand(is_second_obeyed=False) as is_asked, open_store(settings.database_url, settings.home) as store:
        if options.cluster:
            set_up_tickets(store)
        take_part = work_by_tickets if options.cluster else work
        print("Ready: waiting runs are planned here until Ctrl-C.", flush=True)
        take_part(store, name=f"{platform.node()} {os.getpid()}", should_end=lambda: is_asked() or is_alone())
    return 0


def _check(options: argparse.Namespace) -> int:
    policy = _policy(options)
    partnership, findings = _read(options.input, policy)
    for finding in findings:
        print(f"{finding.level}: {finding.sentence()}")
    if partnership is None:
        print(f"{_count(findings)} Mend what must be mended, then check again.")
        return InputMustBeMended.exit_code
    print(f"{_count(findings)} {partnership.name} can be planned: {len(partnership.schools)} schools.")
    if options.against is not None:
        by_hand.tell_differences(options.input, partnership, options.against, _read(options.against, policy)[0])
    return 0


def _plan(options: argparse.Namespace) -> int:
    _make_and_write(partnership_path=options.input, policy_path=options.policy, out=options.out, json_path=options.json, options=options)
    return 0


def _gives_way(document: Json) -> str:
    """How many places give way at a price, for those who audit a plan."""
    count = len(document.get("priced_misses", ()))
    if not count:
        return ""
    return f" or gives way at the board's price ({count} place{'s' * (count != 1)}, {most_points(document['price_points'])} points)"


def _audit(options: argparse.Namespace) -> int:
    from planner.documents import check_document, read_document  # noqa: PLC0415
    from web.commands.certificates import audit_certificate  # noqa: PLC0415

    if options.beside is not None:
        by_hand.audit_workbook(options.plan, options.beside, options.json)
        return 0
    document = read_document(options.plan)
    check_document(document)
    print(
        f"The audit agrees: every figure follows from the amounts, every rule that is on holds{_gives_way(document)}, "
        f"and the fingerprint is {document['fingerprint'][:16]}."
    )
    if options.certificate:
        print(audit_certificate(options.plan, document))
    return 0


def _build(options: argparse.Namespace) -> int:
    from planner.export.last_year import last_year_from, with_last_year  # noqa: PLC0415
    from planner.export.partnership_workbook import write_partnership_workbook  # noqa: PLC0415
    from planner.intake.dfe import BuildRequest, build_partnership  # noqa: PLC0415

    result = build_partnership(
        BuildRequest(
            gias=options.gias,
            sen=options.sen,
            census=tuple(options.census or ()),
            idaci=options.idaci,
            links=options.links,
            urns=options.urns,
            near_urn=options.near,
            count=options.count if options.near else None,
            academic_year=options.year,
            name=options.name,
            blank_resources=options.blank_resources,
        ),
        _policy(options),
    )
    partnership, notes = result.partnership, result.notes
    if options.last_year is not None:
        partnership, more = with_last_year(partnership, last_year_from(options.last_year))
        notes = (*notes, *more)
    if options.out.exists() and not options.overwrite:
        raise InputMustBeMended(f"{options.out} is there already and may hold your own figures; choose another name or say --overwrite.")
    write_partnership_workbook(partnership, options.out, notes=(*notes, *(j.sentence() for j in result.joins)))
    for join in result.joins:
        print(join.sentence())
    for note in notes:
        print(f"look at: {note}")
    print(f"{options.out}: {len(result.partnership.schools)} schools, {sum(s.pupils for s in result.partnership.schools):,} pupils.")
    if result.partnership.is_illustrative():
        print("People and funds are assumed: a plan on them is ILLUSTRATIVE. Yellow cells are yours to overwrite.")
    return 0


def _template(options: argparse.Namespace) -> int:
    from planner.export.last_year import last_year_from  # noqa: PLC0415
    from planner.export.partnership_workbook import write_template  # noqa: PLC0415

    last_year = last_year_from(options.last_year) if options.last_year is not None else None
    write_template(options.out, last_year=() if last_year is None else last_year.rows)
    if last_year is not None:
        print(last_year.sentence())
    print(f"{options.out}: fill in the sheets, then run: planner check {options.out}")
    return 0


def _policy_command(options: argparse.Namespace) -> int:
    policy = _policy(options)
    if options.what == "check":
        print(f"The policy {policy.title} (version {policy.version}, {policy.date}) can be used: {len(policy.standards)} standards.")
        for line in _rules_that_may_give_way(policy):
            print(line)
        return 0
    print(f"{policy.title}, version {policy.version}, {policy.date}")
    for figure in policy.figures:
        print(
            f"{figure.path} = {figure.value} {figure.unit} [{figure.confidence}; {figure.source}{', ' + figure.date if figure.date else ''}]"
        )
    for line in _rules_that_may_give_way(policy):
        print(line)
    for standard in policy.standards:
        print(
            f"standard {standard.standard_id}: {standard.name} ({standard.need}, {standard.tier}); {standard.evidence} [{standard.source}]"
        )
    return 0


def _rules_that_may_give_way(policy: Policy) -> Iterator[str]:
    from planner.export.priced import price_words  # noqa: PLC0415
    from planner.rules import RULES  # noqa: PLC0415

    for rule_id, _ in policy.prices:
        idle = "" if policy.is_on(rule_id) else " (the rule is off, so its price counts for nothing)"
        yield f"May give way at a price of {price_words(policy, rule_id)}: {RULES[rule_id].sentence}{idle}"


def _bench(options: argparse.Namespace) -> int:
    from optimisation.bench import bench_tables  # noqa: PLC0415

    for line in bench_tables(
        reference=options.reference, schools=options.schools, lines=options.lines, repeats=options.repeats, seconds=options.time_limit
    ):
        print(line, flush=True)
    return 0


# --- making a plan -------------------------------------------------------------------------


def _make_and_write(
    *, partnership_path: Path, policy_path: Path | None, out: Path | None, json_path: Path | None, options: argparse.Namespace
) -> Json:
    from optimisation.names import make_plan_with_names  # noqa: PLC0415
    from optimisation.solve import Solver  # noqa: PLC0415
    from planner.certificate import certificate_path  # noqa: PLC0415
    from planner.documents import check_document, plan_document, write_plan  # noqa: PLC0415
    from planner.export.priced import price_lines  # noqa: PLC0415
    from planner.export.roster_words import roster_lines, undelivered_lines  # noqa: PLC0415
    from planner.export.summary import claims, summary_lines  # noqa: PLC0415
    from planner.files import check_places  # noqa: PLC0415
    from planner.need import world_of  # noqa: PLC0415
    from web.commands.certificates import certify_plan  # noqa: PLC0415
    from web.words import today  # noqa: PLC0415

    policy = _policy_at(policy_path)
    partnership, findings = _read(partnership_path, policy)
    for finding in findings:
        print(f"{finding.level}: {finding.sentence()}", file=sys.stderr)
    if partnership is None:
        raise InputMustBeMended(f"{partnership_path} cannot be planned yet. {_count(findings)}")
    check_places(out, json_path, certificate_path(json_path) if json_path else None, inputs=(partnership_path, policy_path))
    world = world_of(partnership, policy)
    began = time.perf_counter()
    certified = ""
    with _stopping_by_hand() as should_stop, Solver() as solver:
        make_plan = solver.make_plan if options.no_roster else partial(make_plan_with_names, solver)
        plan: Plan = make_plan(world, gap_points=options.gap_points, seconds=options.time_limit, tell=_teller(), should_stop=should_stop)
        document = plan_document(plan, world)
        check_document(document)
        if json_path is not None:
            write_plan(document, json_path)
            certified = certify_plan(
                solver, document, world, json_path,
                until=began + options.time_limit, tell=_teller(), should_stop=should_stop,
            )  # fmt: skip
    if out is not None:
        from planner.export.plan_workbook import write_plan_workbook  # noqa: PLC0415

        write_plan_workbook(
            plan, world, out,
            fingerprint=document["fingerprint"], inputs_sha256=document["inputs_sha256"], policy_sha256=document["policy_sha256"],
        )  # fmt: skip
    for line in summary_lines(plan, world, today()):
        print(line)
    if out is not None or json_path is not None:  # else they are among the claims below
        for line in price_lines(world, plan.amounts):
            print(line)
    if not options.no_roster:
        for line in (*roster_lines(plan, world), *undelivered_lines(plan, world)):
            print(line)
    if certified:
        print(certified)
    for written in (out, json_path):
        if written is not None:
            print(f"Written: {written}")
    if out is None and json_path is None:
        for line in claims(plan, world):
            print(line)
    return document


def _teller() -> Tell:
    """Progress on a terminal; silence when piped."""
    if not sys.stderr.isatty():
        return lambda _: None
    from web.progress import TerminalProgress  # noqa: PLC0415

    return TerminalProgress(sys.stderr)


def _policy(options: argparse.Namespace) -> Policy:
    return _policy_at(options.policy)


def _policy_at(path: Path | None) -> Policy:
    from planner.policy import load_policy  # noqa: PLC0415

    return load_policy(path)


def _read(path: Path, policy: Policy) -> tuple[Partnership | None, tuple[Finding, ...]]:
    from planner.intake.findings import Level  # noqa: PLC0415
    from planner.intake.parsing import read_partnership  # noqa: PLC0415
    from planner.intake.policy_checks import check_against_policy  # noqa: PLC0415

    partnership, findings = read_partnership(path, need_codes=policy.need_codes(), role_ids=policy.role_ids())
    if partnership is None:
        return None, findings
    findings = (*findings, *check_against_policy(partnership, policy))
    return (None if any(f.level is Level.MUST_MEND for f in findings) else partnership), findings


def _count(findings: Sequence[Finding]) -> str:
    must = sum(finding.level == "must mend" for finding in findings)
    return f"{must} to mend, {len(findings) - must} to look at."


# --- the words of the command line -----------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="planner",
        description="Plans who gets what of a partnership's pooled money, specialist time and base places, and shows how good the plan is.",
        epilog="Start with: planner demo. Then: planner build --help, or planner template --out blank.xlsx.",
    )
    parser.add_argument("--version", action="version", version=f"partnership-planner {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    demo = _command(
        commands, "demo", "plan the demonstration partnership into ./demonstration-plan.xlsx, then serve it", "planner demo --no-serve"
    )
    demo.add_argument("--no-serve", action="store_true", help="plan only, and serve no pages")
    _port_option(demo)
    _solve_options(demo)
    demo.set_defaults(run=_demo)

    check = _command(
        commands, "check", "list what must be mended in a partnership, by sheet, row and column", "planner check partnership.xlsx"
    )
    check.add_argument("input", type=Path, metavar="INPUT", help="a partnership workbook (.xlsx) or a folder of CSVs")
    check.add_argument(
        "--against", type=Path, metavar="OLD", help="what it was edited from: says each cell that differs, and who may change it"
    )
    _policy_option(check)
    check.set_defaults(run=_check)

    plan = _command(commands, "plan", "make the plan", "planner plan partnership.xlsx --out plan.xlsx --json plan.json")
    plan.add_argument("input", type=Path, metavar="INPUT", help="a partnership workbook (.xlsx) or a folder of CSVs")
    _policy_option(plan)
    plan.add_argument("--out", type=Path, metavar="plan.xlsx", help="write the plan as a workbook")
    plan.add_argument("--json", type=Path, metavar="plan.json", help="write the plan as a document that stands alone")
    _solve_options(plan)
    plan.set_defaults(run=_plan)

    for asked_of_a_plan in (why, what_if, values, frontier, compare, export, lines, pack, paper, pots, roster):
        asked_of_a_plan.add(commands, _command)

    _audit_command(commands)

    mends.add(commands, _command, _read)
    replan.add(commands, _command)
    where.add(commands, _command)

    _serve_command(commands)

    worker = _command(commands, "worker", "plan the runs that wait in the database, until Ctrl-C", "planner worker")
    worker.add_argument("--beside", type=int, metavar="PID", help="end too when the process that started this one, PID, has gone")
    worker.add_argument("--cluster", action="store_true", help="be told of waiting runs by PostgreSQL, as one of many machines' workers")
    worker.set_defaults(run=_worker)

    backups.add(commands, _command)
    administrator.add(commands, _command)
    check_log.add(commands, _command)

    _build_command(commands)

    template = _command(
        commands, "template", "write a blank partnership workbook with help on every column", "planner template --out blank.xlsx"
    )
    template.add_argument("--out", type=Path, required=True, metavar="blank.xlsx")
    _last_year_option(template)
    template.set_defaults(run=_template)

    policy = _command(commands, "policy", "show the policy in force, its dates and sources; or check a policy file", "planner policy show")
    policy.add_argument("what", choices=("show", "check"))
    policy.add_argument("policy", nargs="?", type=Path, metavar="FILE.toml", help="the board's own settings, laid over the policy pack")
    _policy_option(policy)
    policy.set_defaults(run=_policy_command)

    bench = _command(commands, "bench", "the benchmarks of docs/benchmarks.md, as tables", "planner bench --reference ../shared/data")
    bench.add_argument("--reference", type=Path, required=True, metavar="FOLDER", help="folder of the reference DfE data")
    bench.add_argument("--schools", type=_whole_list, default=(12, 25, 60), help="numbers of schools, for example 12,25,60")
    bench.add_argument("--lines", type=_whole_list, default=(60, 70, 80), help="board's lines in percent, for example 60,70,80")
    bench.add_argument("--repeats", type=int, default=5, help="runs of each case; medians are shown (default 5)")
    bench.add_argument("--time-limit", type=seconds, default=60.0, help="seconds for one solve (default 60)")
    bench.set_defaults(run=_bench)
    return parser


def _serve_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = _command(commands, "serve", "show plans in the browser of this computer, until Ctrl-C", "planner serve --port 8080")
    _port_option(serve)
    serve.add_argument(
        "--behind-proxy", action="store_true",
        help="serve others through one proxy of yours that speaks TLS: believe its X-Forwarded-For, -Proto and -Host (or PLANNER_BEHIND_PROXY=1)",
    )  # fmt: skip
    serve.add_argument(
        "--metrics-port", type=_a_port, metavar="N",
        help="tell programs that watch the service its numbers, at /metrics on this port of this computer (or PLANNER_METRICS_PORT)",
    )  # fmt: skip
    serve.set_defaults(run=_serve)


def _audit_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    audit = _command(
        commands,
        "audit",
        "check a plan again with no solver",
        "planner audit plan.json --certificate\nplanner audit edited.xlsx --plan plan.json",
    )
    audit.add_argument("plan", type=Path, metavar="PLAN", help="plan.json; with --plan the plan's workbook (.xlsx), changed by hand")
    audit.add_argument(
        "--plan",
        dest="beside",
        type=Path,
        metavar="plan.json",
        help="the plan that an edited workbook was made from: says what was changed, which rules that breaks and how far it is from the best",
    )
    audit.add_argument("--json", type=Path, metavar="by-hand.json", help="with --plan: write the hand-made plan, where it keeps every rule")
    audit.add_argument(
        "--certificate", action="store_true", help="also prove again, in exact arithmetic, plan.certificate.json beside the plan"
    )
    audit.set_defaults(run=_audit)


def _build_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    build = _command(
        commands, "build", "make a partnership workbook from the DfE's downloads",
        "planner build --gias edubasealldata.csv --sen sen_school_level.csv --near 123456 --count 12 --out partnership.xlsx\n\n" + PHASE_HELP,
    )  # fmt: skip
    build.add_argument("--gias", type=Path, required=True, help="Get Information about Schools, old or new columns (csv or csv.gz)")
    build.add_argument("--sen", type=Path, help="Special educational needs in England, school level")
    build.add_argument("--census", type=Path, action="append", help="pupil characteristics; may be given more than once, later wins")
    build.add_argument("--idaci", type=Path, help="Indices of Deprivation, IDACI by LSOA (2019 or 2025)")
    build.add_argument("--links", type=Path, help="GIAS links, to follow academy conversions")
    which = build.add_mutually_exclusive_group(required=True)
    which.add_argument("--urns", type=_whole_list, help="the member schools, for example 123456,123457")
    which.add_argument("--near", type=int, metavar="URN", help="the schools nearest to this one")
    build.add_argument("--count", type=int, default=12, help="how many schools with --near (default 12)")
    _last_year_option(build)
    build.add_argument("--year", default="2026/27", help="academic year (default 2026/27)")
    build.add_argument("--name", default="", help="the partnership's name")
    build.add_argument("--blank-resources", action="store_true", help="leave people, funds and last year blank instead of assumed")
    build.add_argument("--out", type=Path, required=True, metavar="partnership.xlsx")
    build.add_argument("--overwrite", action="store_true", help="replace the file if it is there already")
    _policy_option(build)
    build.set_defaults(run=_build)


def _command(commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, words: str, example: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name, help=words, description=f"{words[0].upper()}{words[1:]}.", epilog=f"Example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip


def _policy_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--policy", type=Path, metavar="FILE.toml", help="the board's own settings, laid over the policy pack")


def _last_year_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--last-year", type=Path, metavar="plan.xlsx", help="fill the sheet Last year from last year's plan workbook")


def _port_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_a_port, metavar="N", help="the port of the pages (default 8000, or PLANNER_PORT)")


def _a_port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError("must be a port from 1 to 65535")
    return int(text)


def _solve_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--gap-points", type=_not_negative, default=0.1, help="stop within this many points of the bound (default 0.1)")
    parser.add_argument("--time-limit", type=seconds, default=30.0, help="seconds for all solving (default 30)")
    parser.add_argument("--no-roster", action="store_true", help="plan money, time and places without names")


def _whole_list(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.replace(" ", "").split(",") if part)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of whole numbers such as 12,25") from error


def _not_negative(text: str) -> float:
    value = _number(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError("must be between 0 and 100")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from error


if __name__ == "__main__":
    sys.exit(main())

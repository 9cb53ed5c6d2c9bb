"""Everything that can stop a command, each as one plain sentence for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.intake.findings import Finding


class PlannerError(Exception):
    """Something stopped the work; the message is one sentence that says what to do."""

    exit_code = 3


class InputMustBeMended(PlannerError):
    """The input cannot be planned until its findings are mended."""

    exit_code = 1

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


class TooManyAtOnce(InputMustBeMended):
    """As many files as may be are being read already; nothing is wrong with this one."""


class RulesCannotAllHold(PlannerError):
    """No plan keeps every rule; the message names the rules that clash and ways to make room."""

    exit_code = 2


class AuditRefused(PlannerError):
    """A plan failed its audit; the message says whether it was altered or which rule it breaks."""

    exit_code = 4


class SolverFault(PlannerError):
    """The solver crashed, hung, ran out of memory or failed its own check."""


class TooLarge(SolverFault):
    """The solver needs more memory than it may have."""


class ChangedMeanwhile(PlannerError):
    """Somebody else changed the same thing first; nothing of the later change was kept."""

    exit_code = 1


class AlreadyTaken(PlannerError):
    """A name that must be used once is in use."""

    exit_code = 1

"""When no plan keeps every rule: which rules clash, at which places, and ways to make room, in the words of whoever keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from optimisation.moves import MOST_MOVES, Mend
from optimisation.places import Placed, Proof
from planner.words import least_points, most_points


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """No plan keeps every rule. ``clash`` is the smallest set of rules that shows it; ``mends`` are ways to make room.

    There are none when only rules that nobody may relax clash, or when time ran out (``ran_out``) before one was found.
    ``is_every_way``: each other way was proved to move all the rules of one of these and more, or very many rules.
    """

    clash: tuple[Placed, ...]
    clash_words: tuple[str, ...]
    is_smallest: bool
    mends: tuple[Mend, ...]
    is_every_way: bool
    ran_out: bool
    proofs: tuple[Proof, ...]

    def sentence(self) -> str:
        """What to say first."""
        if self.mends:
            return "The rules cannot all hold. What clashes, and how to make room:"
        if self.ran_out:
            return "The rules cannot all hold; there was no time to find which to relax, so try again with more time."
        return (
            "The rules that nobody may relax cannot all hold: check the statutory work, what open bases cost, the funds and locked rules."
        )

    def lines(self) -> tuple[str, ...]:
        """All of it, a paragraph a line."""
        return (self.sentence(), *self.clash_lines(), *(mend_line(mend, n) for n, mend in enumerate(self.mends, start=1)), *self._last())

    def clash_lines(self) -> tuple[str, ...]:
        """What clashes, in one paragraph; nothing when there was no time to find it."""
        if not self.clash_words:
            return ()
        if len(self.clash) == 1:
            return (f"This cannot hold, whatever else gives way: {self.clash_words[0]}",)
        least = "; without any one of them the others can" if self.is_smallest else ""
        return (f"These cannot hold together{least}. {' '.join(self.clash_words)}",)

    def _last(self) -> tuple[str, ...]:
        if not self.mends or not self.is_every_way:
            return ()
        these = "this" if len(self.mends) == 1 else "one of these"
        most = max(MOST_MOVES, len(self.mends[0].moves))
        return (f"Every other way moves all the rules of {these} and more, or more than {most} rules.",)

    def as_data(self) -> dict[str, Any]:
        """The same as data."""
        return {
            "clash": [
                {"rule": placed.rule_id, "place": placed.place, "may_be_relaxed_by": placed.rule.relaxed_by} for placed in self.clash
            ],
            "clash_words": list(self.clash_words),
            "clash_is_smallest": self.is_smallest,
            "mends": [_mend_data(mend) for mend in self.mends],
            "is_every_way": self.is_every_way,
            "ran_out_of_time": self.ran_out,
            "lines": list(self.lines()),
            "solves": [_proof_data(proof) for proof in self.proofs],
        }


def mend_line(mend: Mend, number: int) -> str:
    """One way to make room, who may grant it, and what the plan then comes to."""
    moves = " ".join(f"{move.words} ({move.granted_by} may relax it)." for move in mend.moves)
    return (
        f"Way {number}: {moves} The plan then has a shortfall of {most_points(mend.shortfall_points)} points, and none could have less than "
        f"{least_points(mend.bound_points)}; of {mend.standards:,} standards {mend.met:,} {'is' if mend.met == 1 else 'are'} fully met "
        f"and {mend.under_half:,} under half."
    )


def _mend_data(mend: Mend) -> dict[str, Any]:
    return {
        "moves": [
            {
                "rule": move.rule_id, "place": move.place, "was": float(move.was), "now": float(move.now), "unit": move.unit,
                "granted_by": move.granted_by, "words": move.words,
            }
            for move in mend.moves
        ],
        "largest_share": mend.largest_share,
        "moves_fewest_rules": mend.is_fewest,
        "shortfall_points": mend.shortfall_points,
        "bound_points": mend.bound_points,
        "standards": mend.standards,
        "standards_met": mend.met,
        "standards_under_half": mend.under_half,
        "solves": [_proof_data(proof) for proof in mend.proofs],
    }  # fmt: skip


def _proof_data(proof: Proof) -> dict[str, Any]:
    """A solve as data; what is without end is null."""
    value, bound = (None if abs(x) == float("inf") else x for x in (proof.value, proof.bound))
    return {"words": proof.words, "status": proof.status, "value": value, "bound": bound, "seconds": proof.seconds}

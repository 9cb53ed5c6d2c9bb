"""The words of ``docs/model.md`` around what ``optimisation.model_page`` reads from the code; «NAMES» are filled in there."""

BEFORE_RULES = r"""# The model

Written by `make fix` from the code; `make check` fails when it is out of date. For whoever knows optimisation and wants to know exactly what is
solved, what its answer proves and what it does not. Why it is so, with measurements: [decision records](adr/). How fast:
[benchmarks](benchmarks.md). Words: [glossary](glossary.md).

A partnership of schools shares money, half-days of specialists and base places for one school year. A mixed-integer linear model makes the plan;
plain exact arithmetic that has never met a solver says what the plan comes to and whether it keeps every rule. A *point* is one
hundredth of the partnership's weighted need (0-100).

Contents: [data](#1-what-is-given) · [decisions](#2-what-is-decided) · [objectives](#3-what-is-aimed-for-in-order) · [rules](#4-the-rules) · [hulls](#5-hulls) ·
[search](#6-the-search-in-two-steps) · [levels](#7-levels-and-tolerance) · [exact amounts](#8-from-a-solution-to-a-plan) · [what is claimed](#9-the-bound-and-what-may-be-claimed) ·
[certificate](#10-the-certificate) · [trials](#11-trials) · [when the rules clash](#12-when-the-rules-cannot-all-hold) · [limits](#13-what-the-model-does-not-know)

## 1. What is given

| index | runs over |
|---|---|
| $s$, $z$ | member schools; zones (groups of neighbouring schools) |
| $r$ | recipients of time: a school, or a zone for services that serve zones |
| $c$ | cells: one quality standard at one school, or at one zone for rare needs and places. A cell belongs to one recipient, $c \in r$ |
| $i$ | ingredients of a dose: half-days of a role, adult hours, a base place |
| $j$ | segments of the benefit curve, from the first |
| $v$ | services, each with one role |
| $f$, $u$ | funds; uses of money (grants, specialist time, running bases, opening bases, contingency, moderated pot) |
| $y$, $h$ | financial years 1 (September to March) and 2 (April to August); half-terms 1-6, of which 1-4 fall in year 1 |
| $b$, $k$ | bases; sizes at which a base may run, in places |

| data | meaning | unit | from |
|---|---|---|---|
| $w_c$ | weight: expected pupils times the priority of the standard's tier | hundredths of a pupil | need, policy |
| $R_{ci}$ | ingredient $i$ for a full dose in cell $c$ | hundredths of a half-day, hour or place | need, policy |
| $\tau$ | the board's line | share of need (0-1) | policy |
| $F(d)$ | benefit curve: need met by a share $d$ of a full dose; rises, never more steeply, $F(0) = 0$, $F(1) = 1$ | shares (0-1) | policy |
| $a_j$, $\delta_j$, $d_j$ | the curve cut at its bends and at $\tau$: need met in segment $j$, the dose for it, and $d_j = \delta_j / a_j$ | shares (0-1) | policy |

Expected pupils are worked out from size and drivers of each school (`planner/need.py`), never from numbers of EHC plans. Other data stand beside the rule that uses them.
A cell that no plan could reach keeps its weight in every total and its need met is nought: it is no decision, and its shortfall is part of every bound.

The curve of the demonstration, line at «LINE» percent:

«SEGMENTS»

## 2. What is decided

All are at least nought.

«DECISIONS»

The demonstration has «ROWS» rows and «COLUMNS» columns, «WHOLE» of them whole, before the «HULL_ROWS» rows of section 5.

Three things are *not* decisions. **What a cell uses** of an ingredient follows from its need met: $R_{ci} \sum_j d_j\, \mathit{met}_{cj}$, for using more of one ingredient than
the others allow meets nothing. **The order of segments** needs no binaries: $d_j$ grows with $j$ and every objective pushes need met up, so filling a later segment
before an earlier one never helps. **Shortfall** is the line less the segments below it. The price: an objective that does not want every cell's need met to rise (a variance, a
range, a Gini index) does not fit this model. ([4](adr/0004-need-met-in-segments.md))

Most amounts are bounded by what can be of use (a cell's requirement rounded up, or more where last year or a head's rule promises more). Such a bound
forbids plans, but none that is better: what is above it meets no need.

## 3. What is aimed for, in order

1. **Shortfall below the board's line**, to be small, in points:
   «SHORTFALL»
   over the cells that can be reached; $\sum_c w_c$ in the denominator, and $\tau$ itself, count every cell. Need met above the line earns nothing here.
2. **Total need met**, in points, to be large: «NEED_MET». The model makes its complement small, plus «TIDY_POINTS» points times the share of all time and
   money that is handed out, so that of equal plans the one that spends less wins.

**Rules that give way at a price.** The board may give a rule $\rho$ of its own or of heads a price $p_\rho$: points of need (0-100) that missing it by one of its units costs (`prices.<rule>`). Each of its rows
then gets room on each side, $\ell \le \mathit{body} + \mathit{below} - \mathit{above} \le u$ with both at least nought and no more than the variables' bounds allow, unscaled and measured from the limit before it was made whole: what the audit says the rule is missed by.
The first objective is then the shortfall **and**
«PRICES»
and every later level, cap and trial keeps that sum. Rows that only say what a decision means (a block is had or not) never give way; nor do law, arithmetic, a host's conditions, what is kept by construction, and a rule that its head has locked. No price is a hard rule, as before.
A rule with a price clashes with none and needs no way to make room.

Reported for every plan and aimed for by none: the need met of the fifth of weighted need that is furthest from the standard.

## 4. The rules

Every rule has one name: here, in the policy, in the workbook and in its audit. A rule is either rows of the matrix, or kept *by construction*: the
variables that would break it are not made. All coefficients are whole but those of `need_from_support`, which hold $d_j$.
**Part of a year.** A base that is not open may open in a later half-term $h$, which is data and no decision: it then costs for the months from the one in which $h$ begins in the board's calendar (as shipped, of twelve:
12, 10, 8, 7, 5, 3), and each of its places is $(7 - h)/6$ of a place of the school year. Months and half-terms differ because staff are paid in August. A row without any decision in it is left out when it holds, and kept as one that
cannot hold when it does not. The audit states each rule again, separately, in exact arithmetic. The rows below are those of
[two schools](../fixtures/two_schools/README.md), which can be solved by hand.
"""

AFTER_RULES = r"""## 5. Hulls

The rules alone leave a weak relaxation: split in parts, half a base meets the whole need of one small zone, and half a place meets most of a pupil's need. `optimisation/hulls.py` adds two kinds
of row. They are no rules: **no whole plan breaks them**, so they tighten the bound and forbid no plan. ([17](adr/0017-hulls-over-whole-amounts.md))

**Need met by whole places.** Let a cell need $R_c$ places for a full dose. For a set $J$ of segments (those below the line, and all) let
$f(p) = \max \{ \sum_{j \in J} x_j : 0 \le x_j \le a_j,\ \sum_{j \in J} d_j x_j \le p / R_c \}$ be the most that $p$ places can meet. For every $n = 0, 1, \dots, \lceil R_c \rceil - 1$, with the sum on the left over $J$:

«PLACES_HULL»

*Why it cuts no whole plan.* `need_from_support` gives $\sum_J \mathit{met}_{cj} \le f(p)$ for $p = \sum_b \mathit{places}_{bc}$. As $d_j$ does not fall, $f$ is concave: the chord from $(n, f(n))$ to $(n+1, f(n+1))$,
drawn on, lies on or above $f$ everywhere but strictly between $n$ and $n + 1$; and no whole $p$ is there. *What it cuts:* the points between two whole numbers that lie above the chord, all of them, so
the rows of one cell and one $J$ are its upper concave hull over whole places (reformulation by discretisation). Where a base of the cell opens during the year, its places are
shares of a year's place; $p$ is then counted in the largest share $g$ of which all are whole multiples, the rows stand at every multiple of $g$ up to $R_c$, and the same holds of them.

**Places where open.** For every base $b$ and cell $c$ that it may serve:

«OPEN_HULL»

where $R_c$ is in places. *Why it cuts no whole plan.* A base that is closed gives no place; one at size $k$ gives a cell at most $k$ (`places_within_size`) and
at most $\lceil R_c \rceil$ (the variable's own bound). By `one_size_a_base` the right side is the smaller of the two. *What it cuts:* a base open by a third that gives one cell more than a third of what it could use.

Both lean only on rules that nobody may relax, so they stay true when a trial or a way to make room lets a rule go. The audit knows nothing of them; the certificate derives the first kind (below the line) again by itself, as `whole_places`.
`build_model(..., is_tight=False)` is the rules alone.

## 6. The search, in two steps

Grants move in steps so fine that splitting them moves the bound by next to nothing, and there are so many that searching over them takes most of the time. Places come out whole by themselves, or nearly, once
the sizes of bases are whole: within the hulls of section 5 they are a flow from bases to cells. So a search (`optimisation/search.py`) for a gap $\varepsilon$ goes:

1. **Split.** «SPLIT» may be real, everything else is whole. HiGHS stops at «SHARE_OF_GAP» of $\varepsilon$, or at «SHARE_OF_TIME» of the time. This allows more than the rules do, so its bound $B$ holds for every plan.
2. **Whole.** «HELD» stay as found; all the rest is whole, to «WHOLE_GAP» within «WHOLE_SECONDS» seconds (at the end of step 1, to «SHARE_OF_UNUSED» of what step 1 left unused of $\varepsilon$ if that is more, within half the time left if that is more). Its value $V$ is that of a whole plan. Its own bound says nothing about other bases or blocks and is dropped.
3. If $V - B \le \varepsilon$, or the time is up, done. Else the search goes on over everything whole, from step 2's plan, for the rest of the time; the larger of both bounds stands.

With a gap below «LEAST_GAP» points, or no grants and no places, step 3 is all there is. Each better plan of step 1 is made whole at once, so that what is shown on the way is a plan.

A search may be told to look only for plans below some value, by a row, and to stop once its bound is enough ([20](adr/0020-stretches-of-lines-and-no-restarts.md)): so the needs furthest from the standard are bounded over stretches of lines.

In step 1 the bases that run at each size $k$ are also counted, where at least «LEAST_BASES» may (`optimisation/counts.py`): a whole number $n_k = \sum_b \mathit{base\_size}_{bk}$, between the least and the most of that sum when everything may be split.
It adds no rule. Bases are much alike, so that dividing the search over one of them changes little, over a count at once. ([21](adr/0021-places-split-and-bases-counted.md))

HiGHS runs with one thread, a fixed seed, no restarts, no RINS ([20](adr/0020-stretches-of-lines-and-no-restarts.md)), `mip_rel_gap` 0 and `mip_abs_gap` in points, because a relative gap means little on a number that may be near nought. It is started on an array of the
matrix that is exported once; bounds and costs change there and never in Pyomo.

## 7. Levels and tolerance

One plan is made to a gap $\varepsilon$ (option `--gap-points`) in one time limit:

| level | made small | to within | may take |
|---|---|---|---|
| 1 | shortfall | $\varepsilon - t$ | «FIRST_TIME» of the time |
| 2 | need unmet + «WEIGHT» × shortfall, with shortfall $\le S_1 + t$ | $\varepsilon$ | «SECOND_TIME» of what is left |

$S_1$ is what level 1 reached; $t$, the **tolerance**, is «TOLERANCE_SHARE» of $\varepsilon$ (at least «LEAST_TOLERANCE» points): so much shortfall the second level may give away for more need met. Both are inside the gap that is stated: the final plan has at most
$S_1 + t \le B + \varepsilon$. The weight on the shortfall is there because a cap alone leaves the relaxation weak; it is taken out of what is reported, and level 2's bound holds only for plans
with no more shortfall than $S_1 + t$. Level 2 begins by sharing out what level 1 left unused, with bases and blocks as they are, to within «SHARE_OUT_GAP» points of need unmet (at 60 schools in one to two seconds the best plan that is known); its search then moves the bound, and ends once that plan, or a better one, is within the gap. A level that ends early hands on what it has.

Around it (`optimisation/solve.py`): a greedy plan exists before the solver starts. The solver runs in a process of its own with «MEMORY» MB at most, and is ended «LATE» s after its limit. A crash, a hang or
lack of memory is retried once with another seed and without presolve; after that the best audited plan so far is kept. At its start the process solves small problems whose answers are
known, and refuses to run when one is off by more than «CANARY». Where undoing presolve breaks what was found, so that the solver says impossible of what it has just solved, it solves again without. A plan that the gap ended is the same on every run; one that a clock or a hand ended is marked so.

## 8. From a solution to a plan

- **Whole amounts** (grants in steps, half-days, sizes, places) are rounded from within the solver's tolerance; anything further off is refused as a fault.
- **Money spent** is real in the model, because whole-pound rows made HiGHS return wrong optima ([11](adr/0011-money-is-real-in-the-model-and-whole-in-the-plan.md)). What is to be paid is whole, so who pays it is a flow in a network, whose corners are whole: a linear program finds payments to the
  pound. Where the twelfths cannot be rounded so that all pounds come out, or money that is held at a price would give way by more than the model thought, everything is solved once more with exact twelfths; the first bound stands, for it allowed more.
- **What is bought** follows from the half-days given: the cheapest packages, or the cheapest price reached, that cover them, found exactly by a knapsack over whole numbers (`planner/offers.py`). It never costs more than what
  the solver chose, so it can be paid; plan, audit and ledger work it out again each time.
- **Need met** is lowered by the few millionths by which floating point overstated it, until `need_from_support` holds exactly in fractions.
- **Every plan is audited before it is stored or shown**: nothing that cannot be, every rule that is on, every figure recomputed from the amounts. A plan that fails is not shown.

## 9. The bound and what may be claimed

`bound_points` is $B$ of level 1, less the solver's own tolerance («SAFETY») and rounded down to four decimals. `gap_points` is what the written plan has, worked out again exactly from its amounts, less that bound.
Where a rule has a price, $B$ and $S$ are of shortfall and price together, and the plan's price (`price_points`) is worked out again from its amounts by the audit: a place where such a rule is missed is a *priced miss*, listed with the plan, and no refusal.

| it may be said | because |
|---|---|
| *With any bases it could be no lower than $B$; this plan has $S$.* | $B$ is a bound over all whole plans, whatever bases, blocks and places they choose; $S$ is exact |
| *This plan is within $S - B$ points of the best these rules and figures allow.* | the same, subtracted |
| *That is certified*, where a certificate is written | section 10: not the solver's word but arithmetic that anybody can repeat |
| *Dropping this rule lowers the least shortfall by between ... and ...* | two intervals, each from a plan and its bound, subtracted outwards; inside both gaps nothing is said |

It may **not** be said that a plan is *the* best (only how near); that the second level's total is near the best of all plans (only of plans with no more shortfall);
that no single exchange between two schools would help, but where `planner frontier` has weighed them one by one and says so; that a shadow price is what one more half-day is worth (values are re-solved); or anything about whether the figures are right. A
plan beside another made to another gap is compared by both intervals.

## 10. The certificate

A bound that only the solver vouches for is its word, and HiGHS exports no tree. So `optimisation/certify.py` searches again, for level 1, and writes down multipliers; `planner/certificate.py` proves the bound from them
in whole numbers and knows no solver. ([18](adr/0018-certificate-by-pieces.md))

**The statement** (`planner/statement.py`) is the plan layer stated a second time, in plain exact code, from partnership and policy alone: columns $0 \le x \le \bar x$, some whole, of which
time may be nought or at least its block; rows $\ell \le A x \le u$; shortfall $= q + g^\top x$. Need met is kept up to the line. Its rows are of two kinds: *linking* rows tie schools, zones and bases together (funds, costs, supply, sizes, hosts); the
others are about one school or zone, and fall into *blocks* $\beta$ of columns with rows of their own. Every plan that keeps the rules is a point of it, or one with no more shortfall that hands out nothing idle is.
The rows of a rule that may give way at a price are left out, and so is what it costs: the shortfall that is proved is then no more than shortfall and price together, so the claim holds for the sum; it may stop further short of $B$.

Packages are whole columns of it, and half-days at the price of a break are none or at least the break's number; but only a case cut there uses that, and as found none is.
So the certificate counts bought time at no less than its lowest price for each half-day: valid, and where price breaks decide much, less than the solver's bound.

**Cases.** The certificate is a tree. Each branching halves what all plans may be: a base has at most $k$ places, or more; a whole amount is at most $n$, or more (and then at least its block). Halving leaves nothing out, so the cases cover every plan and
no list of them has to be trusted. Within a case, each block has a tree of *pieces*, halved in the same way.

**The bound of a case.** For any multipliers $\lambda$ of linking rows and $\mu^p$ of the rows of a block in piece $p$, let $\mathrm{side}(m)$ be $m \ell$ where $m > 0$ and $m u$ where $m < 0$. Then no plan of the case has less shortfall than

$$q + \sum_{\text{linking}} \mathrm{side}(\lambda) + \sum_{x\ \text{free}} \min_{0 \le x \le \bar x} (g - \lambda A) x + \sum_\beta \min_{p \in \beta} \Big[ \sum_{\text{rows of } \beta} \mathrm{side}(\mu^p) + \min_{x \in p} (g - \lambda A - \mu^p A) x \Big]$$

by weak duality: whatever the plan, its amounts in each block lie in one of the pieces, and the lowest is counted. It is a Lagrangian bound with the linking rows priced out; pieces of different blocks add up, where the
branches of one tree over all schools would multiply. The claim is the lowest case, rounded down to four decimals.

**What is trusted.** Nothing but the multipliers, which are plain decimals («DECIMALS» places). The checker derives every row, bound and case again, refuses a row it cannot derive or a multiplier of the wrong sign, puts everything over a common denominator and adds whole numbers. Wrong multipliers can only make the
bound weaker. Each leaf is found with «SPARE» points to spare, for the rounding of its multipliers.

**How it is found.** Best bound first over base sizes; within a case one divisible problem holds all pieces of all schools, each with a share, the shares of a school adding up to one. Its dual is the case's certificate. Where the certificate stops short of $B$, both numbers are stated, and the difference is the solver's word.

## 11. Trials

Every why, what-if and way to make room is a **trial** (`optimisation/trial.py`): the arrays of a world held open in the solver's process, with something changed, solved again. A trial may leave rules out, everywhere or at one place; add conditions (a sum of decisions between two limits); hold
kinds of decisions as in a plan; raise limits; cap the shortfall; or split everything that is whole (an estimate, and said to be). It aims for one of:

| aim | made small |
|---|---|
«AIMS»

The last two are measured beside a plan. **Distance**: for each amount that a school would notice (its grant, half-days of its own and of its zone, a base it hosts) $x$ beside $x^0$, priced in thousands of pounds, $|x - x^0| = (x - x^0) + 2 (x^0 - x)^+$, so only losses need a column and a row. **Disturbed**: a
binary for each school that any such amount moves for. While they lead, a point of need unmet counts «TIDY», so that of equally near plans the better one is found; it is taken out of the value, and its most is taken off the bound. A cap on the shortfall has «CAP_SLACK» points of slack for rounding.

Aims in points use the search of section 6. Each trial keeps words, status, value, bound and seconds, and every sentence that rests on trials keeps them with it. A held world and one built cold give the same answers; a test says so.

## 12. When the rules cannot all hold

1. **Which clash.** The smallest set of named rules at their places: halves are left out while the rest still clashes, each tried by a whole-number solve without objective. An explanation by linear programming is only a hint (multipliers above «HINT»), because it knows nothing of whole numbers. Without any one of the set the others can hold,
   or it is said that this was not proved.
2. **Ways to make room.** Each rule that somebody may relax gets room to give way, measured against its own limit (one unit where that is nought). In order: fewest rules move (gap «NEARLY_ONE», which proves a whole number); then the largest proportion is smallest; then their sum (both to «SHARE_GAP»). Rules of law and of arithmetic, and rules that a head has locked, have no room.
3. **Up to «MOST_MENDS» ways**, each of which moves a set of rules that contains no earlier set. Each is stated anew as a world, planned and audited before it is said: a way without a plan is no way.

## 13. What the model does not know

Names, travel and half-terms of people: who gives which half-day is settled after the plan, by the roster (a model of its own: [19](adr/0019-roster-in-two-steps.md), [22](adr/0022-rosters-person-by-person.md)), and where nobody can give what a plan gives, the plan is made again with less of it; rooms; a second year beyond one sum: `next_year_affordable` sets what the same plan would cost next year beside this year's recurring
cash, but follows no fund's allowed uses, price, wage, roll or place funding into it, and plans nothing there; chance (vacancy and unforeseen need are held back as shares); that support may help in ways the benefit curve does not say; and whether a standard is the right one. The dose and the curve are the board's policy: try them up and
down before leaning on a small difference.

## Where this comes from

Gouveia, Saldanha-da-Gama, *On the capacitated concentrator location problem: a reformulation by discretization*, Computers & Operations Research 2006 (section 5). Geoffrion, *Lagrangean relaxation for integer programming*, 1974, and Cheung, Gleixner, Steffy,
*Verifying integer programming results*, IPCO 2017 (section 10). Junker, *QuickXplain*, AAAI 2004 (section 12). HiGHS: [highs.dev](https://highs.dev); Pyomo: [pyomo.org](https://www.pyomo.org).
"""

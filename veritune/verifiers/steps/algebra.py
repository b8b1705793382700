"""Steps with unknowns: identities, equations from one line to the next, values put in.

Each statement is compared with what the solution stated before it (`facts`). What follows is
correct. What contradicts is incorrect, with lost or extraneous solutions named, but only where
the words say that it should follow (`wording`). What may be a new fact is unchecked.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from veritune.algebra import Collection, Node, Relation, Sym, identical, variables
from veritune.verifiers.steps.annotations import ClaimLabel, Finding
from veritune.verifiers.steps.calculations import REFUSALS
from veritune.verifiers.steps.facts import Fact, by_zero, contradicts, follows, near, points
from veritune.verifiers.steps.solutions import differs, rounded
from veritune.verifiers.steps.statements import Statement, statements
from veritune.verifiers.steps.tokens import ProseToken
from veritune.verifiers.steps.words import wording

# In one solution; what stands behind them is unchecked.
MOST_STATEMENTS = 120
# Earlier facts that a statement is compared with.
_REACH = 8


class Algebra:
    """The statements of one solution, checked in order."""

    def __init__(self, question: str, text: str, pieces: list[str]) -> None:
        self._text = text
        self._strict = wording.is_derivation(question, pieces)
        self._rewriting = wording.asks_to_rewrite(question)
        self._ranges = wording.asks_about_range(question)
        self._all = wording.ALL.search(question) is not None
        self._facts: list[Fact] = []
        self._last: Node | None = None
        self._count = 0

    def findings(
        self, tokens: list[ProseToken], step: int, *, continues: bool
    ) -> Iterator[Finding]:
        """A finding for every pair of sides in a step.

        `continues` says that the next step begins with `=`.
        """
        if self._count > MOST_STATEMENTS:
            return
        body = self._text[tokens[0].start : tokens[-1].end]
        found = statements(self._text, tokens)
        if not found or not found[0].continues:
            self._last = None
        if found and wording.NEW.search(body):
            self._forget(frozenset().union(*(variables(item.node) for item in found)))
        correcting = wording.CORRECTING.search(body)
        for statement in found:
            self._count += 1
            if self._count > MOST_STATEMENTS:
                return
            if correcting:
                node = statement.node
                self._last = node.sides[-1] if isinstance(node, Relation) else None
                continue
            if wording.ASSUMING.search(self._text[max(0, statement.start - 20) : statement.start]):
                self._forget(variables(statement.node))
            shown = self._text[statement.start : statement.end]
            last = statement is found[-1]
            for label, reason in self._statement(statement, step, continues=continues and last):
                yield label, f"{shown}: {reason}"

    def _forget(self, names: frozenset[str]) -> None:
        """A name that is introduced anew means something new."""
        self._facts = [fact for fact in self._facts if not fact.names & names]

    def _statement(self, statement: Statement, step: int, *, continues: bool) -> Iterator[Finding]:
        node, span = statement.node, (statement.start, statement.end)
        if isinstance(node, Collection):
            yield self._enter(Fact(node, step, *span))
            return
        if not isinstance(node, Relation):
            self._last = node
            return
        sides = node.sides
        if statement.continues:
            if self._last is None:
                return
            sides = (self._last, *sides[1:])
        self._last = sides[-1]
        if node.operators[0] != "=":
            yield self._enter(Fact(node, step, *span))
            return
        chain = len(sides) > 2 or statement.continues or continues
        for (left, right), operator in zip(pairwise(sides), node.operators, strict=True):
            finding = self._identity(left, right, chain) if operator == "=" else None
            if finding is None and (variables(left) or variables(right)):
                finding = self._enter(Fact(Relation((operator,), (left, right)), step, *span))
            if finding is not None:
                yield finding

    def _identity(self, left: Node, right: Node, chain: bool) -> Finding | None:
        """Whether both sides are always equal; None where they need not be."""
        names = variables(left)
        if not names or not variables(right):
            return None
        try:
            if identical(left, right):
                whole = Fact(Relation(("=",), (left, right)), 0, 0, 0)
                if by_zero(whole, self._related(names)):
                    return "unchecked", "divides by zero"
                return "correct", "the same for all values"
        except REFUSALS:
            return None
        named = isinstance(left, Sym) or isinstance(right, Sym)
        if named or variables(right) != names or any(fact.names & names for fact in self._facts):
            return None
        if self._strict and (chain or self._rewriting):
            return "incorrect", "the sides are not the same"
        return None

    def _enter(self, fact: Fact) -> Finding:
        """Check a fact, and remember it."""
        try:
            label, reason = self._check(fact, self._related(fact.names))
        except REFUSALS:
            label, reason = "unchecked", "beyond what rules can check"
        fact.wrong = label == "incorrect"
        self._facts.append(fact)
        return label, reason

    def _related(self, names: frozenset[str]) -> list[Fact]:
        """The newest facts about some unknowns, or about what those are tied to."""
        recent = self._facts[-2 * _REACH :]
        tied = frozenset().union(names, *(fact.names for fact in recent if fact.names & names))
        return [fact for fact in recent if fact.names & tied][-_REACH:]

    def _check(self, fact: Fact, earlier: list[Fact]) -> tuple[ClaimLabel, str]:
        about = [other for other in earlier if other.names & fact.names]
        if not about:
            return "unchecked", "nothing was stated before about its unknowns"
        source = follows(fact, earlier)
        if isinstance(source, Fact):
            carried = f", carried on from step {source.step}" if source.wrong else ""
            return "correct", f"has the same solutions as in step {source.step}{carried}"
        if source is not None:
            return "correct", source
        if rounded(fact, earlier):
            return "correct", "the solution at the printed precision"
        against, since = self._against(fact, earlier)
        if against is None:
            return "unchecked", "may be a new fact"
        between = [self._text[a.end : b.start] for a, b in pairwise([*since, fact])]
        behind = self._text[fact.end :].partition("\n")[0]
        if not (self._inferred(fact, since[-1], between[-1]) or self._linked(between, behind)):
            return "unchecked", f"{against}, but it may be about something else"
        return "incorrect", against

    def _linked(self, between: list[str], behind: str) -> bool:
        """Whether a derivation says that a fact follows from those before."""
        aside = between[-1].strip(" $\\()") in (",", ";", "or", "and")
        return self._strict and not aside and wording.links(" ".join(between), behind)

    def _inferred(self, fact: Fact, last: Fact, between: str) -> bool:
        """Whether a fact about one unknown is said to follow from the one right before it."""
        if len(fact.names) != 1 or last.names != fact.names or not self._differs(fact, last):
            return False
        return last.start == fact.start or wording.infers(between)

    def _differs(self, fact: Fact, last: Fact) -> bool:
        """Whether a fact has other solutions than the one right before it."""
        have, had = fact.solutions, last.solutions
        if have is None or had is None or last.value:
            return False  # what comes behind a solution is another case
        one, other = points(have), points(had)
        return bool(one) and bool(other) and not near(one or [], other or [])

    def _against(self, fact: Fact, earlier: list[Fact]) -> tuple[str | None, list[Fact]]:
        """What a fact contradicts, if anything, and the facts since then."""
        combined = contradicts(fact, earlier)
        if combined is not None:
            return combined, earlier
        last = self._facts[-1]
        if last.names != fact.names:
            return None, []
        rest = self._text[fact.end :]
        words = self._text[last.end : fact.start] + rest.partition("\n")[0]
        reasons = wording.CHOICE.search(words) is not None
        against = differs(
            fact, earlier, rest=rest, all_wanted=self._all, ranges=self._ranges, reasons=reasons
        )
        return against, [last]

"""Steps with unknowns: identities, equations from one line to the next, values put in.

Each statement is compared with what the solution stated before it (`facts`). What follows is
correct; what contradicts is incorrect, with lost or extraneous solutions named; what may be a new
fact of the problem is unchecked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from veritune.records import StepLabel
from veritune.verifiers.answers.children import variables, walk
from veritune.verifiers.answers.identity import identical
from veritune.verifiers.answers.nodes import Add, Items, Mul, Node, Num, Pow, Relation, Sym
from veritune.verifiers.steps.annotations import Finding
from veritune.verifiers.steps.facts import REFUSALS, Fact, contradicts, follows, points
from veritune.verifiers.steps.polynomial import degree, equation, names_of
from veritune.verifiers.steps.statements import Statement, statements
from veritune.verifiers.steps.tokens import Token

MOST_STATEMENTS = 120
"""In one solution; what stands behind them is unchecked."""
_REACH = 8
"""Earlier facts that a statement is compared with."""
_NEW = re.compile(r"\b(?:let|suppose|assum\w*|case|denote|define)\b", re.IGNORECASE)
_OPEN = re.compile(
    r"\b(?:if|try\w*|instead|alternativ\w*|example|another|other|second|given|when|check\w*|test\w*"
    r"|either|minim\w*|maxim\w*|at least|at most|for (?:all|any|each|every|some)|approx\w*|about"
    r"|round\w*|guess\w*|mod|contradict\w*|impossible|no solution|false|where)\b",
    re.IGNORECASE,
)
_CORRECTING = re.compile(r"\b(?:oops|mistake|incorrect\w*|wrong|wait|correction)\b", re.IGNORECASE)
_ALL = re.compile(r"solve|solutions|roots|zeros|all (?:real |possible )?\w+", re.IGNORECASE)
_CHOICE = re.compile(
    r"positive|negative|reject|discard|since|because|must|can(?:no|')t|only|valid|extraneous|length"
    r"|integer|natural|domain|[<>≥≤]|\\[gl]eq?|physical|age|whole|ignor|neglect|greater|less|take",
    re.IGNORECASE,
)
_REWRITING = re.compile(
    r"expand|simplif|factor(?:is|iz|ing|ed)?\b|distribut|(?:combin|collect)\w* like|foil"
    r"|multiply(?:ing)? out|rewrit|expression",
    re.IGNORECASE,
)
_SOLVING = re.compile(r"solv|equation|both sides|each side|root|unknown|find x", re.IGNORECASE)
_FORMAL = re.compile(
    r"^\W*(?:solve|simplify|expand|factor)\b|(?<![a-z])[a-z]\s*(?:[=^<>+*/]|-\s*\d|\\[lg]eq?)"
    r"|[=+*/(]\s*[b-hj-z](?![a-z])|\d[abnpqrtuvwxyz](?![a-z])",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]{3,}", re.IGNORECASE)
_CONNECTING = re.compile(
    r"(?:so|thus|hence|therefore|then|now|and|the|we|get|gives?|have|both|each|sides?|from|term\w*"
    r"|add\w*|subtract\w*|divid\w*|multipl\w*|expand\w*|simplif\w*|factor\w*|distribut\w*|like"
    r"|combin\w*|collect\w*|substitut\w*|solv\w*|equation\w*|which|means|implies|step|frac|times"
    r"|cdot|left|right|text|sqrt|boxed|answer|final|solution\w*|for|into|back|value|or|let|isolate)",
    re.IGNORECASE,
)
MOSTLY = 0.5
"""Share of steps that must be formulas for the text to be a derivation."""


def is_derivation(question: str, pieces: list[str]) -> bool:
    """Whether a text derives formulas, so that each follows from the ones before.

    In a word problem an equation with unknowns often states something new; there a contradiction
    is no proof of an error.
    """
    if _FORMAL.search(question):
        return True
    formulas = [piece for piece in pieces if _FORMAL.search(piece)]
    bare = [piece for piece in formulas if all(map(_CONNECTING.fullmatch, _WORD.findall(piece)))]
    return len(bare) > 1 and len(bare) >= MOSTLY * len(pieces)


class Algebra:
    """The statements of one solution, judged in order."""

    def __init__(self, question: str, pieces: list[str]) -> None:
        self._strict = is_derivation(question, pieces)
        self._facts: list[Fact] = []
        self._last: Node | None = None
        self._rewriting = _rewrites(question, False)
        self._asks_for_all = _ALL.search(question) is not None
        self._count = 0

    def findings(
        self, text: str, tokens: list[Token], step: int, goes_on: bool
    ) -> Iterator[Finding]:
        """A finding for every pair of sides in a step.

        `goes_on` says that the next step begins with `=`.
        """
        body = text[tokens[0].start : tokens[-1].end] if tokens else ""
        self._rewriting = _rewrites(body, self._rewriting)
        found = statements(text, tokens)
        if not found or not found[0].continues:
            self._last = None
        if found and _NEW.search(body):
            self._forget(frozenset().union(*(variables(item.node) for item in found)))
        for number, statement in enumerate(found):
            self._count += 1
            if self._count > MOST_STATEMENTS:
                return
            last = number + 1 == len(found)
            shown = text[statement.start : statement.end]
            if _CORRECTING.search(body):
                self._last = (
                    statement.node.sides[-1] if isinstance(statement.node, Relation) else None
                )
                continue
            for label, reason in self._statement(statement, step, body, goes_on and last):
                yield label, f"{shown}: {reason}"

    def _forget(self, names: frozenset[str]) -> None:
        """A name that is introduced anew means something new."""
        self._facts = [fact for fact in self._facts if not fact.names & names]

    def _statement(
        self, statement: Statement, step: int, body: str, goes_on: bool
    ) -> Iterator[Finding]:
        node = statement.node
        if not isinstance(node, (Items, Relation)):
            self._last = node
            return
        if isinstance(node, Items):
            yield self._enter(Fact(node, step), body)
            return
        sides = node.sides
        if statement.continues:
            if self._last is None:
                return
            sides = (self._last, *sides[1:])
        self._last = sides[-1]
        chain = len(sides) > 2 or statement.continues or goes_on
        for (left, right), operator in zip(pairwise(sides), node.operators, strict=True):
            names = variables(left), variables(right)
            if not any(names):
                continue
            if operator == "=" and all(names):
                finding = self._identity(left, right, chain)
                if finding is not None:
                    yield finding
                    continue
            yield self._enter(Fact(Relation((operator,), (left, right)), step), body)

    def _identity(self, left: Node, right: Node, chain: bool) -> Finding | None:
        """Whether both sides are always equal; None where they need not be."""
        try:
            if identical(left, right):
                return "correct", "the same for all values"
        except REFUSALS:
            return None
        if isinstance(left, Sym) or isinstance(right, Sym):
            return None
        if variables(left) != variables(right):
            return None
        if self._strict and self._never(left, right):
            return "incorrect", "the sides are never the same"
        known = any(fact.names & variables(left) for fact in self._facts)
        if self._strict and not known and (chain or self._rewriting or _rewritten(left, right)):
            return "incorrect", "the sides are not the same"
        return None

    @staticmethod
    def _never(left: Node, right: Node) -> bool:
        """Whether the sides differ by a constant."""
        try:
            return not names_of(equation(left, right))
        except REFUSALS:
            return False

    def _chosen(self, fact: Fact, body: str) -> bool | None:
        """Whether the text gives a reason to leave a solution out, or asks for all."""
        if _CHOICE.search(body):
            return True
        return False if self._asks_for_all or not fact.lists_values else None

    def _enter(self, fact: Fact, body: str) -> Finding:
        """Judge a fact, and remember it."""
        earlier = self._related(fact.names)
        try:
            label, reason = self._judge(fact, earlier, body)
        except REFUSALS:
            label, reason = "unchecked", "beyond what rules can check"
        self._facts.append(Fact(fact.node, fact.step, wrong=label == "incorrect"))
        return label, reason

    def _related(self, names: frozenset[str]) -> list[Fact]:
        """The newest facts about some unknowns, or about what those are tied to."""
        recent = self._facts[-2 * _REACH :]
        tied = frozenset().union(names, *(fact.names for fact in recent if fact.names & names))
        return [fact for fact in recent if fact.names & tied][-_REACH:]

    def _judge(self, fact: Fact, earlier: list[Fact], body: str) -> tuple[StepLabel, str]:
        if not any(other.names & fact.names for other in earlier):
            return "unchecked", "nothing was stated before about its unknowns"
        source = follows(fact, earlier)
        if isinstance(source, Fact):
            carried = f", carried on from step {source.step}" if source.wrong else ""
            return "correct", f"has the same solutions as in step {source.step}{carried}"
        if source is not None:
            return "correct", source
        if _rounded(fact, earlier):
            return "correct", "the solution at the printed precision"
        against = contradicts(fact, earlier) or _differs(fact, earlier, self._chosen(fact, body))
        if against is None:
            return "unchecked", "may be a new fact"
        if not self._strict or _OPEN.search(body):
            return "unchecked", f"{against}, but it may be about something else"
        return "incorrect", against


def _rewrites(text: str, before: bool) -> bool:
    """Whether the text is about rewriting an expression, not about solving an equation."""
    if _SOLVING.search(text):
        return False
    return before or _REWRITING.search(text) is not None


def _rewritten(left: Node, right: Node) -> bool:
    """Whether one side looks like the other written out: a product, of the same leading terms."""
    if _is_product(left) == _is_product(right):
        return False
    try:
        one, other = equation(left, Num(0)), equation(right, Num(0))
        rest = equation(left, right)
    except REFUSALS:
        return False
    return degree(one) == degree(other) > max(1, degree(rest))


def _is_product(node: Node) -> bool:
    factors = node.factors if isinstance(node, Mul) else (node,)
    return any(isinstance(part, Add) for part in factors if len(factors) > 1) or any(
        isinstance(part, Pow) and isinstance(part.base, Add) for part in factors
    )


def _rounded(fact: Fact, earlier: list[Fact]) -> bool:
    """Whether `x = 2.33` is the solution of an earlier equation, rounded."""
    places = [part.places for part in walk(fact.node) if isinstance(part, Num) and part.places]
    if not places or not fact.lists_values or fact.solutions is None:
        return False
    have = points(fact.solutions)
    for other in earlier:
        had = points(other.solutions) if other.solutions and other.names == fact.names else None
        if have and had and len(have) == len(had):
            off = max(abs(a - b) for a, b in zip(have, had, strict=True))
            if off <= 0.5000001 * 10 ** -min(places):
                return True
    return False


def _differs(fact: Fact, earlier: list[Fact], chosen: bool | None) -> str | None:
    """How the solutions of a fact differ from those stated last, if that is an error.

    `chosen` says that a solution may be left out, None that a negative one may.
    """
    if fact.solutions is None:
        return None
    known = [f for f in earlier if f.names == fact.names and f.solutions is not None]
    if not known or (known[-1].value is not None and fact.value is not None):
        return None
    last = known[-1]
    assert last.solutions is not None
    (name,) = fact.names
    have, had = points(fact.solutions), points(last.solutions)
    if have is None or had is None:
        return f"has other solutions than in step {last.step}"
    lost = [number for number in had if not _near(number, have)]
    extra = [number for number in have if not _near(number, had)]
    if have and not extra:
        plain = chosen is None and max(lost) < 0 <= min(have)
        return (
            None
            if chosen or plain or last.lists_values
            else f"the solution {_shown(name, lost)} is lost"
        )
    if had and not lost:
        return f"{_shown(name, extra)} is no solution" if fact.lists_values else None
    return f"{_shown(name, have)} does not solve step {last.step}, {_shown(name, had)} does"


def _near(number: float, others: list[float]) -> bool:
    return any(abs(number - other) <= 1e-9 * (1 + abs(number)) for other in others)


def _shown(name: str, numbers: list[float]) -> str:
    return " or ".join(f"{name} = {number:.6g}" for number in numbers) or f"no {name}"

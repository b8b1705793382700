"""Residue classes however they are said: n = 4k + 1, n = 1 (mod 4), "odd"."""

from __future__ import annotations

import re
from math import lcm

from veritune.algebra.equality.families import PARAMETERS
from veritune.algebra.tables import table
from veritune.algebra.trees.build import negated
from veritune.algebra.trees.children import renamed, variables
from veritune.algebra.trees.nodes import Add, Collection, Func, Node, Num, Relation, Sym, Text
from veritune.algebra.values.modular import whole_number

# A modulus up to which residues are told apart one by one.
LARGEST = 1_000
# Residues, each with its modulus.
Classes = list[tuple[int, int]]
# Words around a congruence that do not change it.
SILENT = table("all every is are be must n k m integer number natural any the positive where")
CONGRUENT = re.compile(
    r"(?:those |number |integer |all )*congruent to (\d+(?: (?:or|and|,) \d+)*)"
    r" (?:modulo|mod) (\d+)"
)


def same_residues(gold: Node, pred: Node) -> bool:
    """Whether both sides are residue classes, said in different ways, and the same ones."""
    if not (_said(gold) or _said(pred)):
        return False
    if isinstance(gold, Relation) and isinstance(pred, Relation) and gold.sides[0] != pred.sides[0]:
        return False
    left, right = classes(gold), classes(pred)
    if not left or not right:
        return False
    common = lcm(*(modulus for _, modulus in (*left, *right)))
    return common <= LARGEST and _spread(left, common) == _spread(right, common)


def _said(node: Node) -> bool:
    """Whether a node names classes by a congruence or in words."""
    if isinstance(node, Collection):
        return all(map(_said, node.items))
    if isinstance(node, Func):
        return node.name == "residue"
    return isinstance(node, Text) or (isinstance(node, Relation) and node.operators == ("===",))


def _spread(found: Classes, modulus: int) -> set[int]:
    return {rest + step * i for rest, step in found for i in range(modulus // step)}


def classes(node: Node) -> Classes | None:
    """The classes that a node is; None where it is no such thing."""
    match node:
        case Collection("or" | "list", items):
            found = [classes(item) for item in items]
            return None if None in found else [one for each in found for one in each or ()]
        case Relation(("===",), (_, Func("residue", (rest, modulus)))) | Func(
            "residue", (rest, modulus)
        ):
            return _one(whole_number(rest), whole_number(modulus))
        case Relation(("=",), (Sym(), value)):
            return _linear(value)
        case Text(words):
            return _in_words([word for word in words if word not in SILENT], " ".join(words))
        case _:
            return None


def _one(rest: int | None, modulus: int | None) -> Classes | None:
    if rest is None or modulus is None or not 1 < modulus <= LARGEST:
        return None
    return [(rest % modulus, modulus)]


def _linear(value: Node) -> Classes | None:
    """a k + b for an integer parameter k."""
    names = variables(value)
    if len(names) != 1 or not names <= PARAMETERS:
        return None
    zero, one, two = (renamed(value, {min(names): Num(k)}) for k in range(3))
    step = whole_number(Add((one, negated(zero))))
    if step is None or whole_number(Add((two, negated(one)))) != step:
        return None
    return _one(whole_number(zero), abs(step))


def _in_words(words: list[str], whole: str) -> Classes | None:
    if words in (["odd"], ["even"]):
        return _one(int(words == ["odd"]), 2)
    match = CONGRUENT.fullmatch(whole)
    if match is None:
        return None
    modulus = int(match.group(2))
    if not 1 < modulus <= LARGEST:
        return None
    return [(int(rest) % modulus, modulus) for rest in re.findall(r"\d+", match.group(1))]

"""Mathematics: read once, with every meaning that a text can have, and compared exactly."""

from veritune.algebra.engine.loading import limited_by
from veritune.algebra.equality.identity import identical
from veritune.algebra.equality.meanings import (
    otherwise_declared,
    parameters,
    same_answer,
    whole,
)
from veritune.algebra.equality.policy import DEFAULT, AnswerPolicy
from veritune.algebra.equality.printed import printed, real_value
from veritune.algebra.equality.relate import Relater
from veritune.algebra.limits import (
    LimitReachedError,
    UndefinedError,
    UnparsedError,
    start_meter,
)
from veritune.algebra.opposites import opposed
from veritune.algebra.reading.clean import unglued
from veritune.algebra.reading.read import read
from veritune.algebra.tables import table
from veritune.algebra.trees.children import rebuild, renamed, variables, walk
from veritune.algebra.trees.nodes import (
    Add,
    Apply,
    Cases,
    Collection,
    Const,
    Dots,
    Frac,
    Func,
    Mul,
    Node,
    Num,
    Pow,
    Quantity,
    Relation,
    Root,
    Sign,
    Sym,
)
from veritune.algebra.trees.show import show
from veritune.algebra.trees.signs import has_sign, variants
from veritune.algebra.values.modular import PRIME, OpaqueError, rational
from veritune.algebra.values.numeric import DomainError, context
from veritune.algebra.values.polynomials import NotPolynomialError, Ring, quotient
from veritune.algebra.values.quantities import conversion
from veritune.algebra.values.realsets import NotASetError, RealSet, close, union
from veritune.algebra.values.solve import to_set

__all__ = [
    "DEFAULT",
    "PRIME",
    "Add",
    "AnswerPolicy",
    "Apply",
    "Cases",
    "Collection",
    "Const",
    "DomainError",
    "Dots",
    "Frac",
    "Func",
    "LimitReachedError",
    "Mul",
    "Node",
    "NotASetError",
    "NotPolynomialError",
    "Num",
    "OpaqueError",
    "Pow",
    "Quantity",
    "RealSet",
    "Relater",
    "Relation",
    "Ring",
    "Root",
    "Sign",
    "Sym",
    "UndefinedError",
    "UnparsedError",
    "close",
    "context",
    "conversion",
    "has_sign",
    "identical",
    "limited_by",
    "opposed",
    "otherwise_declared",
    "parameters",
    "printed",
    "quotient",
    "rational",
    "read",
    "real_value",
    "rebuild",
    "renamed",
    "same_answer",
    "show",
    "start_meter",
    "table",
    "to_set",
    "unglued",
    "union",
    "variables",
    "variants",
    "walk",
    "whole",
]

"""Mathematics: read once, with every meaning that a text can have, and compared exactly."""

from typing import TYPE_CHECKING

from veritune.lazy import lazily

if TYPE_CHECKING:
    from veritune.algebra.engine.loading import limited_by
    from veritune.algebra.equality.identity import identical
    from veritune.algebra.equality.meanings import parameters, same_answer, whole
    from veritune.algebra.equality.policy import DEFAULT, AnswerPolicy
    from veritune.algebra.equality.printed import Printed, printed, real_value
    from veritune.algebra.equality.relate import Relater
    from veritune.algebra.limits import (
        LONGEST_ANSWER,
        LimitReachedError,
        UndefinedError,
        UnparsedError,
        start_meter,
    )
    from veritune.algebra.opposites import opposed
    from veritune.algebra.reading.clean import unglued
    from veritune.algebra.reading.read import read
    from veritune.algebra.tables import table
    from veritune.algebra.trees.children import rebuild, variables, walk
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
        RadixInteger,
        Relation,
        Root,
        Sign,
        Sym,
    )
    from veritune.algebra.trees.show import show
    from veritune.algebra.trees.signs import has_sign, variants
    from veritune.algebra.values.modular import OpaqueError, rational
    from veritune.algebra.values.numeric import DomainError, context
    from veritune.algebra.values.polynomials import NotPolynomialError, Ring, quotient
    from veritune.algebra.values.quantities import conversion
    from veritune.algebra.values.realsets import NotASetError, RealSet, close, union
    from veritune.algebra.values.solve import to_set
else:
    _NAMES = {
        "engine.loading": "limited_by",
        "equality.identity": "identical",
        "equality.meanings": "parameters same_answer whole",
        "equality.policy": "AnswerPolicy DEFAULT",
        "equality.printed": "Printed printed real_value",
        "equality.relate": "Relater",
        "limits": "LONGEST_ANSWER LimitReachedError UndefinedError UnparsedError start_meter",
        "opposites": "opposed",
        "reading.clean": "unglued",
        "reading.read": "read",
        "tables": "table",
        "trees.children": "rebuild variables walk",
        "trees.nodes": (
            "Add Apply Cases Collection Const Dots Frac Func Mul Node Num Pow Quantity "
            "RadixInteger Relation Root Sign Sym"
        ),
        "trees.show": "show",
        "trees.signs": "has_sign variants",
        "values.modular": "OpaqueError rational",
        "values.numeric": "DomainError context",
        "values.polynomials": "NotPolynomialError Ring quotient",
        "values.quantities": "conversion",
        "values.realsets": "NotASetError RealSet close union",
        "values.solve": "to_set",
    }
    __getattr__ = lazily(__name__, {file: names.split() for file, names in _NAMES.items()})


__all__ = [
    "DEFAULT",
    "LONGEST_ANSWER",
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
    "Printed",
    "Quantity",
    "RadixInteger",
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
    "parameters",
    "printed",
    "quotient",
    "rational",
    "read",
    "real_value",
    "rebuild",
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

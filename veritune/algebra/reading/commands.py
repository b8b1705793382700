"""The LaTeX commands that are known, and what each one is."""

from __future__ import annotations

from veritune.algebra.tables import table

OPERATORS = {
    "le": "<=", "leq": "<=", "leqslant": "<=", "leqq": "<=", "lt": "<", "ge": ">=", "geq": ">=",
    "geqslant": ">=", "geqq": ">=", "gt": ">", "ne": "!=", "neq": "!=", "approx": "~",
    "simeq": "~", "sim": "~", "cong": "~", "thickapprox": "~", "doteq": "~", "in": "in",
    "notin": "notin", "equiv": "===", "subset": "subset", "subseteq": "subset", "to": "->",
    "rightarrow": "->", "longrightarrow": "->", "mapsto": "->", "implies": "=>",
    "Rightarrow": "=>", "Longrightarrow": "=>", "therefore": "=>", "iff": "=>",
    "Leftrightarrow": "=>", "cdot": "*", "times": "*", "ast": "*", "star": "*", "bullet": "*",
    "div": "/", "pm": "pm", "mp": "mp", "cup": "cup", "bigcup": "cup", "cupdot": "cup",
    "sqcup": "cup", "cap": "cap", "bigcap": "cap", "setminus": "minus", "backslash": "minus",
    "smallsetminus": "minus", "colon": ":", "mid": "|", "vert": "|", "lvert": "|", "rvert": "|",
    "Vert": "||", "lVert": "||", "rVert": "||", "land": "and", "wedge": "and", "lor": "or",
    "vee": "or", "circ": "°", "degree": "°", "prime": "'", "ldots": "...", "cdots": "...",
    "dots": "...", "dotsc": "...", "dotsb": "...", "dotsm": "...", "vdots": "...",
    "ddots": "...", "lfloor": "floor(", "rfloor": ")floor", "lceil": "ceil(",
    "rceil": ")ceil", "langle": "<(", "rangle": ")>", "lbrace": "set(", "rbrace": ")set",
    "lbrack": "[", "rbrack": "]", "lparen": "(", "rparen": ")", "euro": "€", "pounds": "£",
    "yen": "¥", "cents": "¢", "rupees": "₹", "dollar": "$", "permil": "‰", "forall": "forall",
    "not": "not", "neg": "not", "bmod": "mod", "pmod": "pmod",
    "mod": "pmod", "pod": "pmod", "percent": "%",
    "propto": "propto", "perp": "perp", "parallel": "parallel", "divides": "divides",
    "choose": "choose",
    "over": "over", "mathellipsis": "...", "textcirc": "°", "textdegree": "°",
}  # fmt: skip
SPACES = table(
    "quad qquad left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr "
    "middle displaystyle textstyle scriptstyle limits nolimits thinspace medspace thickspace "
    "enspace negthinspace hfill nonumber newline par noindent centering rm bf it sf tt cal "
    "hline bold normalfont large Large small allowbreak nobreak relax mathstrut strut"
)
# Commands that set space or a label: nothing of their argument shows.
IGNORED_ARGUMENT = table(
    "hspace vspace tag label phantom vphantom hphantom color textcolor hskip kern hspace* rule ref"
)
# Their argument is words.
TEXTUAL = table("text textbf textit textrm textnormal textsf texttt mbox hbox emph")
# Their argument is a name or a unit in one piece.
ROMAN = table(
    "mathrm operatorname mathbf mathit mathsf mathcal mathfrak mathtt boldsymbol bm pmb "
    "mathscr mathop mathbin mathrel mathord ensuremath boxed fbox underline underbrace "
    "operatorname* cancel mathnormal"
)
GREEK = table(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu "
    "nu xi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta "
    "Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar partial nabla aleph omicron"
)
# Those that are a variable's name without a backslash, and never an operator or a unit's prefix.
PLAIN_GREEK = GREEK - table("xi nu mu eta ell partial nabla hbar aleph rho")
# Functions with an inverse that is written as a power of -1, or with "arc" or "a" before.
INVERTIBLE = table("sin cos tan cot sec csc sinh cosh tanh")
# Others that are written as they are called.
UNCHANGED = table(
    "coth sech csch ln log lg exp max min gcd lcm det sign arg abs floor ceil erf trace cis round"
)
FUNCTIONS = {
    **{name: name for name in INVERTIBLE},
    **{prefix + name: f"a{name}" for name in INVERTIBLE for prefix in ("a", "arc")},
    **{name: name for name in UNCHANGED},
    "cosec": "csc", "tg": "tan", "ctg": "cot", "cotg": "cot", "arctg": "atan", "arcctg": "acot",
    "sh": "sinh", "ch": "cosh", "th": "tanh", "arsinh": "asinh", "arcosh": "acosh",
    "artanh": "atanh", "sgn": "sign", "Re": "re", "Im": "im", "ceiling": "ceil", "Gamma": "gamma",
    "tr": "trace", "Abs": "abs",
}  # fmt: skip
# A letter with one of these is a name of its own.
ACCENTS = table(
    "vec hat bar tilde dot ddot widehat widetilde overrightarrow overleftarrow mathring"
)
FRACTIONS = table("frac dfrac tfrac cfrac sfrac nicefrac rfrac")
BINOMIALS = frozenset(["binom", "dbinom", "tbinom"])
# Read by a function of their own.
STRUCTURES = table(
    "sqrt sum prod int lim infty emptyset varnothing pi imath jmath mathbb overline begin end "
    "angle triangle sphericalangle measuredangle square overset stackrel underset substack "
    "root overbrace operatornamewithlimits pagebreak iint oint e i"
)
KNOWN = frozenset(
    set(OPERATORS) | SPACES | IGNORED_ARGUMENT | TEXTUAL | ROMAN | GREEK | set(FUNCTIONS)
    | ACCENTS | FRACTIONS | BINOMIALS | STRUCTURES | {"pi"}
)  # fmt: skip
# No command beyond this is looked for in a run of letters.
LONGEST_NAME = max(map(len, KNOWN))


def split_name(name: str) -> str:
    """The longest known command that `name` starts with, so that `\\quadx` is `\\quad x`."""
    for length in range(min(len(name), LONGEST_NAME), 1, -1):
        if name[:length] in KNOWN:
            return name[:length]
    return name

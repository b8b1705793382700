"""Undoing what fonts, escapes and Unicode do to a formula; every rewrite is linear."""

# ruff: noqa: RUF001  (look-alike characters are what this table is about)

from __future__ import annotations

import re
import unicodedata

from veritune.algebra.reading.commands import KNOWN

CHARACTERS = {
    **dict.fromkeys("−–—‒―﹣－", "-"),
    **dict.fromkeys("×✕⨯∗⋅·•∙", r" \cdot "),
    **dict.fromkeys("\u00a0\u2002\u2003\u2004\u2005\u2007\u3000", " "),
    **dict.fromkeys("\u2006\u2008\u2009\u200a\u202f\u205f", r"\,"),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\u2061\u2062\ufeff\u00ad\u200e\u200f", ""),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("‘’‛`´", "'"),
    "÷": r" \div ", "±": r" \pm ", "∓": r" \mp ", "≤": r" \le ", "⩽": r" \le ", "≦": r" \le ",
    "≥": r" \ge ", "⩾": r" \ge ", "≧": r" \ge ", "≠": r" \ne ", "≈": r" \approx ",
    "≅": r" \approx ",
    "≡": r" \equiv ", "∈": r" \in ", "∉": r" \notin ", "∪": r" \cup ", "∩": r" \cap ",
    "∖": r" \setminus ", "∅": r" \emptyset ", "⌀": r" \emptyset ", "∞": r" \infty ",
    "√": r" \sqrt ", "∛": r" \sqrt[3]", "∜": r" \sqrt[4]", "∑": r" \sum ", "∏": r" \prod ",
    "⌊": r" \lfloor ", "⌋": r" \rfloor ", "⌈": r" \lceil ", "⌉": r" \rceil ",
    "⟨": r" \langle ", "⟩": r" \rangle ", "∣": "|", "∥": r"\|", "…": r" \ldots ", "⋯": r" \cdots ",
    "→": r" \to ", "⇒": r" \implies ", "⇔": r" \iff ", "∧": r" \land ", "∨": r" \lor ",
    "∠": r" \angle ", "△": r" \triangle ", "°": r"^\circ ", "º": r"^\circ ", "˚": r"^\circ ",
    "′": "'", "″": "''", "℃": r"^\circ C", "℉": r"^\circ F", "％": r"\%", "‰": r" \permil ",
    "℮": "e", "ⅇ": "e", "ⅈ": "i", "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}",
    "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}", "∀": r" \forall ", "€": r" \euro ", "£": r" \pounds ",
    "¥": r" \yen ", "￥": r" \yen ", "¢": r" \cents ", "₹": r" \rupees ", "⁄": "/", "∕": "/",
    "，": ", ", "、": ", ", "；": "; ", "：": ":", "（": "(", "）": ")", "［": "[", "］": "]",
    "｛": r"\{", "｝": r"\}", "＝": "=", "＜": "<", "＞": ">", "＋": "+", "｜": "|", "。": ". ",
    "µ": r"\mu ",
}  # fmt: skip
GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho"
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ", "0123456789+-()ni")
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₙₘₖᵢⱼₓ", "0123456789+-aenmkijx")
SUPER_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ]+")
SUB_RUN = re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₙₘₖᵢⱼₓ]+")
CIRCLED = re.compile("[①-⑳]+")
# A backslash command whose first letter became a control character, as JSON read it.
MANGLED = {
    "\x07": ("a", "lpha pprox ngle"),
    "\x08": ("b", "oxed egin inom ar eta ig f"),
    "\t": ("t", "ext extbf extcirc imes heta an frac riangle o au binom"),
    "\n": ("n", "eq abla otin"),
    "\x0b": ("v", "ec arphi ert arepsilon"),
    "\x0c": ("f", "rac box loor orall"),
    "\r": ("r", "ight floor ceil angle ho vert"),
}
# Only before what completes such a command: a tab may be a tab.
MANGLE = re.compile(
    "|".join(
        f"{re.escape(char)}(?=(?:{'|'.join(rest.split())})(?![a-z]))"
        for char, (_, rest) in MANGLED.items()
    )
)
# "5or6": a text whose spaces were lost around a word.
GLUED = re.compile(r"(?<=[\d)}\]])(or|and)(?=[A-Z(\\\d\[{])")
# ".\overline{3}" has no digit before its point.
BARE_PERIOD = re.compile(r"(?<![\d.])\.(?=\\(?:overline|dot|bar)\b)")
# A command whose backslash was escaped once too often.
DOUBLED = re.compile(r"\\\\(?=([A-Za-z]+)|([(){}\[\]%$]))")
SINGLE = re.compile(r"(?<!\\)\\(?!\\)")
# A word whose letters were set apart, as scanned formulas have them.
SPREAD = re.compile(
    r"\\(operatorname|mathrm|text|mathbf)\s?\{([~\s]*(?:[A-Za-z]\s+)+[A-Za-z])\s*\}"
)
# One character of an index, or a few in braces.
SMALL = r"\s?(?:\{\s?(\w{1,4})\s?\}|(\w))\s?"
# `{}_5C_2` and `^5P_2`: so many choices, or arrangements, of 2 out of 5.
OUT_OF = re.compile(
    rf"(?:(?<![\w)}}\]])|\{{\s?\}})\s?[_^]{SMALL}(?:\\[a-z]{{1,8}}\s?\{{\s?([CP])\s?\}}|([CP]))\s?_{SMALL}"
)
# "3 \mid n", where the bar is no absolute value and no condition of a set.
DIVIDES = re.compile(r"([^|(){}<>=]+)\\(n?)mid(?![a-zA-Z])\s*([^|(){}<>=]+)")
# 7C3 and 7P3, as calculators have them.
CALCULATED = re.compile(r"(?<![\w.])(\d{1,3})\s?([CP])\s?(\d{1,3})(?![\w.])")
# "2 x 3", where the letter is a sign; and signs in words between numbers.
CROSS = re.compile(r"(?<=\d)\s+x\s+(?=\d)")
SPOKEN = re.compile(r"(?<=[\d)])\s+(times|divided by|plus|minus)\s+(?=[\d(])")
SIGNS = {"times": r" \times ", "divided by": "/", "plus": "+", "minus": "-"}
# "3/4 (or 0.75)": the answer said twice.
AGAIN = re.compile(r"\s*\(or\s+([^()]{1,60})\)\s*$")
# "f^{\prime}", which is f'.
PRIMED = re.compile(r"\^\s?(?:\{\s?(?:\\prime\s?)+\}|\\prime(?![a-zA-Z]))")
# Formulas in lines of their own.
STACKED = re.compile(r"(?<!\$)\$[ \t]*\n\s*\$(?!\$)")
NAMELESS = re.compile(r"\\(det|max|min)\s*(?==)")
NAMES = {"det": r"\mathrm{D}", "max": "maximum ", "min": "minimum "}
# HTML that says no more than LaTeX would.
TAG = re.compile(r"<(/?)(sup|sub|br|b|i|em|strong|p|span|code)\s?/?>", re.IGNORECASE)
TAGS = {"sup": "^{", "sub": "_{", "br": r" \\\\ "}
ENTITY = re.compile(r"&(lt|gt|le|ge|nbsp|amp|times|pi|minus|infin);")
ENTITIES = {
    "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "nbsp": " ", "amp": "&", "times": r" \times ",
    "pi": r" \pi ", "minus": "-", "infin": r" \infty ",
}  # fmt: skip
GREEK_SMALL = "αβγδεζηθικλμνξοπρςστυφχψω"


def _table() -> dict[int, str]:
    table = {ord(char): text for char, text in CHARACTERS.items()}
    names = [*GREEK.split(), "sigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"]
    for char, name in zip(GREEK_SMALL, names, strict=True):
        table[ord(char)] = f"\\{name} "
        if name in ("gamma", "delta", "theta", "lambda", "xi", "pi", "phi", "psi", "omega"):
            table[ord(char.upper())] = f"\\{name.capitalize()} "
    table[ord("Σ")], table[ord("ϕ")], table[ord("ϵ")] = r"\Sigma ", r"\phi ", r"\epsilon "
    for char in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒":
        top, _, bottom = unicodedata.normalize("NFKC", char).partition("⁄")
        table[ord(char)] = f"\\frac{{{top}}}{{{bottom}}}"
    for code in range(0xFF10, 0xFF5B):
        table.setdefault(code, unicodedata.normalize("NFKC", chr(code)))
    return table


TABLE = _table()


def clean(text: str) -> str:
    """The same formula in plain ASCII LaTeX, as far as that can be had."""
    if "<" in text or "&" in text:
        text = _without_html(text)
    if "{:}" in text:
        text = text.replace("{:}", ":")
    text = SPREAD.sub(lambda m: f"\\{m.group(1)}{{{m.group(2).replace(' ', '')}}}", text)
    text = MANGLE.sub(lambda match: "\\" + MANGLED[match.group()][0], text)
    text = BARE_PERIOD.sub("0.", unglued(text))
    if "\n" in text:
        text = STACKED.sub("$, $", text)
    if "prime" in text:
        text = PRIMED.sub(lambda match: "'" * match.group().count("prime"), text)
    if "_" in text:
        text = OUT_OF.sub(_chosen, text)
    if "mid" in text and (match := DIVIDES.fullmatch(text.strip("$ "))):
        text = match[1] + ("\\not" if match[2] else "") + "\\divides " + match[3]
    if "=" in text:
        text = NAMELESS.sub(lambda match: NAMES[match[1]], text)
    if " " in text:
        text = AGAIN.sub(r" or \1", text)
        text = CROSS.sub(r" \\times ", text)
        text = SPOKEN.sub(lambda match: SIGNS[match[1]], text)
    if "C" in text or "P" in text:
        text = CALCULATED.sub(_calculated, text)
    if "\\\\" in text:
        text = _undouble(text)
    if text.isascii():
        return text
    text = SUPER_RUN.sub(lambda m: f"^{{{m.group().translate(SUPERSCRIPTS)}}}", text)
    text = SUB_RUN.sub(lambda m: f"_{{{m.group().translate(SUBSCRIPTS)}}}", text)
    text = CIRCLED.sub(lambda m: ", ".join(str(ord(char) - 0x245F) for char in m.group()), text)
    return text.translate(TABLE)


def _chosen(match: re.Match[str]) -> str:
    return _chosen_of(*(match[at] or match[at + 1] for at in (1, 3, 5)))


def _chosen_of(many: str, kind: str, few: str) -> str:
    if kind == "C":
        return f"\\binom{{{many}}}{{{few}}}"
    return f"\\frac{{({many})!}}{{({many}-{few})!}}"


def _calculated(match: re.Match[str]) -> str:
    """No more are chosen than there are: 3C4 is no number of choices."""
    fits = int(match[3]) <= int(match[1])
    return _chosen_of(match[1], match[2], match[3]) if fits else match.group()


def _without_html(text: str) -> str:
    """`x<sup>2</sup>` as LaTeX; other tags are dropped."""
    text = ENTITY.sub(lambda match: ENTITIES[match.group(1)], text)

    def latex(match: re.Match[str]) -> str:
        name = match.group(2).lower()
        if name in ("sup", "sub"):
            return "}" if match.group(1) else TAGS[name]
        return TAGS.get(name, "")

    return TAG.sub(latex, text)


def unglued(text: str) -> str:
    """`1orW(x)` with spaces around its "or"."""
    return GLUED.sub(r" \1 ", text)


def _undouble(text: str) -> str:
    """One backslash where two stand before a command: text that was escaped once too often."""
    whole = not SINGLE.search(text)

    def single(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            return "\\" if whole else match.group()
        return "\\" if whole or name in KNOWN else match.group()

    if "\\begin" in text and not whole:
        return text
    text = DOUBLED.sub(single, text)
    return text.replace("\\\\\\\\", "\\\\") if whole else text

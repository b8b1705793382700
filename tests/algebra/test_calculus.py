"""Integrals, limits, derivatives, sums and products against their values, right and nearly right."""

# ruff: noqa: E501  (one pair a line)

from __future__ import annotations

import pytest

from veritune.algebra.equality.policy import DEFAULT
from veritune.verifiers.answers.decide import decide

SAME = r"""
\int_0^1 x\,dx | \frac12
\int_0^{\pi} \sin x \, dx | 2
\int_0^\infty e^{-x^2}\,dx | \frac{\sqrt{\pi}}{2}
\int \frac{dx}{x^2+1} | \arctan x + C
\int x e^x dx | (x-1)e^x + C
\int_1^e \frac{\ln x}{x} dx | \frac12
\int_0^1 \frac{\arctan x}{1+x} dx | \frac{\pi \ln 2}{8}
\int_0^1 x^2 + 1 \, dx | 4/3
2\int_0^1 x\,dx + 1 | 2
\int_0^1 \frac{1}{\sqrt{x}} dx | 2
\int_{-1}^1 |x| dx | 1
\int_0^a x^2 dx | \frac{a^3}{3}
\int_0^1 \int_0^x y \,dy\,dx | \frac16
x^3 + C | \int 3x^2 dx
\lim_{x\to0}\frac{\sin x}{x} | 1
\lim_{n\to\infty}\left(1+\frac{1}{n}\right)^n | e
\lim_{x \to 0^+} \frac{1}{x} | \infty
\lim_{x \to 0^-} \frac{1}{x} | -\infty
\lim_{x \to 0} \frac{1}{x} | \text{DNE}
\lim_{h\to0}\frac{(x+h)^2-x^2}{h} | 2x
\lim_{x\to\infty}(\sqrt{x^2+x}-x) | \frac12
\sum_{n=1}^\infty \frac{1}{n^2} | \frac{\pi^2}{6}
\sum_{n=1}^\infty \frac{1}{n^3} | \zeta(3)
\sum_{n=0}^\infty x^n | \frac{1}{1-x}
\sum_{n=0}^{\infty} \frac{x^n}{n!} | e^x
\sum_{n=1}^{\infty}\frac{1}{n} | \infty
\sum_{k=1}^{10^6} k | 500000500000
\prod_{n=2}^{\infty} \left(1-\frac{1}{n^2}\right) | \frac12
\frac{d}{dx} \sin(x^2) | 2x\cos(x^2)
\frac{d^2}{dx^2} e^{2x} | 4e^{2x}
\frac{d}{dx}\left(\frac{x}{x+1}\right) | \frac{1}{(x+1)^2}
\frac{d}{dx}[x^x] | x^x(\ln x+1)
\frac{\partial}{\partial x}(x^2y) | 2xy
"""

DIFFERENT = r"""
\int_0^1 x\,dx | \frac13
\int_0^\infty e^{-x^2}\,dx | \frac{\pi}{2}
\int x e^x dx | (x+1)e^x + C
\int x e^x dx | (x-1)e^x
\int_0^1 \frac{\arctan x}{1+x} dx | \frac{\pi \ln 2}{4}
\int_0^a x^2 dx | \frac{a^2}{3}
\int_0^1 \frac{1}{x} dx | 1
\lim_{x\to0}\frac{\sin x}{x} | 0
\lim_{x \to 0} \frac{1}{x} | \infty
\lim_{n\to\infty}\left(1+\frac{1}{n}\right)^n | 2.718
\sum_{n=1}^\infty \frac{1}{n^2} | \frac{\pi^2}{8}
\sum_{n=1}^\infty \frac{1}{n^3} | \zeta(2)
\sum_{n=0}^\infty x^n | \frac{1}{1+x}
\sum_{k=1}^{10^6} k | 500000500001
\prod_{n=2}^{\infty} \left(1-\frac{1}{n^2}\right) | \frac13
\frac{d}{dx} \sin(x^2) | 2x\cos(x)
\frac{d^2}{dx^2} e^{2x} | 2e^{2x}
\frac{d}{dx}[x^x] | x \cdot x^{x-1}
"""


def pairs(table: str) -> list[str]:
    return table.strip("\n").split("\n")


@pytest.mark.parametrize("line", pairs(SAME))
def test_the_value_is_accepted(line: str) -> None:
    gold, _, pred = line.partition(" | ")
    found = decide(gold, pred, DEFAULT)
    assert found.equal, found.reason


@pytest.mark.parametrize("line", pairs(DIFFERENT))
def test_another_value_is_refused(line: str) -> None:
    gold, _, pred = line.partition(" | ")
    assert not decide(gold, pred, DEFAULT).equal

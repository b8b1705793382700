"""What ambiguous letters, lists, chains and signs mean, by right and wrong pairs.

One pair a line, the reference first.
"""

from __future__ import annotations

import pytest

from veritune.algebra.equality.policy import DEFAULT
from veritune.verifiers.answers.decide import decide

SAME = r"""
\text{7B}_{12} | 95
3\operatorname{erf}(2) | 3 erf(2)
\frac12\operatorname{arsinh}(x) | \frac12\sinh^{-1}x
5 \pmod 9 | 14 \pmod 9
y=\pm\frac{2}{5}x | 2x\pm5y=0
\text{(B)} | (B)\text{ Line}
5-2i | 5 - 2*I
t=-\frac{\pi}{4}+2k\pi, k \in \mathbb{Z} | t=\frac{7\pi}{4}+2k\pi, k \in \mathbb{Z}
t=-\frac{\pi}{4}+2k\pi (k \in Z) | \frac{7\pi}{4}+2n\pi
y=\frac{k\pi}{2}, k \in Z | y=k\pi \text{ or } y=\frac{\pi}{2}+k\pi, k \in Z
5/8 | 5/8 (or 0.625)
4th | fourth
second | 2nd
y=Ce^{5x} | y=ke^{5x}
y=C_1e^{2x}+C_2e^{-x} | y=C_1e^{-x}+C_2e^{2x}
C(9,4) | 126
A=ch | A=hc
\cosh 2x | ch 2x
2.718 | e
-2.718 | -e
6.022 \times 10^{3} | 6022
9 | y = 4(1)+5 = 9
10/3 | y = \frac{10}{3} \approx 3
3^n for n \ge 2 | 3^n
06\!:\!30 | 6:30
x^3+k | x^3+C
G(X)=X^3 | G(x)=x^3
Q=\frac{500}{e^{0.02}} \approx \$ 490.10 | Q=\frac{500}{e^{0.02}} \approx \$ 490.10
u^2_0/2 | \frac{u_0^2}{2}
a_n=4n, n \in N^* | 4n
b_n=5n (n\in \mathbf{N}^{*}) | b_n=5n
\mathbb{N}^* | N^*
\Delta v=6t | 6t
3*epsilon*sigma | 3\varepsilon\sigma
9 | 9 kbps
9C4 | 126
96 | 4 x 24 = 96
40 | (5 times 16)/2 = 40
\min = 2, \max = 8 | minimum 2, maximum 8
-4<y<4 | |y|<4
2\ln|t+1| | 2*ln(Abs(t+1))
4g^2+g | g(4g+1)
V(0)e^{-kt} | e^{-kt} V(0)
P(1.05)^t | P \cdot 1.05^t
y=kx | y = k(x)
b \ge x > a | a < x \le b
x>a | a<x
(a,b) | a<x<b
[a,\infty) | x \ge a
x \ge 3, x \ne 5 | x \ne 5 \text{ and } x \ge 3
1,1,2 | 2,1,1
x\ne-1,4 | x\ne-1, x\ne4
x\ne-1,4 | x \ne 4 \text{ and } x \ne -1
x\ne\pm1 | x\ne1, x\ne-1
x\ne\pm1 | \mathbb{R}\setminus\{-1,1\}
\mathbb{R}\setminus\{\pm1\} | x\ne\pm1
\lambda_1=2,\lambda_2=3 | \lambda_1=3,\lambda_2=2
x_1=2, x_2=3 | 3, 2
x_1=2, x_2=3 | x=3 \text{ or } x=2
(y,x)=(2,1) | (x,y)=(1,2)
12 m^{2} n | 12m^2n
16 m^{2}-64 n^{2} | 16(m-2n)(m+2n)
6 m n | 6nm
5 m | 500 cm
27 h^3 | (3h)^3
8 sqft | 8 ft^2
x<sup>2</sup>+1 | x^2+1
6th | 6
23rd | 23
(x, y)=(1,0)$. | (1,0)
= 42 | 42
42 | = 42
4 ft \times 12 ft | 48 ft^2
1,2 | Maximum=2, Minimum=1
r=2, s=3 | 2, 3
x=k\pi | n\pi \text{ for any integer } n
(k,l) = (-32+3x, 64-5x), x\in\mathbb Z | (-32+3t,64-5t)
f(x)=cx \text{ for any } c | f(x) = kx \text{ for any } k
10 (meters) | 10 m
\cos207^\circ\approx-0.891 | -0.891
\cos207^\circ\approx-0.891 | \cos(207^\circ) \approx -0.891
\frac{\sqrt{3}}{3} \approx 0.577 | \frac{\sqrt{3}}{3}
3.1 | 3.14
3.1 | \pi
0.33 | \frac13
24\pi | 75.398223686155
S = \frac{1}{2} \cdot 3 \cdot 4 = 6 | 6
25\pi | A = \pi r^2 = 25\pi
42 | \begin{aligned} x &= 42 \end{aligned}
42 | \begin{aligned} x &= 6 \cdot 7 \\ &= 42 \end{aligned}
42 | 42 \text{ since } 6 \cdot 7 = 42
\frac{x^3}{3}+C | \frac{1}{3}x^3 + c
\frac{\sin^2 x}{2}+C | -\frac{\cos^2 x}{2} + C
x \equiv 3 \pmod 7 | 3 \pmod 7
\log 100 | 2
12\% | 12
y=\frac{1}{x} \quad y=-x | y=-x, y=\frac{1}{x}
\frac{dy}{dx} = 2x | y' = 2x
13 | `$13$`
x \ne 2 | \text{all real numbers except } 2
n=4k+1 | n \equiv 1 \pmod 4
n \text{ is odd} | \text{odd } n
f(x)=\pm x | f(x)=x \text{ or } f(x)=-x
x = (-1)^k\frac{\pi}{6}+k\pi | x=(-1)^n \frac{\pi}{6} + n\pi
y=C_1e^x+C_2e^{-x} | y = A e^x + B e^{-x}
\frac{3}{x-2}, x\neq 2 | \frac{3}{x-2}
\{x \in \mathbb{Z} \mid -2 < x < 2\} | \{-1,0,1\}
\lceil n/2\rceil | \lfloor (n+1)/2 \rfloor
> 5 | (5, \infty)
\operatorname { l n } 2 | \ln 2
1 0 0 | 100
a) 12; b) 15 | 12, 15
7, 2 | \text{max } 7, \text{ min } 2
12 (cm) | 12
domain: x>2 | (2,\infty)
y=2x \text{ for } 0<x<3 | y=2x
P(A|B) | P(A \mid B)
"""

DIFFERENT = r"""
\text{7B}_{12} | \text{7B}_{13}
\text{7B}_{12} | \text{7A}_{12}
y=C_1e^{2x}+C_2e^{-x} | y=C_1e^{2x}+C_{12}e^{-x}
3\operatorname{erf}(2) | 3 erf(-2)
5 \pmod 9 | 5 \pmod 8
y=\pm\frac{2}{5}x | 5x\pm2y=0
y=\pm\frac{2}{5}x | 2x+5y=0
\text{(B)} | (D)\text{ Line}
\text{(B)} | (B)\text{ or }(D)
5-2i | 5 + 2*I
I | i
f(n)=n for all n \in \mathbb{Z} | f(n)=n+1
t=-\frac{\pi}{4}+2k\pi, k \in \mathbb{Z} | t=\frac{7\pi}{4}+k\pi, k \in \mathbb{Z}
t=-\frac{\pi}{4}+2k\pi (k \in N) | t=\frac{7\pi}{4}+2k\pi (k \in N)
t=k\pi, k \in \mathbb{Z}^+ | t=k\pi+\pi, k \in \mathbb{Z}^+
2\pi r | 2\pi r+2\pi
5/8 | 5/8 (or 8/5)
4th | third
1/4 | 4th
y=Ce^{5x} | y=Ce^{-5x}
y=C_1e^{2x}+C_2e^{-x} | y=C_1e^{2x}+C_1e^{-x}
V_1=\frac{C_2V}{C_1+C_2} | V_1=\frac{C_1V}{C_1+C_2}
C(9,4) | 125
C(9,4) | (9,4)
2.718 | -e
-2.718 | e
6.022 \times 10^{3} | -6022
6.022 \times 10^{3} | -(6.022 \times 10^{3})
40 pens are sold for a cost of $\$ 90$. | 40 pens are sold for a cost of $\$ 80$.
7 | 7 for 3 days
06\!:\!00 | 09\!:\!00
4:0 | 9:0
k+7 | c+7
3^{k-2} | 3^{c-2}
E(X)=9 | E(Z)=9
(2,2) | [2,2)
Q=\frac{500}{e^{0.02}} \approx \$ 490.10 | Q=\frac{500}{e^{0.02}} \approx \$ 490.60
u^2_0 | u_1^2
\mathbb{N}^* | \mathbb{N}
\Delta v=6t | v=6t
9 kbps | 9 Mbps
126 | 9P4
96 | 4 x 24 = 48
\min = 2, \max = 8 | minimum 8, maximum 2
-4<y<4 | |y|\le 4
V(0) | 0
N(0)e^{-kt} | N(0)e^{kt}
N(0)e^{-kt} | 0
P(0) | Q(0)
A(1)+B(1) | A+B
E(X)^2 | (EX)^2
a \le x \le b | b > x > a
b>a>c | b>a\ge c
x \ge a | (a,\infty)
x>2 | x>2, x>5
x>2 | x > 2 \text{ or } x > 1
4 < m \leq 8 \text{ or } 10 \leq m < 12 | 4 < y \leq 8 \text{ or } 10 \leq m < 12
f(1) \ge f(a^2+1) | f(1) \ge f(a^2+2)
\{x \mid x \geq 3\} | \{t \mid x \geq 3\}
1,1,2 | 1,2,2
1,1,2 | 1,2
x\ne-1,4 | x\ne 4
x\ne\pm1 | x\ne1
x\ne\pm1 | x=\pm1
a_1=2,a_2=3 | a_1=3,a_2=2
x=2, y=-1, z=2 | y=2, y=-1, z=2
P(A)=0.3, P(B)=0.4 | P(A)=0.4, P(B)=0.3
f(x)=2x | g(x)=2x
(x,y)=(1,2) | (x,z)=(1,2)
x=3 or x=5 | (3,5)
x=3 or x=5 | y=3 or x=5
m \in [2, \infty) | y \in [2, \infty)
5 ft | 5 sqft
10 (meters) | 10 miles
9 (times) | 9 hours
\cos207^\circ\approx-0.891 | \cos207^\circ\approx0.891
\cos207^\circ\approx-0.891 | \cos 207^\circ
\frac{40}{3} \approx 13.33 | \frac{40}{3} \approx 13.83
2.5 | 2.46
3.20 | 3.21
x=y=z=2 | x=m=z=2
S = \pi r^2 = 25\pi | S = \pi r^3 = 25\pi
\frac{dx}{dt}=kx-a | \frac{dy}{dt}=kx-a
y=\frac{1}{x} \quad y=-x | y=\frac{2}{x} \quad y=-x
C | c
\frac{\sin^2 x}{2}+C | \frac{\cos^2 x}{2} + C
x^2+C | x^2
n\pi, n\in\mathbb{Z} | a\pi, n\in\mathbb{Z}
\log x | \ln x
\ln 100 | \log 100
1\% | 1
\text{Yes} | \text{True}
1.5 + 5.5(-1)^n | 1.5 + 5.5(1)^n
n=4k+1 | n \equiv 3 \pmod 4
y=C_1e^x+C_2e^{-x} | y = A e^x + B e^{-2x}
\frac{3}{x-2}, x\neq 2 | \frac{3}{x-2}, x\neq 3
\{x \in \mathbb{Z} \mid -2 < x < 2\} | \{-2,-1,0,1,2\}
7, 2 | \text{max } 7, \text{ min } 3
14 d^{3} | 14
5 | > 5
\text{maximum is } 5 | \text{minimum is } 5
f(x)=x \text{ for } x>1 | f(x)=x \text{ for } x>2
y=x^2 for x<0, y=x for x>0 | y=x^2 for x>0, y=x for x<0
5 \text{ units to the left} | 5 \text{ units to the right}
\$5 \text{ profit} | \$5 \text{ loss}
P(A|B) | P(B|A)
"""


def pairs(table: str) -> list[str]:
    return table.strip("\n").split("\n")


@pytest.mark.parametrize("line", pairs(SAME))
def test_the_same_is_accepted(line: str) -> None:
    gold, _, pred = line.partition(" | ")
    found = decide(gold, pred, DEFAULT)
    assert found.equal, found.reason


@pytest.mark.parametrize("line", pairs(DIFFERENT))
def test_something_else_is_refused(line: str) -> None:
    gold, _, pred = line.partition(" | ")
    found = decide(gold, pred, DEFAULT)
    assert found.relation == "different", found.reason

"""Pairs of every kind: the same answer written differently, and answers that only look alike.

One pair a line, the reference first.
"""

# ruff: noqa: E501, RUF001  (one pair a line, in look-alike signs too)

from __future__ import annotations

import pytest

from veritune.verifiers.answers import compare

SAME = r"""
5 | 5.0
1/2 | 0.5
\frac{1}{2} | 0.5
918\frac{1}{2} | 918.5
x^2+2x+1 | x^2 + 2*x + 1
x^2+2x+1 | x^2 + 2*x - (-1)
y = x^2+2x+1 | 2x+ 1+x^2
2x+ 1+x^2 | y = x^2+2x+1
E | \mathrm{E}
A | \textbf{A}
f' | f'
185 | 185\
.185 | 0.185
\frac {1}{2} | 0.5
17\text{ any text} | 17
\$10 | 10
10% | 10
10 | 10\%
2.5 | \frac{5}{2}
\frac{1}{3} | \dfrac{1}{3}
(r+5)(r+5) | (r+5)^2
\frac{\sqrt{3}}{3} | \frac{\sqrt{3}}{3} \approx 0.577
\frac{\sqrt{3}}{3} \approx 0.577 | \frac{\sqrt{3}}{3}
\begin{pmatrix}0&0&0\\0&1&0\\0&0&1\end{pmatrix} | \begin{bmatrix} 0 & 0 & 0 \\ 0 & 1 & 0 \\ 0 & 0 & 1 \end{bmatrix}
\tfrac{1}{2} +\! \frac1{72} | \\dfrac{1}{2} +\frac{1}{72}
10\text{ units} | 10 
\left(x-2\right)\left(x+2\right) | (x-2)(x+2)
10\sqrt{3} + \sqrt4 | 10\sqrt3 + \sqrt{4}
\frac34i | \frac{3}{4}i
\tfrac83 | \frac{8}{3}
33.3 | \frac{100}{3}
(\begin{pmatrix}0.29\\0.196\\-0.186\\\end{pmatrix}) | \begin{pmatrix}0.290243531202435\\0.196008371385084\\-0.186381278538813\end{pmatrix}
-\frac{2(x^2+6)}{9(x^2-2)\sqrt[3]{x^2-2}^2} | -\frac{8x^2}{9(x^2-2)^{5/3}}+\frac{2}{3(x^2-2)^{2/3}}
2x+3 | 3+2x
x^2+2x+1 | (x+1)^2
2/(-3) | -2/3
72 degrees | 72
64 | 64 square feet
1 000 000 | 1,000,000
1{,}234{,}567 | 1234567
1\,234 | 1234
3.0 \times 10^8 | 300000000
3e8 | 300000000
6.02\times 10^{23} | 6.02e23
1.5 \cdot 10^{-3} | 0.0015
3\frac{1}{2} | 7/2
-1\frac{1}{2} | -1.5
2^{-2/3} | \frac{1}{\sqrt[3]{4}}
\log_2 8 | 3
\ln e^2 | 2
\log_{10} 1000 | 3
\sin 30^\circ | 1/2
\sin(\pi/6) | 0.5
\arctan(1) | \frac{\pi}{4}
\tan^{-1}(1) | \pi/4
45^\circ | \frac{\pi}{4}
\frac{\pi}{4} | 45^\circ
5! | 120
\binom{5}{2} | 10
{5 \choose 2} | 10
C(5,2) | C(5,2)
\frac{10!}{3!7!} | 120
3+4i | 4i+3
\frac{1}{1+i} | \frac{1-i}{2}
e^{i\pi} | -1
(1+i)^2 | 2i
\infty | \text{infinity}
-\infty | -\infty
+\infty | \infty
5 \text{ m} | 500 \text{ cm}
5 m | 500 cm
1 \text{ hour} | 60 \text{ minutes}
2.5 \text{ km} | 2500 \text{ m}
36 \text{ km/h} | 10 \text{ m/s}
\$5 | 5 \text{ dollars}
50 \text{ cents} | \$0.50
12 \text{ cm}^2 | 12\text{ square centimeters}
12 \text{ cm}^2 | 12 cm^2
1 \text{ foot} | 12 \text{ inches}
2 \text{ dozen} | 24
10_{2} | 2
1010_2 | 12_8
\text{1010}_2 | 1010_{\text{two}}
0x1F | 31
FF_{16} | 255
(1,2) | (1, 2)
(1,2,3) | \langle 1,2,3\rangle
\begin{pmatrix}1\\2\end{pmatrix} | (1,2)
\begin{pmatrix}1\\2\end{pmatrix} | \langle 1, 2\rangle
\{1,2,3\} | \{3,2,1\}
1,2,3 | 3,2,1
1, 2, 3 | \{3,1,2\}
1 \text{ and } 2 | 2, 1
x=1 \text{ or } x=2 | 1,2
x=1,2 | x=2 \text{ or } x=1
x \in \{1,2\} | 1, 2
[1,3] | 1 \le x \le 3
(1,3) | 1<x<3
(-\infty,2)\cup(3,\infty) | x<2 \text{ or } x>3
x < 2 \text{ or } x > 3 | (-\infty, 2) \cup (3, \infty)
(-\infty,2)\cup(2,\infty) | x \neq 2
\mathbb{R}\setminus\{2\} | x\ne 2
\mathbb{R} | (-\infty,\infty)
\mathbb{R} | \text{all real numbers}
\emptyset | \text{no solution}
\varnothing | \{\}
\text{no solutions} | No solution
[0,\infty) | x\ge0
\{x \mid x>0\} | (0,\infty)
\{x \in \mathbb{R} : x^2 < 4\} | (-2,2)
5 | 5 (five)
5 | 5 (approximately)
\sqrt{2} | \sqrt{2} (approximately 1.41)
x^2<4 | -2<x<2
|x|<3 | -3<x<3
|x|<3 | |x| < 3
y=2x+1 | 2x-y+1=0
y = 2x + 1 | y - 1 = 2x
2x-4y=6 | x-2y=3
x^2+y^2=25 | x^2+y^2-25=0
x=5 | 5
5 | x = 5
x=5 | 5=x
1\pm\sqrt{2} | 1+\sqrt2, 1-\sqrt2
\pm 3 | 3, -3
x=\pm 3 | x=3, x=-3
\frac{-b\pm\sqrt{b^2-4ac}}{2a} | \frac{-b+\sqrt{b^2-4ac}}{2a}, \frac{-b-\sqrt{b^2-4ac}}{2a}
|x| | \begin{cases} x & x\ge 0\\ -x & x<0\end{cases}
\begin{cases} x & x\ge 0\\ -x & x<0\end{cases} | \begin{cases} -x, & \text{if } x<0\\ x, & \text{if } x\geq 0\end{cases}
f(x)=x^2 | f(t)=t^2
f(x)=x^2 | x^2
f(x)=\frac{1}{x} | f(y)=1/y
\sum_{k=1}^n k^2 | \frac{n(n+1)(2n+1)}{6}
\sum_{i=1}^{10} i | 55
\prod_{k=1}^{5} k | 120
x=1, y=2 | (1,2)
(x,y)=(1,2) | x=1, y=2
(1,2) | x=1,y=2
a=1, b=2 | b=2, a=1
(A) | A
\text{(C)} | C
C | (C)
C | \text{(C)}
(B) 42 | B
B | (B) 42
(B) 42 | 42
yes | Yes
\text{Yes} | yes
True | true
true | True
\text{odd} | odd
3:00 \text{ p.m.} | 15:00
3:00 PM | 3 p.m.
January 5, 2020 | 5 January 2020
2020-01-05 | Jan 5, 2020
\text{does not exist} | DNE
3:2 | 6:4
1:2 | \frac{1}{2}
25\% | 0.25
25\% | \frac14
0.25 | 25\%
\frac{1}{4} | 25\%
12.5\% | \frac{1}{8}
0.\overline{3} | \frac13
0.1\overline{6} | 1/6
0.333... | 1/3
\sqrt{50} | 5\sqrt{2}
\frac{1}{\sqrt{2}} | \frac{\sqrt{2}}{2}
\sqrt{3+2\sqrt{2}} | 1+\sqrt{2}
\sqrt[3]{27} | 3
8^{1/3} | 2
\frac{a^2-b^2}{a-b} | a+b
\sin^2 x | 1-\cos^2 x
\frac{1}{2}\sin 2x | \sin x\cos x
e^{2\ln x} | x^2
\ln(xy) | \ln x + \ln y
2^{n+1} | 2\cdot 2^n
\frac{n(n-1)}{2} | \binom{n}{2}
(n+1)! | (n+1)n!
\cos(n\pi) | (-1)^n
\frac{1-(-1)^n}{2} | \frac{1+(-1)^{n+1}}{2}
\begin{vmatrix}1&2\\3&4\end{vmatrix} | -2
3\mathbf{i} + 4\mathbf{j} | 3\mathbf{i} + 4\mathbf{j}
\text{twelve} | 12
twenty-one | 21
\text{two thirds} | 2/3
12^{\text{th}} | 12
\text{Tuesday} | Tuesday
\text{red, blue} | blue and red
5\text{ apples} | 5 apples
7 \text{ hours } 30 \text{ minutes} | 7.5 hours
60^\circ 30' | 60.5^\circ
x = 2k\pi | 2\pi k
\frac{\pi}{6} + 2k\pi, k \in \mathbb{Z} | 2k\pi + \frac{\pi}{6}
x=n\pi | x=k\pi
n\pi | k\pi, k\in\mathbb{Z}
x=\frac{\pi}{4}+k\pi | \frac{\pi}{4}+n\pi, n \in \mathbb{Z}
1.234 | 1.2340
1000000 | 10^6
\frac{x}{y} | x/y
a(b+c) | ab+ac
3x^2y | 3 x^2 y
xyz | zyx
-\frac{3}{4} | \frac{-3}{4}
\frac{3}{-4} | -0.75
\left[\frac{1}{2}, 1\right] | [0.5, 1]
\boxed{5} | 5
$5$ | 5
\(\frac{1}{2}\) | 0.5
5\,\text{cm} | 5\text{cm}
\text{Answer: } 5 | 5
The answer is 5 | 5
x \equiv 3 \pmod 7 | x \equiv 10 \pmod{7}
4.5 \times 10^{-5} | 0.000045
\frac{5}{2}, \frac{3}{2} | 1.5, 2.5
\dfrac{9}{7} | 1 \frac{2}{7}
0 | 0.0
-0 | 0
9\pi | 9 \pi \text{ square units}
\frac{\pi^2}{6} | \pi^2/6
2\sqrt{3}\text{ cm} | \sqrt{12} cm
\log_3(x) | \frac{\ln x}{\ln 3}
a^{1/2} | \sqrt{a}
(2,3) \cup (3,5] | 2<x<3 or 3<x\le5
k>\frac{1}{4} | (\frac14, \infty)
-2 \leq x < 3 | [-2,3)
x \in (-1, 1) | -1<x<1
(x-1)^2+(y+2)^2=9 | x^2-2x+y^2+4y-4=0
y=\frac{1}{2}x+3 | x-2y+6=0
\frac{x^2}{4}+\frac{y^2}{9}=1 | 9x^2+4y^2=36
\lfloor 3.7 \rfloor | 3
\max(2,3) | 3
\gcd(12,18) | 6
\frac{7}{10} | 70\%
1+2+3 | 6
2^3\cdot 3^2 | 72
3\cdot 10^{4} | 30000
12 \frac{1}{2} \% | 12.5\%
30^{\circ} | 30
\angle A = 30^\circ | 30
S = 12 | 12
V=12\pi | 12\pi
\overline{AB} | AB
P(x)=x^3-1 | P(t)=t^3-1
A=1,B=2,C=3 | 1,2,3
\text{Monday} | monday
\frac{3}{4}\text{ of an hour} | 3/4
(3x+1)(x-2) | (x-2)(3x+1)
a_n=2n-1 | 2n-1
a_n = 2n-1 | a_{n} = 2n - 1
x_1=1, x_2=2 | 1,2
1 < x < 2 | 2 > x > 1
\frac{1}{x+1} | \frac{1}{1+x}
\sqrt{x^2+1} | (x^2+1)^{0.5}
1/2 + \sqrt{3}/2 i | \frac{1+\sqrt{3}i}{2}
e^{\pi i/3} | \frac12+\frac{\sqrt3}{2}i
\cos 60^\circ + i \sin 60^\circ | \frac{1}{2} + \frac{\sqrt{3}}{2}i
(5, \frac{3\pi}{2}) | (5, 3\pi/2)
(0,1) \cup (1,2) | (0,2) \setminus \{1\}
3,5,7 | 3;5;7
12\text{ and }13 | 12, 13
1/2 | one half
1/2 | ½
1/2 | 1⁄2
1/2 | 1 over 2
1/2 | {1 \over 2}
3/2 | 1½
8 | 2³
x^2 | x²
\sqrt{2} | √2
\sqrt{2} | √(2)
\sqrt{x+1} | √(x+1)
2 | ∛8
5000 | 5 × 10³
12 | 3·4
-5 | −5
5 | ５
\frac{\pi}{3} | π/3
60^\circ | π/3
\arccos\frac{1}{2} | \frac{\pi}{3}
\arcsin(1) | 90°
\cos^{-1}(0) | \frac{\pi}{2}
\log 100 | 2
\lg 100 | 2
\log_{2}{8} | 3
\ln(e) | 1
\log_a b | \frac{\ln b}{\ln a}
3 - 4i | -4i+3
\frac{3+i}{2} | 1.5+0.5i
5\text{ ft } 6\text{ in} | 66\text{ inches}
2 \text{ hours and } 30 \text{ minutes} | 150 \text{ minutes}
2 hours 30 minutes | 2.5 hours
1.5 \text{ km} | 1500 m
100 \text{ cm}^2 | 0.01 \text{ m}^2
1 \text{ L} | 1000 \text{ cm}^3
1000 \text{ mL} | 1 liter
72 \text{ km/h} | 20 \text{ m/s}
72 kilometers per hour | 72 km/h
10 m/s | 10 \text{ meters per second}
9.8 \text{ m/s}^2 | 9.8\,\mathrm{m/s^2}
9.8 \frac{\text{m}}{\text{s}^2} | 9.8 m/s^2
\$1{,}000 | 1000 dollars
£5 | 5 pounds
€5.50 | 5.5 euros
5 cents | $0.05
25 \text{ percent} | 25\%
25 percent | 0.25
x+y=3, x-y=1 | x-y=1, x+y=3
\begin{cases}x+y=3\\x-y=1\end{cases} | x+y=3, x-y=1
x=2, y=1 | \begin{cases}x=2\\y=1\end{cases}
(x,y)=(2,1) | (2,1)
x^2+y^2=1 | 2x^2+2y^2=2
y=\frac{3}{x} | xy=3
y = mx+b | y=b+mx
y^2=4x | 4x=y^2
\{x: x>3\} | x>3
\{n \mid n \in \mathbb{Z}\} | \{m \mid m \in \mathbb{Z}\}
\mathbb{R} \setminus \{0, 1\} | (-\infty,0)\cup(0,1)\cup(1,\infty)
\mathbb{R}^+ | (0,\infty)
all real numbers except 2 | x \ne 2
x>1 \text{ and } x<5 | (1,5)
x \in (1,5) | 1<x<5
\sum_{k=0}^{n} 2^k | 2^{n+1}-1
\sum_{k=1}^{n} k^3 | \left(\frac{n(n+1)}{2}\right)^2
\sum_{i=1}^n i | \sum_{j=1}^n j
\prod_{k=1}^n k | n!
\sum_{k=0}^n \binom{n}{k} | 2^n
\text{(A)} | A
A | \textbf{(A)}
A | A.
A | \mathrm{A}
A | \text{Option A}
(A)\ 5 | A
\text{(D) } 10 | 10
3:30 \text{ pm} | 3:30 PM
3:30 PM | 15:30
July 4, 1776 | 4 July 1776
July 4th | 4 July
\text{no real solutions} | \emptyset
\text{None} | \text{no solution}
\text{Infinitely many solutions} | \text{infinitely many}
\text{The function is odd} | the function is odd
\text{isosceles triangle} | an isosceles triangle
\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix} | [[1,2],[3,4]]
\begin{pmatrix} 1 \\ 2 \\ 3 \end{pmatrix} | [1,2,3]
\begin{pmatrix} 1 & 2 & 3\end{pmatrix} | (1,2,3)
\langle 1,2\rangle | (1,2)
\mathbf{v}=(1,2) | (1,2)
2\begin{pmatrix} 1 \\ 2\end{pmatrix} | \begin{pmatrix} 2 \\ 4\end{pmatrix}
f^{-1}(x)=\frac{x-1}{2} | \frac{x-1}{2}
f'(x)=2x | 2x
\frac{dy}{dx}=2x | 2x
g(x) = x^3 | g(t)=t^3
a_n = 3n+1 | 3n+1
S_n = n^2 | n^2
T(n)=2n | 2n
x = \frac{\pi}{2} + 2\pi n, n \in \mathbb{Z} | \frac{\pi}{2}+2k\pi
x=k\pi | x=n\pi, n\in\mathbb{Z}
1.5e3 | 1500
1.0E-3 | 0.001
10 000 | 10000
12\,345 | 12345
12 345 678 | 12345678
1,234,567.89 | 1234567.89
0.123 | .123
\frac{1}{7} | 0.\overline{142857}
1.\overline{09} | \frac{12}{11}
2.5\% | 0.025
3 \times 10^{-2} | 0.03
2^{\frac12} | \sqrt{2}
\sqrt[4]{16} | 2
(\sqrt{2})^2 | 2
e^{\ln 5} | 5
|{-3}| | 3
\lvert x \rvert | |x|
\left|\frac{x}{2}\right| | \frac{|x|}{2}
n(n+1)/2 | \frac{n^2+n}{2}
a^2+2ab+b^2 | (a+b)^2
x_{1}+x_{2} | x_2+x_1
\alpha+\beta | β+α
\cos 2\theta | 1-2\sin^2\theta
\tan(\alpha+\beta) | \frac{\tan\alpha+\tan\beta}{1-\tan\alpha\tan\beta}
\frac{x^3-1}{x-1} | x^2+x+1
0.25 | 1/4
\text{three} | 3
\text{twenty-five} | 25
one hundred | 100
5 million | 5,000,000
2.5 \text{ million} | 2500000
1:2:3 | 2:4:6
\frac{AB}{CD}=\frac{1}{2} | 1:2
4^{th} | 4
\text{4th} | 4
\boxed{x=5} | 5
x \approx 3.14 | 3.14
\approx 5.2 | 5.2
5.00 | 5
\text{between 3 and 4} | between 3 and 4
-\frac{1}{2}\ln 3 | \ln\frac{1}{\sqrt3}
x^2 + C | x^2+C
\frac{x^2}{2}+C | \frac12 x^2 + C
16\pi \text{ cm}^3 | 16\pi
C_5^2 | C_5^2
\binom{10}{3} | 120
120^\circ | \frac{2\pi}{3} \text{ rad}
\frac{2\pi}{3}\text{ radians} | 120 degrees
\text{TRUE} | true
\text{Both A and B} | both A and B
x = -1 \text{ or } x = 2 | \{-1, 2\}
\{2, -1\} | x = -1, x = 2
x_1 = 1, x_2 = -3 | x=1, x=-3
m=3, n=4 | (m,n)=(3,4)
3 \text{ and } 4 | (3,4)
\left(3, 4\right] | (3,4]
\left\{ 3 \right\} | 3
[3,3] | [3, 3]
2\pm\sqrt{3} | 2+\sqrt3 \text{ and } 2-\sqrt3
x=2\pm 3i | x=2+3i, 2-3i
\pm1,\pm2 | -2,-1,1,2
\frac{1\pm\sqrt5}{2} | \frac{1+\sqrt5}{2}, \frac{1-\sqrt5}{2}
\max\{1,2\} | 2
\text{lcm}(4,6) | 12
\operatorname{lcm}(4,6) | 12
7 \bmod 3 | 1
\overline{z}=1-i | 1-i
100_{\text{ten}} | 100
1101_{\text{two}} | 13
1101 (base 2) | 13
AF_{16} | 175
\text{A}=5 | 5
\text{Area} = 5 \text{ cm}^2 | 5
perimeter is 10 | 10
There are 12 ways | 12
12 ways | 12
x=3.5 | 7/2
\text{Sunday} | sunday
H_0 | H_0
(1) 5; (2) 7 | 5, 7
(a) 5, (b) 7 | 5, 7
5 | 5 or 5.0
yes | Yes, because it is prime.
no | No, it diverges
\max(a,b) | \frac{a+b+|a-b|}{2}
\sqrt{a^2b^2} | |ab|
50\% | 50% of the students
5 dollars per hour | \$5/hour
[1,2] | I = [1,2]
\frac{V}{R} | I = \frac{V}{R}
x + C | I = x + C
\frac{\pi}{4} + k\pi, k \in \mathbb{Z} | -\frac{3\pi}{4} + k\pi, k \in \mathbb{Z}
f(x) = x + a | f(t) = t + a
Yes | Yes, since if n is odd then n^2 is odd
f^{\prime}(x) = 2x | f'(x) = 2x
"""

DIFFERENT = r"""
\text{Infinitely many solutions} | \infty
5 | 5.001
1 | 1.0000001
1/3 | 0.33
1/3 | 0.333
\frac13 | 0.3334
\pi | 3.14
\pi | 22/7
\sqrt2 | 1.41
10^{-21} | 10^{-20}
1/2^{98} | 1/2^{99}
10^{-100} | 0
x^2+2x+1 | x^3+2x+1
odd | \text{oddd}
E | \mathrm{E}*2
\sqrt{67},-\sqrt{85} | \sqrt{67}
\sqrt{67} | \sqrt{67},-\sqrt{85}
10\text{ units} | 100
5 m | 5 cm
5 \text{ m} | 5 \text{ cm}
5 \text{ m} | 5 \text{ m}^2
\$5 | 5 \text{ cents}
5 \text{ hours} | 5 \text{ minutes}
30^\circ | 30 \text{ radians}
204_5 | 204_6
204_5 | 204
101_2 | 101
101_2 | 101_3
5 | 4,5
5 | 4 \text{ or } 5
5 | 1,2,3,4,5,6
5 | \{4,5\}
5 | 5 \text{ or maybe } 6
5 | \pm 5
\pm 5 | 5
1,2 | 1,2,3
1,2,3 | 1,2
(1,2) | (2,1)
(1,2) | [1,2]
(1,2] | [1,2)
\{1,2\} | (1,2)
x=1,y=2 | x=2,y=1
x>2 | x\ge 2
x>2 | x<2
(-\infty,2) | (-\infty,2]
f(x)=x^2 | f(x)=x^3
f(x)=x^2 | f(t)=x^2
x | y
x+1 | y+1
|x| | x
\sqrt{x^2} | x
\begin{cases} x & x\ge 0\\ -x & x<0\end{cases} | \begin{cases} x & x> 1\\ -x & x<0\end{cases}
\begin{cases} x & x\ge 0\\ -x & x<0\end{cases} | \begin{cases} x & x\ge 0\\ x & x<0\end{cases}
\begin{cases} 1 & x\ge 100\\ 0 & x<100\end{cases} | \begin{cases} 1 & x\ge 101\\ 0 & x<101\end{cases}
\begin{cases} 1 & x\ge 0\\ 0 & x<0\end{cases} | \begin{cases} 1 & x> 0\\ 0 & x\le 0\end{cases}
\begin{cases} x & x\ge 0\\ -x & x<0\end{cases} | \begin{cases} x & x\ge 0\end{cases}
\lfloor x\rfloor | \lceil x\rceil
x+10^{-30} | x
\sqrt{2}+\sqrt{3} | 3.146
\sqrt{10^{40}+1} | 10^{20}
A | B
(A) | (B)
A | A, B
A | a b c
(B) 42 | (B) 43
(B) 42 | 43
yes | no
true | false
yes | yes and no
no | on
possible | impossible
not possible | possible
the first player | the second player
12:00 | 1:00
3:00 PM | 3:00 AM
January 5 | January 6
3:2 | 2:3
25\% | 25/1000
25\% | 2.5
0.5 | 0.5\%
1234 | 12345
1000 | 1,00
32349 | 32, 349
1.5 | 15
-5 | 5
2^{10} | 2^{11}
\frac{1}{2} | \frac{2}{1}
\ln 2 | \log_{10} 2
\sin x | \cos x
x<5 | 5<x
y=2x+1 | y=2x-1
x^2+y^2=25 | x^2+y^2=5
\infty | -\infty
\infty | 10^{100}
\emptyset | 0
\text{no solution} | 0
\text{no solution} | \mathbb{R}
3 apples | 3 oranges
5 | 5x
5 | 
5 | ?
5 | not 5
5 | 5 is wrong
5 | \text{The answer is not } 5
5 | \text{either } 5 \text{ or } 6
5 | between 4 and 6
5 | 4 < x < 6
5 | x \in \mathbb{R}
5 | [4,6]
5 | 5 + 0i + 1
12 | 1 2
12 | 3 4
11 | 1 1/1
\begin{pmatrix}1&2\\3&4\end{pmatrix} | \begin{pmatrix}1&2\\4&3\end{pmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix} | \begin{pmatrix}1&3\\2&4\end{pmatrix}
(1,2,3) | (1,2)
\frac{\pi}{6}+2k\pi | \frac{\pi}{6}+k\pi
\frac{\pi}{6}+k\pi | \frac{\pi}{6}
2k | 2k+1
1.27\% | 1.3\%
0.50 | 0.54
1e-5 | 1e-6
100000000000000000000000 | 100000000000000000000001
12345678901234567890123456789012345678901234567890 | 12345678901234567890123456789012345678901234567891
2^{200} | 2^{200}+1
x=5 | x\ne 5
x=5 | y=5
a \le 0 | a < 0
3+4i | 3-4i
\frac{1}{x} | \frac{1}{x^2}
x(x+1) | x^2+1
5! | 5
\binom{5}{2} | \binom{5}{1}
e | 2.718
\frac{7}{3} | 2.3
10 \text{ kg} | 10 \text{ g}
10 \text{ mph} | 10 \text{ km/h}
1,2,2 | 1,1,2,3
2,2 | 2
[1,2)\cup(2,3] | [1,3]
x\ne 2 | x = 2
1 | 0.9999999999999999
AB | AC
x \equiv 3 \pmod 7 | x \equiv 3 \pmod 5
\sum_{k=1}^n k | \sum_{k=1}^n k^2
0.1 | 0.01
5 | \text{five hundred}
\text{Tuesday} | Thursday
\text{circle} | \text{ellipse}
(a,b) | (b,a)
x^y | y^x
\tan x | \frac{\cos x}{\sin x}
3\sqrt{2} | 2\sqrt{3}
3 1/2 | 31/2
x=5 | 2x+3=13
5 | 2x+3=13
x>2 | 3x-1>5
(-2,2) | x^2<4
5 | 5 (or 6)
5 | 5 (6 is also possible)
(n-2)\pi | n\pi
(2n+1)\pi | (2n-1)\pi
x | x+\sin(\pi x)(-1)^{x}
1000.0 | 1000.04
5 | 5, not 6
5 | 5 rather than 6
5 | 5/6
5 | 5^6
5 | (5)(6)
5 | 5 \& 6
A | (A) or (B)
A | A) 5 B) 6
5 | A) 5 B) 6
1 | one of the two
2 | one of the two
\text{Alice wins} | \text{Bob wins}
\text{Alice wins} | wins
5 | \text{I think it is } 5 \text{ or } 7
5 | 5?6
5 | ...5
x=1 | x^2=1
\{1,2\} | x^2-3x+2=0
1 < x < 3 | 1 < x \le 3
3 | \{x: x=3 \text{ or } x=4\}
3 | x \in \{3,4\}
5 hours | 5 minutes
1 L | 1000 L
f'(x)=2x | f'(x)=x
x+y=3, x-y=1 | x+y=1, x-y=3
x+y=3 | x-y=3
\{x: x>3\} | x\ge3
\text{isosceles triangle} | equilateral triangle
July 4 | July 14
3:30 PM | 3:30 AM
all real numbers except 2 | x \ne 3
all real numbers except 2 | all real numbers
\mathbb{R} | x \ne 2
C | D
x_1 | x_2
\frac{x^2}{2}+C | \frac{x^2}{3}+C
x^2+C | x^2
between 3 and 4 | between 3 and 5
5\text{ km} | 5\text{ m}
100 \text{ cm}^2 | 100 \text{ m}^2
\text{first} | \text{second}
\binom{10}{3} | \binom{10}{4}
at least 5 | at most 5
5 | at least 5
at most 5 | 5
more than 3 | 3
3 | more than 3
fewer than 10 | 10
10 | less than 10
5 | about 6
yes | Yes, or no
yes | No, it does not
14 | (1) 2; (2) 7
5 | 5 or 6
5 | 5 for \$6
(1) 5; (2) 7 | 7, 5 or 1
f(2)=5 | f(3)=5
x+y | x+y+\max(0,x-500)
n+1 | n+1+\lfloor n/100\rfloor
\max(a,b) | \frac{a+b+(a-b)}{2}
(-1)^n | (-1)^{n+\lfloor n/100\rfloor}
\sqrt{a^2b^2} | ab
x+1 | x+1+10^{-40}\sin x
3.20 | 3.21
1.3 | 1,3
12\text{ degrees} | 12\text{ square units}
45 \text{ units}^2 | 45\text{ mph}
\frac{\pi}{4} + k\pi, k \in \mathbb{Z} | \frac{5\pi}{4} + k\pi, k \in \mathbb{N}
\frac{\pi}{4} + k\pi, k \in \mathbb{Z}^+ | \frac{5\pi}{4} + k\pi, k \in \mathbb{Z}
\frac{\pi}{4} + k\pi, k \in \mathbb{Z} | \frac{5\pi}{4} + k\pi, k \in \mathbb{Z}, k > 0
\frac{\pi}{4} + k\pi, k \in \mathbb{Z} | \frac{\pi}{4} + k\pi, k \in \mathbb{N}
k\pi, k \in \mathbb{Z}, k \ne 0 | (k+1)\pi, k \in \mathbb{Z}, k \ne 0
-R | I^2 R
f(x) = x + t | f(t) = 2t
9C1 | 9C8
3C4 | 3C5
Yes | Yes - it depends
Yes | Yes, only if n is odd
R = 1 is necessary | R = 1 is sufficient
"""


def pairs(table: str) -> list[tuple[str, str]]:
    found = []
    for line in table.strip("\n").split("\n"):
        gold, _, pred = line.partition(" | ")
        found.append((gold, pred))
    return found


@pytest.mark.parametrize(("gold", "pred"), pairs(SAME))
def test_the_same_answer_is_accepted(gold: str, pred: str) -> None:
    result = compare(gold, pred)
    assert result.equal, result.reason


@pytest.mark.parametrize(("gold", "pred"), pairs(DIFFERENT))
def test_another_answer_is_refused(gold: str, pred: str) -> None:
    result = compare(gold, pred)
    assert not result.equal, result.reason

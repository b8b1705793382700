"""More pairs in the style of public graders' tests: spellings of the same answer, and near misses.

One pair a line, the reference first; each is decided in this process.
"""

# ruff: noqa: E501  (one pair a line)

from __future__ import annotations

from veritune.algebra.equality.policy import DEFAULT
from veritune.verifiers.answers.decide import decide

SAME = r"""
12\text{ inches} | 12
12 | 12\text{ inches}
\frac{3}{4}\text{ pounds} | 0.75
\$1{,}250.50 | 1250.50
\$1,250.50 | 1,250.5 dollars
5,000,000 | 5 million
2.5 \text{ million} | 2,500,000
\text{five} | 5
-\frac12 | -.5
-0.5 | -\dfrac{1}{2}
\dfrac{-7}{3} | -\frac{7}{3}
\frac{7}{-3} | -\tfrac73
-(1/2) | -1/2
4\tfrac{1}{4} | 17/4
2\ 1/2 | 5/2
2 1/2 | 2.5
1\frac12 | \frac32
3-1/2 | 5/2
75\% | \frac{3}{4}
75 percent | 75\%
0.75 | 75\text{ percent}
33\frac{1}{3}\% | \frac13
90^\circ | 90
90^{\circ} | 90\text{ degrees}
60 | 60^\circ
\angle A = 30^\circ | 30
30^\circ C | 30
(3,4] | \left(3,4\right]
(-\infty, 0] \cup [1, \infty) | (-\infty,0]\cup[1,+\infty)
[-2, 7] | -2\le x\le7
x \in [-2,7] | [-2,7]
x\in(-\infty,-1)\cup(3,\infty) | x<-1\text{ or }x>3
-2<x<5 | (-2,5)
\{1,2,3\} | 1,2,3
\{-1, 2\} | x=-1,2
x=-1 \text{ or } x=2 | \{-1,2\}
x_1=3, x_2=-3 | 3,-3
x_1 = 1, x_2 = 2 | \{1, 2\}
2\pm\sqrt3 | \{2-\sqrt{3}, 2+\sqrt{3}\}
\frac{-1\pm i\sqrt{3}}{2} | \frac{-1+i\sqrt3}{2},\frac{-1-i\sqrt3}{2}
\pm 5 | x=5 \text{ and } x=-5
1011_2 | 1011_{2}
1011_2 | 11
214_8 | 214_{\text{eight}}
\text{B} | B
\text{(B)} | B
(B) | B.
\textbf{(B)} | B
\textbf{(C) } 36 | C
\text{C} | \textbf{(C)}
D | The answer is D
\mathrm{(E)} | E
\text{Tuesday} | Tuesday
\text{Tuesday} | tuesday
\text{even} | even.
\text{Yes} | yes.
\text{no} | No
\text{false} | False
\text{undefined} | undefined
\text{Evelyn} | Evelyn
\text{ellipse} | \text{an ellipse}
\text{all real numbers} | \mathbb{R}
(-\infty,\infty) | \text{all real numbers}
(-\infty,\infty) | \mathbb{R}
\text{None} | none
\text{no real solutions} | \text{no solution}
y = -\frac{1}{2}x + 3 | y=3-\frac{x}{2}
y=2x+3 | 2x - y + 3 = 0
x^2+y^2-2x=0 | (x-1)^2+y^2=1
3x+4y=12 | y = -\frac{3}{4}x+3
\frac{x^2}{9}+\frac{y^2}{4}=1 | 4x^2+9y^2=36
x=\frac{1}{2} | \frac{1}{2}
\frac{1}{2} | x=\frac{1}{2}
f(x)=2x+1 | 2x+1
a=5,b=3 | (a,b)=(5,3)
(5,3) | a=5, b=3
(x,y)=(2,-1) | (2,-1)
p(x)=x^2-3x+2 | (x-1)(x-2)
x^3+3x-6 | x^3 + 3x - 6
(x+3)(x-3) | x^2-9
-6x^5+9x^4+2x^3 | x^3(2+9x-6x^2)
\frac{x+2}{7} | \frac{x}{7}+\frac{2}{7}
\tan^2 y+1 | \sec^2 y
\frac{\sqrt{3}}{3} | \frac{1}{\sqrt3}
3\sqrt{2} | \sqrt{18}
11\sqrt2 | \sqrt{242}
\sqrt{20} | 2\sqrt5
\frac{1}{\sqrt[3]{2}} | 2^{-1/3}
\sqrt[3]{x^2} | x^{2/3}
2\sqrt{3}\pi | 2\pi\sqrt{3}
\frac{4\pi}{3} | \frac{4}{3}\pi
4\pi/3 | \frac43\pi
6\pi \text{ cm}^2 | 6\pi
36\pi | 36 \pi \text{ square units}
e^{2x} | \exp(2x)
\ln 2 | \log_e 2
\log 100 | 2
\frac{\ln 3}{\ln 2} | \log_2 3
2^{10} | 1024
10^{-3} | 0.001
1.2\times10^{4} | 12000
1.2 \cdot 10^4 | 1.2e4
6.02 \times 10^{23} | 6.02\times10^{23}
1,000 | 1000
12,345,678 | 12345678
\$32,\!348 | 32348
10,\!000 | 10000
3:4 | \frac{3}{4}
3:4 | 3 \text{ to } 4
\text{3 to 4} | 3:4
5\text{ hours } 30\text{ minutes} | 5.5 \text{ hours}
3:30\text{ p.m.} | 3:30 PM
\text{10:15 a.m.} | 10:15
\begin{pmatrix}1&2\\3&4\end{pmatrix} | \begin{bmatrix}1&2\\3&4\end{bmatrix}
\begin{pmatrix}1\\2\\3\end{pmatrix} | \begin{pmatrix} 1 \\ 2 \\ 3 \\ \end{pmatrix}
\left(\begin{matrix}1&0\\0&1\end{matrix}\right) | \begin{pmatrix}1&0\\0&1\end{pmatrix}
\left(\begin{array}{cc}1&0\\0&1\end{array}\right) | \begin{pmatrix}1&0\\0&1\end{pmatrix}
\left[\begin{array}{c}7\\16\end{array}\right] | \begin{pmatrix}7\\16\end{pmatrix}
\begin{pmatrix}1/2\\3\end{pmatrix} | \begin{pmatrix}\frac12\\3\end{pmatrix}
\binom{10}{3} | 120
{10\choose3} | 120
7! | 5040
i | \sqrt{-1}
3-2i | -2i+3
\frac{1}{2}+\frac{\sqrt3}{2}i | \frac{1+\sqrt{3}i}{2}
\frac{1}{2}+\frac{\sqrt3}{2}i | e^{i\pi/3}
\cos\frac{\pi}{3} | \frac12
5\text{ cm} | 5\mathrm{~cm}
5\mathrm{~cm} | 5\,\text{cm}
25\mathrm{~m/s} | 25 \frac{\text{m}}{\text{s}}
\frac{500}{3}\pi\mathrm{cm}^3 | \frac{500\pi}{3}
8 \text{ ft}^2 | 8\text{ square feet}
20\text{ mph} | 20\text{ miles per hour}
3.5\,\text{km} | 3500\text{ m}
1/2, 1/3 | \frac13,\frac12
\frac{1}{2},\frac{1}{3} | 1/2 \text{ and } 1/3
(1,2),(3,4) | (3,4),(1,2)
\{(1,2),(3,4)\} | (1,2),(3,4)
(1,2)\text{ and }(3,4) | (3,4), (1,2)
\boxed{7} | 7
\boxed{\frac{1}{2}} | 0.5
$\frac{1}{2}$ | \frac12
\(\frac{1}{2}\) | \frac{1}{2}
\[ x=2 \] | 2
$$x=2$$ | x=2
{3} | 3
3. | 3
3.0 | 3
.5 | 1/2
0.50 | \frac12
+5 | 5
--5 | 5
x\geq 2 | [2,\infty)
x \ge 2 | x\geqslant2
2\leq x | x\geq2
x>2 | (2,\infty)
m\le -1 | (-\infty,-1]
a\neq 0 | a \ne 0
x\not=3 | x\neq 3
n>5 | n > 5
\lfloor x \rfloor | \left\lfloor x\right\rfloor
|x-1| | \left|x-1\right|
|x-1| | \lvert x-1\rvert
\|v\| | \left\|v\right\|
\overline{AB} | \overline{AB}
\triangle ABC | \triangle ABC
0.\overline{6} | \frac23
0.1\overline{36} | \frac{3}{22}
\sqrt{x+1} | (x+1)^{1/2}
\frac{dy}{dx} | \frac{dy}{dx}
\frac{\partial f}{\partial x} | \frac{\partial f}{\partial x}
\frac{x^3}{3}+C | \frac13x^3+C
2n\pi | 2\pi n
\frac{\pi}{6}+2k\pi, k\in\mathbb{Z} | \frac{\pi}{6}+2n\pi
k\pi | n\pi, n\in\mathbb{Z}
O(n\log n) | O(n \log n)
\gcd(12,18) | 6
17\bmod 5 | 2
x\equiv 3\pmod 7 | x\equiv3\pmod{7}
\mathbf{u}+\mathbf{v} | \mathbf v+\mathbf u
\vec{a} | \vec a
\alpha+\beta | \beta+\alpha
\frac{\sqrt{2}}{2}-\frac{\sqrt{2}}{2}i | \frac{\sqrt{2}}{2}(1-i)
x = 3\text{ cm} | 3
\text{Area}=12 | 12
AB=5 | 5
S_{n}=2^n-1 | 2^{n}-1
a_n=3n-2 | 3n-2
a_{n}=3 n-2 | a_n = 3n - 2
\tan\theta=\frac34 | \frac34
P(A)=\frac{1}{3} | \frac13
\text{The probability is } \frac{1}{3} | \frac13
x\approx 3.14 | 3.14
\approx 2.35 | 2.35
3.14 | \approx 3.14
10\text{ students} | 10
\text{about } 25 | 25
£20 | 20
€15.50 | 15.5
20\text{ cents} | 20
¢50 | 50
50¢ | 50
\yen 500 | 500
1\text{st} | 1
4\text{th} | 4
\text{3rd} | 3
2x^{2} y | 2yx^2
\dfrac{a}{b+c} | a/(b+c)
(a+b)/c | \frac{a+b}{c}
x^{-1} | \frac1x
(-1)^{n+1} | (-1)^{n-1}
-\sqrt{3} | -3^{1/2}
1 - \sqrt 2 | -(\sqrt{2}-1)
\frac{1-\sqrt{5}}{2} | \frac{1}{2}-\frac{\sqrt5}{2}
\ln\left(\frac{a}{b}\right) | \ln a-\ln b
\operatorname{arctan} 1 | \pi/4
\arcsin\frac12 | \frac{\pi}{6}
\sin^{-1}\frac12 | 30^\circ
\cot x | \frac{\cos x}{\sin x}
t^{\frac{3}{2}} | t\sqrt{t}
\left\{ 1, 2 \right\} | \lbrace 1,2\rbrace
\left(\frac{3}{2},\infty\right) | (1.5,\infty)
(\sqrt{2}, \pi) | \left( \sqrt 2 , \pi \right)
\left\langle 1,-2\right\rangle | (1,-2)
2\mathbf{i}-3\mathbf{j} | \langle 2,-3\rangle
[1,2]\cup\{4\} | \{4\}\cup[1,2]
\{x\mid x>1\} | x>1
\{x\,|\,-1<x<3\} | (-1,3)
\left\{x \middle| x\ge 0\right\} | [0,\infty)
\mathbb{Z} | \text{all integers}
\varnothing | \emptyset
\text{DNE} | does not exist
\infty | +\infty
2024-01-05 | January 5, 2024
7\text{ and }-7 | \pm7
(2,\frac{\pi}{3}) | \left(2,\dfrac{\pi}{3}\right)
64\text{ square units} | 64
12\text{ sq. ft.} | 12
12\text{ sq ft} | 12 \text{ ft}^2
15\text{ min} | 15 \text{ minutes}
1\text{ h} | 60\text{ min}
45\text{ sec} | 45
2\text{ kg} | 2000\text{ g}
3 \times 4 | 12
2*3 | 6
x*y | xy
2x \times 3 | 6x
10\div 4 | 2.5
\frac{10}{4} | 2\frac{1}{2}
(5,2),(11,3),(3,7) | (3, 7), (5, 2), (11, 3)
f(x)=cx | f(x) = cx \text{ for some constant } c
f(n)=n+1 | f(n) = n + 1 \text{ for all } n \in \mathbb{N}
f(x)=2x \text{ and } f(x)=0 | f(x)=0, f(x)=2x
f \equiv 0 | f(x) = 0
M=12, m=-3 | 12, -3
12,-3 | Maximum: 12, Minimum: -3
12,-3 | \text{max} = 12, \text{min} = -3
10, 20 | a = 10, b = 20
k>\frac{1}{4} | \left(\frac{1}{4}, \infty\right)
k > \frac14 | k \in (0.25, \infty)
0<a<1 | a \in (0, 1)
(0,1) | 0 < a < 1
(0,1)\cup(1,+\infty) | 0<x<1 \text{ or } x>1
(0,1)\cup(1,+\infty) | x>0 \text{ and } x\neq1
(-\infty,1)\cup(1,\infty) | \{x \mid x \neq 1\}
\{x|x\ge 2\} | x \geq 2
\{x\mid x\neq 3, x\in\mathbb{R}\} | x\neq 3
\left\{x|x>1 \text{ or } x<-2\right\} | (-\infty,-2)\cup(1,\infty)
x<-1 \text{ or } x>4 | x \in (-\infty, -1) \cup (4, \infty)
1 \leqslant x < 5 | [1, 5)
(1,+\infty) | x > 1
(-2,-1]\cup[1,2) | -2<x\leq-1 \text{ or } 1\leq x<2
\frac{2}{3} \text{ hours} | 40 \text{ minutes}
\frac{3}{5} | 60\%
37.5\% | \frac{3}{8}
66.7\% | \frac{2}{3}
0.1667 | \frac16
33.33 | \frac{100}{3}
3.464 | 2\sqrt{3}
\approx 7.07 | 5\sqrt{2}
12.6 \text{ cm} | 4\pi \text{ cm}
\frac{7}{2} \text{ cm} | 3.5
240 | 240 \text{ km/h}
8 \text{ days} | 8
100 \text{ yuan} | 100
24 \mathrm{~cm}^{2} | 24
24 \mathrm{~cm}^{2} | 24\ \text{cm}^2
\text{3 cm} | 3
3 \mathrm{cm} | 3\text{cm}
120^{\circ} | \frac{2 \pi}{3}
\frac{\pi}{6} | 30^\circ
30^\circ | \frac{\pi}{6} \text{ radians}
45^{\circ} | \angle B = 45^\circ
60^\circ \text{ or } 120^\circ | 120^\circ, 60^\circ
35^\circ, 55^\circ, 90^\circ | 90^\circ, 55^\circ, 35^\circ
y=2x | y - 2x = 0
y=\pm\frac{3}{4}x | y = \frac34 x \text{ and } y = -\frac34 x
x-2y+1=0 | y=\frac{x+1}{2}
x-2y+1=0 | x = 2y-1
3x+y-5=0 \text{ or } x-y=0 | x-y=0, 3x+y-5=0
x^{2}+(y-1)^{2}=4 | x^2+y^2-2y-3=0
(x-1)^2+(y+2)^2=9 | (x - 1)^2 + (y + 2)^2 = 3^2
\frac{x^{2}}{4}-y^{2}=1 | x^2-4y^2=4
y^2=8x | y^{2} = 8x
\rho = 2\cos\theta | 2 \cos \theta
a_{n}=2^{n-1} | 2^{n-1}
a_n = \frac{1}{n(n+1)} | \frac{1}{n}-\frac{1}{n+1}
S_n = n^2+n | n(n+1)
T_{n}=\frac{n}{2n+1} | \dfrac{n}{2 n+1}
a_n=\begin{cases}1,&n=1\\2n,&n\geq2\end{cases} | \begin{cases}1 & n = 1 \\ 2n & n \ge 2\end{cases}
2^{n}-1 | 2^n - 1
3 \cdot 2^{n-1} | \frac{3 \cdot 2^n}{2}
\left(\frac{1}{2}\right)^{n} | 2^{-n}
n=3 | 3
n = 1, 2, 3 | 1, 2, 3
n=2^k | 2^k
p=2, q=3 | (2, 3)
(p,q)=(2,3) | p=2, q=3
(a,b,c)=(1,2,3) | (1,2,3)
(x,y,z)=(1,1,1),(2,2,2) | (1,1,1),(2,2,2)
(1,1),(-1,-1) | (x,y) = (1,1) \text{ or } (-1,-1)
(\pm1, 0) | (1,0),(-1,0)
(1,2)\text{ or }(2,1) | (2,1),(1,2)
x=2, y=3; x=3, y=2 | (2,3),(3,2)
x=y=z=1 | (1,1,1)
x=y=1 | x=1,y=1
\{(0,0),(1,1)\} | (0,0), (1,1)
\text{Alice} | Alice
\text{circle} | a circle
\text{parabola} | \text{a parabola}
\text{increasing} | increasing
\text{second} | \text{the second}
\text{infinite} | \infty
\text{Yes, it is possible} | Yes
\text{No, it is not possible} | \text{No}
\text{Yes} | \text{Yes, since } 2+2=4
\text{There are no such numbers} | \emptyset
\text{No solutions} | \emptyset
\text{impossible} | Impossible
\text{7 apples} | 7
7 \text{ red}, 5 \text{ blue} | 7, 5
\text{7 boys and 5 girls} | 7 \text{ boys}, 5 \text{ girls}
A=5, B=7 | 5,7
A = 3, B = -2 | A=3,\; B=-2
\frac{n!}{k!(n-k)!} | \binom{n}{k}
C_{10}^{3} | 120
C_5^2 | 10
A_5^2 | 20
\mathrm{C}_{6}^{2} | 15
\complement_U A | \complement_{U}A
\lg 2 | \log_{10} 2
\lg 100 | 2
\tan^{-1}\frac{3}{4} | \arctan\frac34
\arccos\left(-\frac{1}{2}\right) | \frac{2\pi}{3}
\operatorname{arcsin} \frac{1}{3} | \arcsin\left(\frac13\right)
\sin\alpha\cos\beta+\cos\alpha\sin\beta | \sin(\alpha+\beta)
2\sin\left(2x+\frac{\pi}{3}\right) | 2\cos\left(2x-\frac{\pi}{6}\right)
\frac{1}{2}\ln 2 | \ln\sqrt{2}
e^{-1} | \frac{1}{e}
\mathrm{e}^{2} | e^2
\log_{2}{8} | 3
\sqrt{5+2\sqrt{6}} | \sqrt2+\sqrt3
\frac{\sqrt{6}+\sqrt{2}}{4} | \cos 15^\circ
\frac{3-\sqrt5}{2} | \frac{2}{3+\sqrt5}
2-\sqrt3 | \tan 15^{\circ}
1-\frac{1}{2^{10}} | \frac{1023}{1024}
\frac{2^{2024}-1}{3} | \frac{4^{1012}-1}{3}
2^{2023}\cdot 2 | 2^{2024}
\frac{2024!}{2023!} | 2024
10^{2}+10 | 110
1 + \sqrt[3]{2} + \sqrt[3]{4} | \frac{1}{\sqrt[3]{2}-1}
-\frac{1}{2}+\frac{\sqrt{3}}{2}i | e^{2\pi i/3}
\overline{z} = 1-2i | 1 - 2i
z=1+i | 1+i
5\sqrt{2}\ \text{m} | \sqrt{50}\ \text{m}
1\text{ hour }20\text{ minutes} | 80\text{ minutes}
2\text{ hours }15\text{ minutes} | 2.25\text{ hours}
9:00 \text{ AM} | 9 \text{ AM}
12 \text{ noon} | 12:00 \text{ PM}
12:00 | 12 o'clock
\text{March 5} | 5 March
25\text{th} | 25
21^{\text{st}} | 21
2 : 3 : 4 | 2:3:4
4:6:8 | 2:3:4
1:\sqrt{2} | \frac{1}{\sqrt{2}}
5\frac{5}{6}\text{ days} | \frac{35}{6}
\frac{-3}{4} | -0.75
-\frac{3}{4} | \frac{3}{-4}
①③ | 1, 3
①②④ | ①, ②, ④
\text{①③} | ①③
A, C, D | ACD
ACD | A, C, D
A,B | AB
\text{A and C} | A, C
\triangle ABC \cong \triangle DEF | \triangle ABC \cong \triangle DEF
AB \parallel CD | AB \parallel CD
\angle A = \angle B | \angle A=\angle B
2S | 2S
a^{2}b | ba^2
3x^2-2xy+y^2 | y^2 - 2xy + 3x^2
-(x-2)(x-3) | (2-x)(x-3)
(x-1)(x+1)(x^2+1) | x^4-1
\frac{1}{x-1}-\frac{1}{x+1} | \frac{2}{x^2-1}
\frac{x}{\sqrt{x^2+1}} | x(x^2+1)^{-1/2}
|a-b| | |b-a|
\sqrt{a^2} | |a|
\max\{a,b\} | \max(a,b)
\left\lfloor\frac{n}{2}\right\rfloor | \lfloor \frac n2\rfloor
\text{lcm}(4,6) | 12
2^{31}-1 | 2147483647
1.0 | 1
0 | 0.0
-0 | 0
00012 | 12
1e3 | 1000
1E3 | 1000
2.50\times 10^{-4} | 0.00025
2.5e-4 | 2.5 \times 10^{-4}
3{,}000 | 3000
3\;000 | 3000
3 000 | 3000
\underline{42} | 42
\mathbf{42} | 42
\textcolor{red}{42} | 42
\color{red}{42} | 42
\fbox{42} | 42
\displaystyle \frac{1}{2} | \frac12
\dfrac{1}{2}\,. | \frac12
$42$. | 42
42 \quad | 42
\quad 42 | 42
42! | 42!
\text{Answer: } 42 | 42
Answer: 42 | 42
The answer is 42. | 42
x = 42 | x=42.
42\text{ units}^2 | 42
\frac{\sqrt[4]{8}}{2} | 2^{-1/4}
x \approx 1.41 | 1.41
\frac{1}{2}, 2 | \{\frac12; 2\}
2; 3 | 2, 3
(2; 3) | (2, 3)
[2; 3] | [2, 3]
(1;+\infty) | (1,\infty)
\{-2; 2\} | \pm 2
1 < x \le 2 | (1; 2]
\{x : x<0 \text{ or } x>3, x\in\mathbb{R}\} | x<0 \text{ or } x>3
\begin{cases}1&x<0\text{ or }x>1\\0&\text{otherwise}\end{cases} | \begin{cases}0&0\le x\le1\\1&\text{otherwise}\end{cases}
\{x\mid x>0 \text{ and } x<3\} | (0,3)
\{x\mid x>0, x<3\} | (0,3)
\textbf{(C)}\ 36 | C
\sin A = \frac{1}{2} | \frac12
1.5e1 | 15
12\text{ sq. ft.} | 12 ft^2
\text{ACD} | A,C,D
BD | B, D
B \text{ and } D | BD
\langle 2,-3\rangle | 2\hat{i}-3\hat{j}
\begin{pmatrix}1\\-2\\5\end{pmatrix} | \mathbf{i}-2\mathbf{j}+5\mathbf{k}
(1,1,1) | x=y=z=1
x \equiv 3 \pmod 7 | x \equiv 10 \pmod 7
12.5\text{ cm}^{2} | 12.5
15\text{ units}^2 | 15
15 | 15\text{ sq units}
\dfrac{5}{6}\text{ hr} | 50\text{ min}
\$0.75 | 75\text{ cents}
75\text{ cents} | 0.75\text{ dollars}
\$1.5\text{ million} | 1500000
1.2\text{ billion} | 1,200,000,000
4\ \text{h}\ 30\ \text{min} | 4.5\ \text{h}
72^\circ F | 72^\circ \text{F}
\sqrt{12}\ \text{cm} | 2\sqrt{3}\text{ cm}
x=\frac{-3\pm\sqrt{17}}{2} | \frac{-3+\sqrt{17}}{2}, \frac{-3-\sqrt{17}}{2}
x = -\frac{3}{2} \pm \frac{\sqrt{17}}{2} | x=\frac{-3\pm\sqrt{17}}{2}
\{-\frac12, 3\} | x = 3 \text{ or } x = -0.5
\left\{\frac{1}{2},-\frac{1}{3}\right\} | -\frac13, \frac12
a=-1,b=2,c=5 | (-1,2,5)
(a,b,c)=(-1,2,5) | a = -1, b = 2, c = 5
(a, b, c) = (-1, 2, 5) | -1, 2, 5
m=2,n=-3 | m = 2 and n = -3
\left(\frac{1}{2},\frac{3}{2}\right) | (0.5, 1.5)
(0,0),(1,1),(-1,1) | (-1,1),(0,0),(1,1)
\begin{bmatrix}1&2\\3&4\end{bmatrix} | [[1,2],[3,4]]
\det A=5 | 5
\overrightarrow{AB}=(1,2) | (1,2)
|\vec{a}|=5 | 5
\vec{v} = \langle 1, 2 \rangle | (1,2)
\frac{\pi}{2}\text{ rad} | 90^\circ
\pi\text{ radians} | \pi
\frac{\pi}{4}+k\pi\ (k\in\mathbb{Z}) | \frac{\pi}{4}+n\pi, n \in \mathbb{Z}
x=k\pi, k\in\mathbb Z | x = n\pi
2k\pi\pm\frac{\pi}{3} | \pm\frac{\pi}{3}+2\pi n
y-1=2(x-3) | y = 2x-5
2x+y-1=0 | y=-2x+1
x=\frac{y^2}{4} | y^2=4x
r=2\sin\theta | 2\sin\theta
f^{-1}(x)=\frac{x-1}{2} | \frac{x-1}{2}
f'(x)=2x | 2x
\frac{dy}{dx}=2x | 2x
y'=3x^2 | 3x^2
F(x)=\frac{x^2}{2}+C | \frac{1}{2}x^2 + C
S=\frac{1}{2}ab\sin C | \frac12 ab \sin C
V=\frac43\pi r^3 | \frac{4\pi r^3}{3}
A=\pi r^2 | \pi r^2
\sum_{n=1}^{5} n^2 | 55
\sum_{i=0}^{n} 2^i | 2^{n+1}-1
\prod_{i=1}^n i | n!
\frac{n!}{(n-2)!} | n(n-1)
\binom{n}{n-1} | n
\frac{(2n)!}{2^n n!} | (2n-1)!!
\log_2(8x) | 3+\log_2 x
\log x + \log y | \log(xy)
e^{\ln 5} | 5
\ln(e^3) | 3
\log_{9}27 | \frac32
2^{\log_2 7} | 7
\sqrt{x^4} | x^2
\sqrt[6]{8} | \sqrt2
\frac{\sqrt{x}}{x} | \frac{1}{\sqrt{x}}
(x^2)^3 | x^6
x^{1/2}x^{1/3} | x^{5/6}
\sqrt{-4} | 2i
i^3 | -i
(2+i)(2-i) | 5
\frac{1+i}{1-i} | i
|1+i| | \sqrt2
\sqrt2\left(\cos\frac\pi4+i\sin\frac\pi4\right) | 1+i
\sqrt{2}e^{i\pi/4} | 1+i
\cos^2x-\sin^2x | \cos 2x
\tan x | \frac{\sin x}{\cos x}
\sec x | \frac{1}{\cos x}
\sin(x+\frac{\pi}{2}) | \cos x
\sinh x | \frac{e^x-e^{-x}}{2}
\max(3,5) | 5
\min\{2,7\} | 2
\gcd(48,36) | 12
\lfloor 3.7 \rfloor | 3
\lceil -1.2 \rceil | -1
0b1010 | 10
1A_{16} | 26
\text{A and B} | A, B
\text{I, II} | I and II
\text{two} | 2
\text{one hundred twenty} | 120
\text{three-fourths} | \frac34
\text{one half} | 0.5
\text{zero} | 0
\text{Option C} | C
\text{choice (D)} | D
\text{B) 12} | B
\text{The answer is (A)} | A
\text{positive} | positive
\text{inconsistent} | Inconsistent
\text{right triangle} | \text{Right triangle}
\text{July 4} | July 4th
\text{4:05 PM} | 16:05
8\colon 5 | 8:5
6\text{ to }1 | 6:1
1\text{ in }4 | \frac14
1\text{ out of }4 | \frac14
5\%\text{ increase} | 5\%
-20\% | -0.2
0.5\% | 0.005
\frac{1}{2}\% | 0.005
120\% | 1.2
3\frac{1}{3} | 10/3
-2\frac{3}{4} | -2.75
1.\overline{6} | \frac53
0.\dot{3} | \frac13
0.142857\overline{142857} | \frac17
.\overline{9} | 1
1.0E-3 | 0.001
4\times10^{-2} | 0.04
4 \cdot 10^{5} | 400{,}000
10^6 | 1\,000\,000
100\,000 | 100000
$1,\!234.50 | 1234.5
\mathbf{x} | x
\boldsymbol{5} | 5
\mathrm{5} | 5
\mathit{7} | 7
\text{$\frac{1}{2}$} | \frac12
\text{5} | 5
\left(5\right) | 5
{\frac{1}{2}} | \frac12
\frac 1 2 | \frac12
\frac12x | \frac{x}{2}
1/2x | \frac{1}{2}x
(1)/(2) | 1/2
\sqrt 3 | \sqrt{3}
\sqrt3/2 | \frac{\sqrt3}{2}
2\sqrt{3}/3 | \frac{2}{\sqrt3}
sqrt(3)/2 | \frac{\sqrt{3}}{2}
pi/3 | \frac{\pi}{3}
x**2 | x^2
2*pi*r | 2\pi r
exp(x) | e^x
log(2) | \log 2
ln(2) | \ln 2
oo | \infty
inf | \infty
x >= 2 | [2,\infty)
x != 3 | x \neq 3
-2 <= x < 5 | [-2, 5)
x = k\pi (k \in Z) | x=n\pi
\{x \mid x = 2k\pi, k \in \mathbb{Z}\} | 2k\pi
\left(k\pi-\frac{\pi}{3}, k\pi+\frac{\pi}{6}\right) (k \in \mathbb{Z}) | \left(k\pi-\frac{\pi}{3}, k\pi+\frac{\pi}{6}\right)
f(x)=cx\ (c\in\mathbb{R}) | f(x)=cx
3\text{ out of }5 | 0.6
.\overline{3} | \frac13
n+1\ (n \in \mathbb{N}) | n+1
\{x \mid x = 2k\pi, k \in \mathbb{Z}\} | \{2n\pi \mid n\in\mathbb{Z}\}
\{x \mid x=2\} | x=2
|x|=2 | |x|=2
|x|<3 | -3<x<3
|z|=\sqrt5 | \sqrt{5}
"""

DIFFERENT = r"""
\frac{1}{3} | 0.33
\frac{1}{3} | 0.3334
\pi | 3.14
\sqrt{2} | 1.41
12\text{ inches} | 12\text{ feet}
5\text{ cm} | 5\text{ cm}^2
(1,2) | [1,2]
(1,2) | (1,2]
[1,2] | \{1,2\}
x<2 | x\le2
x>2 | x<2
(-\infty,2) | (-\infty,2]
1011_2 | 1011
1011_2 | 1011_3
1,2,3 | 1,2
1,2 | 1,2,3
5 | 5, 6
5 | 5 \text{ or } 6
A | B
(A) | (B)
A | A, B
A | A or B
\text{Yes} | No
\text{true} | false
-3 | 3
3 | -3
\pm3 | 3
3 | \pm3
1\pm\sqrt2 | 1+\sqrt2
x^2 | x^3
2x+1 | 2x-1
y=2x+1 | y=2x-1
2x-4y=6 | x-2y=4
x^2+y^2=25 | x^2+y^2=5
\frac{a}{b} | \frac{b}{a}
3:4 | 4:3
50\% | 50.5\%
50\% | 5
0.05 | 50\%
\$5 | 5\text{ cents}
\sin x | \cos x
\sin^2x | \sin x^2
\sqrt{x^2} | x
\ln x^2 | (\ln x)^2
\frac{1}{\sqrt2} | \frac{\sqrt2}{4}
10^{-20} | 10^{-21}
\frac{1}{2^{98}} | \frac{1}{2^{99}}
2^{100} | 2^{100}+1
100! | 99!
\begin{pmatrix}1&2\\3&4\end{pmatrix} | \begin{pmatrix}1&3\\2&4\end{pmatrix}
\begin{pmatrix}1\\2\end{pmatrix} | \begin{pmatrix}2\\1\end{pmatrix}
(1,2) | (2,1)
3+4i | 3-4i
i | -i
\infty | -\infty
\emptyset | \{0\}
\emptyset | 0
\mathbb{R} | \mathbb{Q}
x\ne2 | x=2
12:30 | 12:31
3:00\text{ p.m.} | 3:00\text{ a.m.}
123456789012345678901234567890 | 123456789012345678901234567891
0.1 | 0.11
0.001 | 0.0011
1000 | 1001
1,000 | 1
12,345 | 12345.5
3.14 | 3.15
3.14159 | 3.14
\text{blue} | red
\text{odd} | even
4\text{ m/s} | 4\text{ km/h}
1\text{ hour} | 1\text{ minute}
2\frac12 | 2\cdot\frac12
2\frac{1}{2} | 1
x=1,y=2 | x=2,y=1
f(x)=x^2 | f(x)=x^2+1
a_n=2n | a_n=2n+1
(0,1)\cup(2,3) | (0,3)
(0,1)\cup(2,3) | (0,1)
\{1,2\} | \{1,2,3\}
5 | 5x
x | 5
x+y | x-y
30^\circ | 30\pi
30^\circ | 31^\circ
\frac{\pi}{6} | 30
45^\circ | 45\text{ rad}
\sin 30 | \frac12
1/0 | \infty
\frac{0}{0} | 1
7 | \text{not } 7
7 | 7?
yes | \text{yes and no}
2 | \text{between 1 and 3}
10 | 1 0 0
1.0\times10^5 | 1.0\times10^{-5}
|x| | x
\begin{cases}x&x>0\\-x&x\le0\end{cases} | \begin{cases}x&x>0\\x&x\le0\end{cases}
\begin{cases}1&x>0\\0&x\le0\end{cases} | \begin{cases}1&x\ge0\\0&x<0\end{cases}
k\pi | 2k\pi
\frac{\pi}{6}+2k\pi | \frac{\pi}{6}+k\pi
x\equiv3\pmod7 | x\equiv4\pmod7
x^2+C | x^2
\log_2 3 | \log_3 2
e^{x+1} | e^x+1
(x+1)^{1000} | (x+1)^{1001}
x^{17}-x | 0
n^2+n+41 | n^2+n+43
\frac{10^{20}+1}{10^{20}} | 1
1-10^{-15} | 1
0.99999999 | 1
\sqrt{10^{30}+1} | 10^{15}
\cos(10^{-9}) | 1
\tan(\pi/2) | \infty
42 | the answer is not 42
42 | 42 or maybe 43
\frac{22}{7} | \pi
640320^3+744 | e^{\pi\sqrt{163}}
262537412640768744 | e^{\pi\sqrt{163}}
\lfloor x\rfloor | \lceil x\rceil
\lfloor x+\frac12\rfloor | \lceil x-\frac12\rceil
\max(x,0) | \max(x,1)
\gcd(a,b) | \text{lcm}(a,b)
\left\{x|x>1 \text{ or } x<-2\right\} | \emptyset
\{x\mid x>1 \text{ or } x<-2\} | \{x\mid x>1 \text{ and } x<-2\}
\{x \mid x>1 \text{ or } x<5\} | (1,5)
\begin{cases}1&x<0\text{ or }x>1\\0&\text{otherwise}\end{cases} | \begin{cases}1&x<0\text{ and }x>1\\0&\text{otherwise}\end{cases}
\begin{cases}1&x<0\text{ or }x<5\\0&\text{otherwise}\end{cases} | \begin{cases}1&x<0\\0&\text{otherwise}\end{cases}
x \text{ if } x<0 \text{ or } x>1, 0 \text{ otherwise} | x \text{ if } x<0 \text{ and } x>1, 0 \text{ otherwise}
\sin\theta=\frac34 | \cos\theta=\frac34
\tan\theta=\frac34 | \theta=\frac34
\tan\theta=\frac34 | \tan\theta=\frac43
\text{Yes} | \text{No, it is not possible}
\text{Yes, it is} | \text{Yes, it is not}
\text{no} | \text{no, not impossible and not wrong}
100e101_2abc | abc
A, C, D | AC
A, C | CA B
2\mathbf{i}-3\mathbf{j} | \langle -3,2\rangle
2\mathbf{i}-3\mathbf{j} | \langle 2,3\rangle
3+4i | (3,4)
x=y=z=1 | (1,1,2)
x=y=z=1 | (1,1)
C_{10}^{3} | 121
3:4 | 4 \text{ to } 3
12 \text{ noon} | 12:00 \text{ AM}
x \equiv 3 \pmod 7 | x = 3
2j+3k | (2,3)
5 | 1, 2, 3, 4, 5
5 | {1,2,3,4,5}
5 | 5 \text{ or } 6 \text{ or } 7
5 | [4,6]
5 | 4 < x < 6
5 | x = 5 or x = 4
5 | \text{one of } 4, 5, 6
5 | 5 \neq 5
5 | \neq 5
5 | > 5
5 | x > 5
5 | \geq 5
5 | at least 5
5 | \text{at least } 5
5 | \text{at most } 5
5 | \text{more than } 5
5 | \text{less than } 5
5 | \text{not equal to } 5
5 | \text{unknown, maybe } 5
5 | 5 ?
5 | 5 + x
5 | 5^{x}
5 | 5 \text{ m}^{?}4
5 | 5e1
5 | 5!
5 | 5_{7}+1
5 | -5
5 | |5|+1
5 | 5i
5 | 5 i
5 | 5\pi
5 | \frac{5}{5}
5 | 5.1
5 | 5.0000001
5 | 4.9999999
5 | 05.1
5 | 5,000
5 | 50
5 | 5 \times 10
5 | 5 \cdot 10^1
5 | \text{five hundred}
5 | 5 \text{ million}
5 | 5 \text{ dozen}
5 | 5k
5000 | 5
12 | 12_{3}
12 | 12 \bmod 5
7 | \text{the number of days in a week plus one}
7 | 7 \text{ is wrong}
7 | \text{it is not } 7
7 | 7 \text{ (incorrect)}
7 | 7 \text{ or not}
7 | 6 + 2
7 | 7, \text{ or } 8
7 | 7/8
7 | 7:8
7 | 7;8
7 | 7 8
7 | 78
\text{A} | \text{not A}
A | \text{A or B}
A | \text{A and B}
A | ABCDE
A | A, B, C, D, E
B | \text{either A or B}
\text{Yes} | \text{Yes or No}
\text{Yes} | \text{Yes/No}
\text{Yes} | \text{not yes}
\text{True} | \text{True or False}
\text{True} | \text{not true}
\text{even} | \text{even or odd}
\text{even} | \text{not even}
\text{even} | \text{neither}
\text{circle} | \text{not a circle}
\text{circle} | \text{semicircle}
\text{no solution} | 0
\text{no solution} | \text{one solution}
\text{no solution} | \text{solution}
\text{infinitely many} | \text{finitely many}
\emptyset | \{\emptyset\}
\emptyset | \{\{\}\}
3\text{ m} | 3\text{ mm}
3\text{ m} | 3\text{ km}
3\text{ m} | 300\text{ m}
3\text{ m}^2 | 3\text{ m}^3
3\text{ m}^2 | 300\text{ cm}^2
1\text{ ft}^2 | 12\text{ in}^2
60\text{ mph} | 60\text{ km/h}
10\text{ N} | 10\text{ J}
5\text{ s} | 5\text{ min}
5\text{ hours} | 5\text{ days}
\$3 | €3
\$3 | 3\text{ cents}
\$300 | 3\text{ cents}
20^\circ C | 20^\circ F
20\text{ kg} | 20\text{ g}
30^\circ | 30'
0.333 | 0.334
2.718 | 2.719
\frac13 | 0.3
\frac13 | 0.333
\frac13 | 33\%
\frac23 | 0.67
\frac23 | 0.6667
\pi | 3.1416
\pi | \frac{22}{7}
\pi | 3.14159265
\sqrt2 | 1.4142
\sqrt{2} | \frac{99}{70}
e | 2.718
e | \frac{19}{7}
10^{100} | 10^{100}+1
10^{100} | 10^{99}
2^{64} | 1.8\times10^{19}
2^{64} | 18446744073709551615
2^{1000}-1 | 2^{1000}
\frac{1}{10^{50}} | 0
\frac{1}{10^{50}} | \frac{1}{10^{51}}
10^{-300} | 10^{-301}
3^{-200} | 0
1+10^{-40} | 1
1000000007 | 1000000009
123456789123456789 | 123456789123456780
0.1+10^{-18} | 0.1
(x+1)^2 | x^2+1
(x+1)^2 | x^2+2x+2
(a+b)^3 | a^3+b^3
\sqrt{a+b} | \sqrt a+\sqrt b
\frac{1}{a+b} | \frac1a+\frac1b
\log(ab) | \log a \log b
x^{ab} | x^{a+b}
\frac{x^2-1}{x-1} | x-1
\sin 2x | 2\sin x
\cos^2 x | 1+\sin^2x
e^{x} | x^{e}
n! | (n-1)!
\binom{n}{2} | \frac{n(n+1)}{2}
\sum_{k=1}^n k | \sum_{k=0}^{n-1} k
\sum_{k=1}^{n} k | \frac{n^2}{2}
2^n | n^2
\lfloor n/2\rfloor | n/2
\lfloor \frac{n+1}{2}\rfloor | \lfloor\frac n2\rfloor
\max(a,b) | \min(a,b)
|x-1|+|x+1| | 2|x|
|x-1|+|x+1| | 2x
x|x| | x^2
\sqrt{(x-1)^2} | x-1
\begin{cases}x&x<3\\2x&x\ge3\end{cases} | \begin{cases}x&x\le3\\2x&x>3\end{cases}
\begin{cases}x&x<100\\x+1&x\ge100\end{cases} | x
\begin{cases}0&x=7\\1&x\ne7\end{cases} | 1
\begin{cases}n/2&n\text{ even}\\(n+1)/2&n\text{ odd}\end{cases} | n/2
(0,1) | (0,1]
(0,1) | [0,1)
(0,1) | \{0,1\}
(0,1)\cup(1,2) | (0,2)
(-\infty,0)\cup(0,\infty) | (-\infty,\infty)
[1,\infty) | (1,\infty)
x>0 | x\ge0
0<x<1 | 0<x\le1
x\in\{1,2\} | 1\le x\le2
\{1,2,3\} | \{1,2,3,4\}
\{1,2,3\} | \{1,2,2\}
\{1,2\} | (1,2)
(1,2,3) | (1,3,2)
(1,2),(3,4) | (1,2,3,4)
(1,2),(3,4) | (1,4),(3,2)
(1,2),(3,4) | (2,1),(4,3)
[1,2] | (1,2)
x=1,y=2 | x=1
x=1,y=2 | x=1,z=2
x=1 | y=1
y=2x | y=2x+0.001
y=x^2 | x=y^2
x^2+y^2=1 | x^2-y^2=1
x^2+y^2=1 | (x+y)^2=1
x+y=1 | x+y>1
2x+3y=6 | 3x+2y=6
xy=1 | x=1
f(x)=x | f(x)=-x
f(x)=x^2 | f(x)=x^2, f(x)=0
f(x)=0, f(x)=x | f(x)=x
f(x,y)=x-y | f(x,y)=y-x
f(x,y)=x-y | f(a,b)=b-a
a_n=2n-1 | a_n=2n+1
\begin{pmatrix}1&0\\0&1\end{pmatrix} | 1
\begin{pmatrix}1&0\\0&1\end{pmatrix} | \begin{pmatrix}1&0\\0&-1\end{pmatrix}
\begin{pmatrix}1&2&3\end{pmatrix} | \begin{pmatrix}1&2\\3&0\end{pmatrix}
\begin{vmatrix}1&2\\3&4\end{vmatrix} | \begin{pmatrix}1&2\\3&4\end{pmatrix}
2+3i | 3+2i
|3+4i| | 3+4i
e^{i\pi/3} | e^{-i\pi/3}
1\pm i | 1+i
\pm 2 | 2
\pm 2 | \pm 3
2\pm\sqrt3 | -2\pm\sqrt3
\frac{\pi}{3}+2k\pi | \frac{\pi}{3}
\frac{\pi}{3}+2k\pi | -\frac{\pi}{3}+2k\pi
\frac{\pi}{2}+k\pi | k\pi
2k\pi | 4k\pi
x\equiv1\pmod2 | x\equiv1\pmod4
3:00\text{ pm} | 15:01
January 5 | January 6
2020-01-05 | 2020-05-01
Monday | Tuesday
11_2 | 11
11_2 | 11_3
FF_{16} | FE_{16}
101_2 | 101_{10}
__import__('os') | 0
5 | __import__('math').floor(5.5)
5 | eval("5")
5 | int(5)
5 | 2+3 if True else 0
5 | (5).__class__
5 | \write18{5}
5 | \input{5}
5 | \def\x{5}\x
5 | \newcommand{\a}{5}
5 | 5 # comment
5 | 5 // 1 6
5 | 5; import os
\boxed{5 | 6
6 | \boxed{5}\boxed{6}\boxed{7}
x^{1000000} | x^{1000001}
(x+y)^{50} | (x-y)^{50}
(x+1)^{200}-(x+1)^{200} | 1
\sin(10^{20}) | 0
\sin(\pi \cdot 10^{20}) | 10^{-20}
\sqrt{2}+\sqrt{3} | \sqrt{10}
\sqrt[3]{-8} | 2
(-8)^{1/3} | 2
0^0 | 0
\infty - \infty | 0
\frac{\infty}{\infty} | 1
1/0 | 2/0
\ln(-1) | 0
\arcsin 2 | 0
.\overline{3} | 3
\frac{\pi}{4}+k\pi\ (k\in\mathbb{Z}) | \frac{\pi}{4}+2n\pi, n \in \mathbb{Z}
1\text{ in }4 | 4
x (x \in A) | A
\{x \mid x = 2k\pi, k \in \mathbb{Z}\} | k\pi
\{x \mid x = 2k\pi, k \in \mathbb{Z}\} | \mathbb{Z}
\{x \mid x = 2k, k>3\} | 2k
\{x \mid x = 2k, k \in \mathbb{Z}\} | \{x \mid x = 2k, k \in \mathbb{N}\}
\{2k \mid k \in \mathbb{Z}\} | \{2k \mid k \in \mathbb{N}\}
\{x \mid x \in \mathbb{Z}\} | x
\{x|\} | 5
5 | \text{wrong: } 5
5 | \text{not sure: } 5
5 | \text{anything but: } 5
A | \text{A is wrong}
A | \text{not } A
5 | 5 \text{ is incorrect}
5 | 5 \text{ or any other number}
5 | \text{any number}
5 | \text{all numbers}
5 | \mathbb{R}
5 | \mathbb{Z}
5 | [5, 6]
5 | [0, 10]
5 | (0,10)
5 | \{1,...,10\}
5 | 1,2,...,10
5 | 1, 2, \ldots, 10
5 | x \in \mathbb{R}
5 | n
5 | k, k \in \mathbb{Z}
k\pi | x
2k+1 | n
x=5 | x=x
x=5 | x \in \mathbb{R}
\frac12 | \frac12 \pm 10
\frac12 | 0.5 \pm 0.5
10 \pm 1 | 10
10 | 10 \pm 1
5 | \approx 5.4
5 | 4 \approx 5
5 | 4=5
5 | 3+3=5
5 | 2+2=5
6 | 2+2=6
\pi | 3
\pi | 3.1
100 | 1e3
0 | \emptyset
0 | \{\}
0 | none
1 | true
1 | yes
0 | false
0 | no
2x | x^2
x^2-4=0 | x=2
x=2 | x^2-4=0
x=\pm2 | x=2
x^2=4 | x=2
|x|=2 | x=2
x>2 | x>2.0001
x\ge 2 | x>1
(1,\infty) | (1,10^9)
y=x | y=x^3
y=|x| | y=x
\sqrt{x^2}=x | x=x
\text{Monday} | \text{not Monday}
\text{Monday} | \text{Monday or Tuesday}
\text{Alice} | \text{Alice and Bob}
\text{Alice} | \text{Bob}
\text{red} | \text{red, blue}
3:00 | 3:00:01
1/3 | 0.3333333333
1/7 | 0.142857
2/3 | 0.66
\sqrt{3} | 1.732
e | 2.71828
\ln 2 | 0.693
10^{10}+1 | 10^{10}
\frac{10^{15}+1}{10^{15}} | 1
1-\frac{1}{10^{20}} | 1
99.99\% | 100\%
99.9 | 100
5\text{ apples} | 5\text{ oranges}
5\text{ km} | 5\text{ miles}
5\text{ km} | 5\text{ kg}
5\text{ ft} | 5\text{ in}
5^\circ | 5'
10_{2} | 10_{8}
10_{2} | 10_{10}
12_{8} | 12_{16}
\begin{cases} x & x > 0 \\ 0 & x \le 0 \end{cases} | \begin{cases} x & x > 1 \\ 0 & x \le 1 \end{cases}
\begin{cases} x & x > 0 \\ 0 & x \le 0 \end{cases} | \begin{cases} x & x \ge 0 \\ 1 & x < 0 \end{cases}
\begin{cases} 1 & n \equiv 0 \pmod 3 \\ 0 & \text{otherwise} \end{cases} | \begin{cases} 1 & n \equiv 1 \pmod 3 \\ 0 & \text{otherwise} \end{cases}
\lfloor x \rfloor | x
\text{sgn}(x) | 1
\max(x,y) | x
x \bmod 2 | x
|x|=2 | x=2
|x|=2 | x=-2
|x|=2 | |y|=2
|x-10|=2 | x=12
"""


def accepted(pairs: str, expected: bool) -> list[str]:
    """The lines whose verdict is not the expected one, with the reason."""
    wrong = []
    for line in pairs.strip().splitlines():
        gold, pred = line.split(" | ")
        found = decide(gold, pred, DEFAULT)
        if found.equal != expected:
            wrong.append(f"{line}: {found.reason}")
    return wrong


def test_spellings_of_the_same_answer_are_accepted() -> None:
    assert accepted(SAME, True) == []


def test_near_misses_are_refused() -> None:
    assert accepted(DIFFERENT, False) == []

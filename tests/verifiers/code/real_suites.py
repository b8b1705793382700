"""Suites in the style of exercism and of companies: (program, files of the suite, outcome)."""

# ruff: noqa: E501
# fmt: off
from __future__ import annotations

REAL: dict[str, tuple[str, dict[str, str], str]] = {
"bank account": ("""
import threading
class BankAccount:
    def __init__(self): self._open = False; self._b = 0; self._l = threading.Lock()
    def _check(self):
        if not self._open: raise ValueError("account not open")
    def open(self):
        if self._open: raise ValueError("account already open")
        self._open = True; self._b = 0
    def close(self): self._check(); self._open = False
    def get_balance(self): self._check(); return self._b
    def deposit(self, n):
        self._check()
        if n <= 0: raise ValueError("amount must be greater than 0")
        with self._l: self._b += n
    def withdraw(self, n):
        self._check()
        if n <= 0: raise ValueError("amount must be greater than 0")
        with self._l:
            if n > self._b: raise ValueError("amount must be less than balance")
            self._b -= n
""", {"bank_account_test.py": """
import sys, threading, time, unittest
from bank_account import BankAccount
class BankAccountTest(unittest.TestCase):
    def test_open(self):
        a = BankAccount(); a.open(); a.deposit(100)
        self.assertEqual(a.get_balance(), 100)
    def test_closed(self):
        a = BankAccount()
        with self.assertRaises(ValueError) as err: a.deposit(50)
        self.assertEqual(type(err.exception), ValueError)
        self.assertEqual(err.exception.args[0], "account not open")
    def test_concurrent(self):
        sys.setswitchinterval(0.001)
        a = BankAccount(); a.open(); a.deposit(100)
        def work():
            a.deposit(5); time.sleep(0.001); a.withdraw(5)
        ts = [threading.Thread(target=work) for _ in range(50)]
        for t in ts: t.start()
        for t in ts: t.join()
        self.assertEqual(a.get_balance(), 100)
"""}, "passed"),
"circular buffer": ("""
class BufferFullException(BufferError):
    def __init__(self, message): self.message = message
class BufferEmptyException(BufferError):
    def __init__(self, message): self.message = message
class CircularBuffer:
    def __init__(self, n): self.n = n; self.d = []
    def read(self):
        if not self.d: raise BufferEmptyException("Circular buffer is empty")
        return self.d.pop(0)
    def write(self, x):
        if len(self.d) == self.n: raise BufferFullException("Circular buffer is full")
        self.d.append(x)
""", {"circular_buffer_test.py": """
import unittest
from circular_buffer import CircularBuffer, BufferEmptyException, BufferFullException
class T(unittest.TestCase):
    def test_empty(self):
        b = CircularBuffer(1)
        with self.assertRaises(BufferError) as err: b.read()
        self.assertEqual(type(err.exception), BufferEmptyException)
        self.assertEqual(err.exception.args[0], "Circular buffer is empty")
    def test_full(self):
        b = CircularBuffer(1); b.write("1")
        with self.assertRaises(BufferError) as err: b.write("2")
        self.assertEqual(type(err.exception), BufferFullException)
        self.assertEqual(err.exception.message, "Circular buffer is full")
        self.assertEqual(b.read(), "1")
"""}, "passed"),
"simple linked list": ("""
class EmptyListException(Exception): pass
class Node:
    def __init__(self, value): self._v = value; self._n = None
    def value(self): return self._v
    def next(self): return self._n
class LinkedList:
    def __init__(self, values=None):
        self._h = None; self._len = 0
        for v in values or []: self.push(v)
    def __iter__(self):
        n = self._h
        while n: yield n.value(); n = n.next()
    def __len__(self): return self._len
    def head(self):
        if not self._h: raise EmptyListException("The list is empty.")
        return self._h
    def push(self, v): x = Node(v); x._n = self._h; self._h = x; self._len += 1
    def pop(self):
        v = self.head().value(); self._h = self._h._n; self._len -= 1; return v
    def reversed(self): return LinkedList(self)
""", {"t_test.py": """
import unittest
from simple_linked_list import LinkedList, EmptyListException
class T(unittest.TestCase):
    def test_all(self):
        sut = LinkedList([1, 2, 3])
        self.assertEqual(len(sut), 3)
        self.assertEqual(sut.head().value(), 3)
        self.assertEqual(list(sut.reversed()), [1, 2, 3])
        self.assertIsNone(LinkedList([1]).head().next())
        with self.assertRaises(EmptyListException) as err: LinkedList().head()
        self.assertEqual(err.exception.args[0], "The list is empty.")
        self.assertIsNot(sut.reversed(), sut)
"""}, "passed"),
"paasio-like": ("""
import io
class MeteredFile(io.BufferedRandom):
    def __init__(self, *args, **kwargs): super().__init__(*args, **kwargs); self._r = 0
    def __enter__(self): return self
    def __exit__(self, a, b, c): return super().__exit__(a, b, c)
    def read(self, n=-1): self._r += 1; return super().read(n)
    @property
    def read_ops(self): return self._r
""", {"p_test.py": """
import unittest, io
from unittest.mock import patch
from paasio import MeteredFile
class T(unittest.TestCase):
    def test_read(self):
        with MeteredFile(io.BytesIO(b"abc")) as f:
            self.assertEqual(f.read(), b"abc")
            self.assertEqual(f.read_ops, 1)
"""}, "passed"),
"robot name": ("""
import random
class Robot:
    def __init__(self): self.reset()
    def reset(self): self.name = "".join(random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=2)) + f"{random.randrange(1000):03}"
""", {"r_test.py": """
import random, unittest
from robot_name import Robot
class T(unittest.TestCase):
    name_re = r'^[A-Z]{2}\\d{3}$'
    def test_has(self): self.assertRegex(Robot().name, self.name_re)
    def test_diff(self): self.assertNotEqual(Robot().name, Robot().name)
    def test_reset(self):
        seed = "Totally random."
        random.seed(seed)
        r = Robot(); n = r.name
        self.assertEqual(r.name, n)
        random.seed(seed)
        r.reset()
        n2 = r.name
        self.assertNotEqual("", n2)
        self.assertRegex(n2, self.name_re)
"""}, "passed"),
"fixtures scopes params ids": ("""
class Repo:
    def __init__(self, path): self.path = path; self.rows = {}
    def add(self, k, v): self.rows[k] = v; self.path.joinpath("log").open("a").write(k)
    def get(self, k): return self.rows[k]
    def close(self): self.rows.clear()
def make(kind): return {"a": 1, "b": 2}[kind]
""", {"conftest.py": """
import pytest
@pytest.fixture(scope="session")
def base(tmp_path_factory): return tmp_path_factory.mktemp("x")
@pytest.fixture(params=["a", "b"], ids=["first", "second"])
def kind(request): return request.param
@pytest.fixture
def factory():
    made = []
    def build(n):
        made.append(n); return list(range(n))
    yield build
    assert made
""", "tests/test_repo.py": """
import pytest
from store import Repo, make
@pytest.fixture(scope="module")
def repo(base):
    r = Repo(base); yield r; r.close()
class TestRepo:
    def test_add(self, repo):
        repo.add("k", [1]); assert repo.get("k") == [1]
        assert (repo.path / "log").read_text() == "k"
    def test_again(self, repo): assert repo.rows == {"k": [1]}
    def test_missing(self, repo):
        with pytest.raises(KeyError, match="zz"): repo.get("zz")
def test_kind(kind): assert make(kind) in (1, 2)
@pytest.mark.parametrize("a", [1, 2])
@pytest.mark.parametrize("b", [3, pytest.param(4, id="four", marks=pytest.mark.xfail)])
def test_two(a, b): assert a + b < 6
def test_factory(factory): assert factory(2) == [0, 1]
def test_lazy(request): assert request.getfixturevalue("factory")(1) == [0]
@pytest.mark.usefixtures("factory")
@pytest.mark.skipif(True, reason="never")
def test_skip(): assert False
"""}, "passed"),
"monkeypatch setattr attr": ("""
import os, time
class Client:
    timeout = 3
    def fetch(self, u): raise RuntimeError("network")
    def title(self, u): return self.fetch(u)["title"].upper()
def now(): return time.time()
def cfg(): return os.getenv("TOKEN")
LIMITS = {"a": 1}
def limit(k): return LIMITS[k]
""", {"test_m.py": """
import pytest, solution
from solution import Client
def test_a(monkeypatch):
    monkeypatch.setattr(Client, "fetch", lambda self, u: {"title": u + "!"})
    assert Client().title("x") == "X!"
    monkeypatch.setattr(Client, "timeout", 9)
    assert Client().timeout == 9
def test_b():
    assert Client.timeout == 3
    with pytest.raises(RuntimeError): Client().title("x")
def test_c(monkeypatch):
    monkeypatch.setenv("TOKEN", "t"); assert solution.cfg() == "t"
    monkeypatch.delenv("TOKEN"); assert solution.cfg() is None
def test_d(monkeypatch):
    monkeypatch.setitem(solution.LIMITS, "a", 5)
    assert solution.limit("a") == 5
def test_e(): assert solution.limit("a") == 1
def test_f(monkeypatch):
    c = Client(); monkeypatch.setattr(c, "fetch", lambda u: {"title": "q"})
    assert c.title("z") == "Q"
"""}, "passed"),
"mock spec": ("""
class Mailer:
    def send(self, to, body): raise OSError
class Service:
    def __init__(self, mailer, log=print): self.m, self.log = mailer, log
    def welcome(self, users):
        for u in users:
            try: self.m.send(u, body=f"hi {u}")
            except ConnectionError as e: self.log("failed", e)
        return len(users)
""", {"test_s.py": """
from unittest.mock import Mock, MagicMock, call, create_autospec, ANY
from solution import Service, Mailer
def test_a():
    m = Mock(); s = Service(m)
    assert s.welcome(["a", "b"]) == 2
    assert m.send.call_args_list == [call("a", body="hi a"), call("b", body="hi b")]
    m.send.assert_any_call("a", body=ANY)
    assert m.send.call_count == 2
def test_b():
    m = Mock(); m.send.side_effect = [ConnectionError("x"), None]
    log = Mock()
    Service(m, log).welcome(["a", "b"])
    log.assert_called_once()
    assert str(log.call_args.args[1]) == "x"
def test_c():
    m = MagicMock(); m.send.side_effect = lambda u, body: None
    Service(m).welcome([])
    m.send.assert_not_called()
"""}, "passed"),
"capsys print": ("""
import sys
def hello(n):
    for i in range(n): print("line", i, sep="-")
    print("done", file=sys.stderr)
def progress(xs):
    for x in xs: sys.stdout.write(str(x)); sys.stdout.flush(); yield x
""", {"test_c.py": """
from solution import hello, progress
def test_a(capsys):
    hello(2)
    out, err = capsys.readouterr()
    assert out.splitlines() == ["line-0", "line-1"] and err == "done\\n"
    print("mine")
    assert capsys.readouterr().out == "mine\\n"
    assert list(progress([1, 2])) == [1, 2]
    assert capsys.readouterr().out == "12"
def test_b(capfd):
    hello(0)
    assert "done" in capfd.readouterr().err
"""}, "passed"),
"package with data": ("""```python
# file: shop/__init__.py
from .cart import Cart
__all__ = ["Cart"]
__version__ = "1.0"
```
```python
# file: shop/cart.py
from dataclasses import dataclass, field
from .price import Price
@dataclass
class Cart:
    items: list = field(default_factory=list)
    def add(self, name, cents): self.items.append((name, Price(cents))); return self
    @property
    def total(self): return sum((p for _, p in self.items), Price(0))
```
```python
# file: shop/price.py
from functools import total_ordering
@total_ordering
class Price:
    def __init__(self, cents): self.cents = cents
    def __add__(self, o): return Price(self.cents + o.cents)
    def __eq__(self, o): return isinstance(o, Price) and self.cents == o.cents
    def __lt__(self, o): return self.cents < o.cents
    def __hash__(self): return hash(self.cents)
    def __str__(self): return f"{self.cents / 100:.2f}"
```
""", {"tests/test_shop.py": """
import shop
from shop import Cart
from shop.price import Price
def test_total():
    c = Cart().add("a", 150).add("b", 250)
    assert str(c.total) == "4.00" and c.total == Price(400)
    assert c.items[0][0] == "a" and len(c.items) == 2
    assert Price(1) < Price(2) <= Price(2)
    assert shop.__version__ == "1.0"
    c.items.clear()
    assert c.total == Price(0)
"""}, "passed"),
"hypothesis stateful": ("""
class Stack:
    def __init__(self): self._d = []
    def push(self, x): self._d.append(x)
    def pop(self): return self._d.pop()
    def __len__(self): return len(self._d)
def encode(s):
    out = []
    for c in s:
        if out and out[-1][0] == c: out[-1][1] += 1
        else: out.append([c, 1])
    return [tuple(x) for x in out]
def decode(p): return "".join(c * n for c, n in p)
""", {"test_h.py": """
from hypothesis import given, settings, strategies as st
from solution import Stack, encode, decode
@given(st.text(max_size=20))
@settings(max_examples=30, deadline=None)
def test_round(s): assert decode(encode(s)) == s
@given(st.lists(st.integers()))
@settings(max_examples=30, deadline=None)
def test_stack(xs):
    s = Stack()
    for x in xs: s.push(x)
    assert len(s) == len(xs)
    assert [s.pop() for _ in xs] == xs[::-1]
"""}, "passed"),
"asyncio isolated": ("""
import asyncio
async def fetch_all(fs): return await asyncio.gather(*(f() for f in fs))
async def limited(n, coros):
    sem = asyncio.Semaphore(n)
    async def one(c):
        async with sem: return await c
    return await asyncio.gather(*map(one, coros))
async def ticker(n):
    for i in range(n): yield i; await asyncio.sleep(0)
class Lock:
    async def __aenter__(self): self.on = True; return self
    async def __aexit__(self, *a): self.on = False
""", {"test_as.py": """
import asyncio, unittest
from solution import fetch_all, limited, ticker, Lock
class T(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self): self.n = 2
    async def test_fetch(self):
        async def f(): return self.n
        self.assertEqual(await fetch_all([f, f]), [2, 2])
    async def test_limited(self):
        async def f(x): await asyncio.sleep(0.001); return x
        self.assertEqual(await limited(2, [f(i) for i in range(4)]), [0, 1, 2, 3])
    async def test_ticker(self): self.assertEqual([x async for x in ticker(3)], [0, 1, 2])
    async def test_lock(self):
        async with Lock() as l: self.assertTrue(l.on)
        self.assertFalse(l.on)
"""}, "passed"),
"approx kinds": ("""
import math
def stats(xs): return {"mean": sum(xs) / len(xs), "n": len(xs)}
def pts(): return [(0.1 + 0.2, 1.0), (math.pi, 2)]
def c(): return 1e-9
""", {"test_ap.py": """
import pytest, math
from pytest import approx
from solution import stats, pts, c
def test_a():
    assert stats([0.1, 0.2, 0.3]) == approx({"mean": 0.2, "n": 3})
    assert pts()[0] == approx((0.3, 1.0))
    assert c() == approx(0, abs=1e-6)
    assert c() != approx(1)
    assert 3.14159 == approx(pts()[1][0], rel=1e-3)
"""}, "passed"),
"mutable default wrong": ("def add(x, acc=[]):\n    acc.append(x)\n    return acc\n", {"test_d.py": "from solution import add\ndef test_a():\n    assert add(1) == [1]\n    assert add(2) == [2]\n"}, "failed"),
"leaky copy wrong": ("class S:\n    def __init__(self): self._d = []\n    def push(self, x): self._d.append(x)\n    def all(self): return self._d\n", {"test_d.py": "from solution import S\ndef test_a():\n    s = S(); s.push(1)\n    got = s.all(); got.append(9)\n    assert s.all() == [1]\n"}, "failed"),
"aliases argument wrong": ("class S:\n    def __init__(self, d): self.d = d\n    def push(self, x): self.d.append(x)\n", {"test_d.py": "from solution import S\ndef test_a():\n    xs = [1]\n    s = S(xs); s.push(2)\n    assert xs == [1]\n"}, "failed"),
"shares argument right": ("class S:\n    def __init__(self, d): self.d = d\n    def push(self, x): self.d.append(x)\n", {"test_d.py": "from solution import S\ndef test_a():\n    xs = [1]\n    s = S(xs); s.push(2)\n    assert xs == [1, 2]\n    xs.append(3)\n    assert s.d == [1, 2, 3] and s.d is xs\n"}, "passed"),
"doctest style data": ("import json\ndef load(p):\n    with open(p) as f: return json.load(f)\n", {"tests/data/a.json": "{\"a\": [1, 2]}", "tests/test_l.py": "from pathlib import Path\nfrom solution import load\nHERE = Path(__file__).parent\ndef test_a(): assert load(HERE / 'data' / 'a.json') == {'a': [1, 2]}\n"}, "passed"),
"raises group notes": ("def f(x):\n    try: int(x)\n    except ValueError as e: raise RuntimeError(f'cannot read {x!r}') from e\n", {"test_r.py": "import pytest\nfrom solution import f\ndef test_a():\n    with pytest.raises(RuntimeError, match=r\"cannot read 'z'\") as i: f('z')\n    assert isinstance(i.value.__cause__, ValueError)\n    assert 'invalid literal' in str(i.value.__cause__)\n    assert i.type is RuntimeError\n    with pytest.raises((TypeError, ValueError)): int(None)\n"}, "passed"),
"pytestmark classes": ("def f(x): return x\n", {"test_k.py": "import pytest\nfrom solution import f\npytestmark = pytest.mark.filterwarnings('ignore')\n@pytest.fixture(autouse=True)\ndef auto(): yield\nclass TestA:\n    x = 1\n    @classmethod\n    def setup_class(cls): cls.v = f(5)\n    @pytest.mark.parametrize('n', range(3))\n    def test_v(self, n): assert self.v == 5 and f(n) == n\n    class TestInner:\n        def test_i(self): assert f(1) == 1\ndef setup_module(m): m.Z = f(3)\ndef test_z(): assert Z == 3\n"}, "passed"),
"import inside": ("def f(x): return x\n", {"test_k.py": "def test_a():\n    import solution\n    from solution import f as g\n    assert g(1) == solution.f(1)\ndef test_b():\n    import importlib, sys\n    m = importlib.import_module('solution')\n    assert m.f(2) == 2\n    assert 'solution' in sys.modules\n"}, "passed"),
}

"""pytest suites in the forms that they have: (program, files of the suite, outcome)."""

# ruff: noqa: E501
# fmt: off
from __future__ import annotations

SUITES: dict[str, tuple[str, dict[str, str], str]] = {
    'classes raises': (
        "```python\nclass InsufficientFunds(Exception):\n    def __init__(self,need): super().__init__(f'need {need}'); self.need=need\nclass Account:\n    def __init__(self,b=0): self.balance=b\n    def withdraw(self,x):\n        if x>self.balance: raise InsufficientFunds(x-self.balance)\n        self.balance-=x\n        return self.balance\n```",
        {'test_x.py': "import pytest\nfrom bank import Account, InsufficientFunds\n@pytest.fixture\ndef acc(): return Account(10)\ndef test_w(acc): assert acc.withdraw(3)==7\ndef test_r(acc):\n    with pytest.raises(InsufficientFunds, match='need 5') as e: acc.withdraw(15)\n    assert e.value.need==5\n@pytest.mark.parametrize('a,b',[(1,9),(2,8)])\ndef test_p(acc,a,b): assert acc.withdraw(a)==b\n"},
        'passed',
    ),
    'unittest': (
        'def add(a,b): return a+b\n',
        {'test_x.py': "import unittest\nimport solution\nclass T(unittest.TestCase):\n    def setUp(self): self.x=1\n    def test_a(self): self.assertEqual(solution.add(self.x,2),3)\n    def test_r(self):\n        with self.assertRaises(TypeError): solution.add(1,'a')\n    def test_l(self): self.assertListEqual(solution.add([1],[2]),[1,2])\n    @unittest.skip('no')\n    def test_s(self): assert False\nif __name__=='__main__': unittest.main()\n"},
        'passed',
    ),
    'skip xfail': (
        'def f(x): return x\n',
        {'test_x.py': 'import pytest\nfrom solution import f\ndef test_a(): assert f(1)==1\n@pytest.mark.skip\ndef test_b(): assert 0\n@pytest.mark.xfail\ndef test_c(): assert f(1)==2\n'},
        'passed',
    ),
    'conftest': (
        'def f(x): return x*2\n',
        {'conftest.py': 'import pytest\n@pytest.fixture\ndef two(): return 2\n', 'tests/test_a.py': 'from solution import f\ndef test_a(two): assert f(two)==4\n'},
        'passed',
    ),
    'helper in tests': (
        'def f(x): return x*2\n',
        {'helpers.py': 'DATA=[(1,2),(2,4)]\n', 'test_a.py': 'from helpers import DATA\nfrom solution import f\ndef test_a():\n    for a,b in DATA: assert f(a)==b\n'},
        'passed',
    ),
    'async': (
        'import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x+1\n',
        {'test_x.py': 'import pytest\nfrom solution import f\n@pytest.mark.asyncio\nasync def test_a(): assert await f(1)==2\n'},
        'passed',
    ),
    'hypothesis': (
        'def rev(l): return l[::-1]\n',
        {'test_x.py': 'from hypothesis import given,strategies as st\nfrom solution import rev\n@given(st.lists(st.integers()))\ndef test_r(l): assert rev(rev(l))==l\n'},
        'passed',
    ),
    'hypothesis wrong': (
        'def rev(l): return l if len(l)<3 else l[::-1][:2]\n',
        {'test_x.py': 'from hypothesis import given,strategies as st\nfrom solution import rev\n@given(st.lists(st.integers()))\ndef test_r(l): assert rev(rev(l))==l\n'},
        'failed',
    ),
    'monkeypatch module': (
        'import time\nRATE=2\ndef helper(): return 5\ndef f(): return helper()*RATE\n',
        {'test_x.py': "import solution\ndef test_a(monkeypatch):\n    monkeypatch.setattr(solution,'RATE',10)\n    assert solution.f()==50\n    monkeypatch.setattr('solution.helper',lambda: 1)\n    assert solution.f()==10\ndef test_b(): assert solution.f()==10\n"},
        'passed',
    ),
    'patch object': (
        "def fetch(u): raise OSError\ndef get(u): return fetch(u)['a']\n",
        {'test_x.py': "from unittest.mock import patch\nimport solution\n@patch('solution.fetch')\ndef test_a(m):\n    m.return_value={'a':3}\n    assert solution.get('u')==3\n    m.assert_called_once_with('u')\ndef test_b():\n    with patch.object(solution,'fetch',return_value={'a':1}) as m:\n        assert solution.get('z')==1\n"},
        'passed',
    ),
    'patch global': (
        'import random\ndef roll(): return random.randint(1,6)\n',
        {'test_x.py': "from unittest.mock import patch\nimport solution\ndef test_a():\n    with patch('random.randint',return_value=4):\n        assert solution.roll()==4\n"},
        'passed',
    ),
    'patch sol.random': (
        'import random\ndef roll(): return random.randint(1,6)\n',
        {'test_x.py': "from unittest.mock import patch\nimport solution\ndef test_a():\n    with patch('solution.random.randint',return_value=4):\n        assert solution.roll()==4\n"},
        'passed',
    ),
    'env cwd': (
        "import os\ndef f(): return os.environ.get('MODE','x'),os.path.exists('data.txt')\n",
        {'test_x.py': "import solution\ndef test_a(monkeypatch,tmp_path):\n    monkeypatch.setenv('MODE','prod')\n    monkeypatch.chdir(tmp_path)\n    (tmp_path/'data.txt').write_text('1')\n    assert solution.f()==('prod',True)\ndef test_b(): assert solution.f()==('x',False)\n"},
        'passed',
    ),
    'tmp_path write': (
        "def save(p,t):\n    p.write_text(t)\n    return p.parent/'b'\n",
        {'test_x.py': "from solution import save\ndef test_a(tmp_path):\n    p=tmp_path/'a'\n    r=save(p,'hey')\n    assert p.read_text()=='hey' and r==tmp_path/'b'\n    assert [x.name for x in tmp_path.iterdir()]==['a']\n"},
        'passed',
    ),
    'capsys caplog warns': (
        "import logging,warnings\nlog=logging.getLogger(__name__)\ndef f():\n    print('out')\n    log.error('bad %d',1)\n    warnings.warn('dep',DeprecationWarning)\n",
        {'test_x.py': "import pytest\nfrom solution import f\ndef test_a(capsys,caplog):\n    with pytest.warns(DeprecationWarning,match='dep'): f()\n    assert capsys.readouterr().out=='out\\n'\n    assert 'bad 1' in caplog.text\n    assert caplog.records[0].levelname=='ERROR'\n"},
        'passed',
    ),
    'data file': (
        'def total(p): return sum(map(int,open(p)))\n',
        {'data/in.txt': '1\n2\n', 'test_a.py': "from solution import total\ndef test_a(): assert total('data/in.txt')==3\n"},
        'passed',
    ),
    'approx': (
        'def f(x): return [x*0.1]*3\n',
        {'test_x.py': 'import pytest\nfrom solution import f\ndef test_a(): assert f(3)==pytest.approx([0.3]*3)\n'},
        'passed',
    ),
    'numpy': (
        'import numpy as np\ndef f(n): return np.arange(n)*2\n',
        {'test_x.py': 'import numpy as np\nfrom solution import f\ndef test_a():\n    np.testing.assert_array_equal(f(3),np.array([0,2,4]))\n    assert f(3).sum()==6\n    assert f(2).shape==(2,)\n'},
        'passed',
    ),
    'wrong': (
        'def f(x): return x\n',
        {'test_x.py': 'from solution import f\ndef test_a(): assert f(1)==2\ndef test_b(): assert f(2)==2\n'},
        'failed',
    ),
    'exit': (
        'import os\ndef f(x):\n    if x==1: os._exit(0)\n    return x\n',
        {'test_x.py': 'from solution import f\ndef test_a(): assert f(1)==1\ndef test_b(): assert f(2)==2\n'},
        'failed',
    ),
    'noload': (
        'def f(x: return x\n',
        {'test_x.py': 'from solution import f\ndef test_a(): assert f(1)==1\n'},
        'failed',
    ),
    'missing name': (
        'def g(x): return x\n',
        {'test_x.py': 'from solution import f\ndef test_a(): assert f(1)==1\n'},
        'failed',
    ),
    'broken suite': (
        'def f(x): return x\n',
        {'test_x.py': 'from solution import f\ndef test_a(: assert f(1)==1\n'},
        'error',
    ),
    'missing lib in suite': (
        'def f(x): return x\n',
        {'test_x.py': 'import requests\nfrom solution import f\ndef test_a(): assert f(1)==1\n'},
        'error',
    ),
    'empty': (
        'def f(x): return x\n',
        {'test_x.py': 'from solution import f\n'},
        'error',
    ),
    'several files': (
        '```python\n# file: shop/cart.py\nfrom shop.item import Item\nclass Cart:\n    def __init__(self): self.items=[]\n    def add(self,n,p): self.items.append(Item(n,p))\n    def total(self): return sum(i.price for i in self.items)\n```\n```python\n# file: shop/item.py\nfrom dataclasses import dataclass\n@dataclass\nclass Item:\n    name:str\n    price:float\n```\n',
        {'test_x.py': "from shop.cart import Cart\nfrom shop.item import Item\ndef test_a():\n    c=Cart(); c.add('a',2); c.add('b',3)\n    assert c.total()==5\n    assert c.items[0]==Item('a',2)\n"},
        'passed',
    ),
    'isinstance/param ids': (
        'class P: pass\nclass C(P): pass\ndef mk(): return C()\n',
        {'test_x.py': "import pytest\nfrom solution import P,C,mk\n@pytest.mark.parametrize('k',[P,C],ids=['p','c'])\ndef test_a(k): assert isinstance(mk(),k)\n"},
        'passed',
    ),
    'star import': (
        'def f(x): return x\n_p=1\n',
        {'two.py': 'from solution import *\n', 'test_a.py': 'import two\nfrom two import f\ndef test_a(): assert f(1)==1 and two.f(2)==2\n'},
        'passed',
    ),
    'class scoped': (
        'class S:\n    def __init__(self): self.d=[]\n    def push(self,x): self.d.append(x)\n    def __len__(self): return len(self.d)\n',
        {'test_x.py': 'import pytest\nfrom stack import S\nclass TestS:\n    @pytest.fixture(autouse=True)\n    def setup(self): self.s=S()\n    def test_e(self): assert len(self.s)==0\n    def test_p(self):\n        self.s.push(1)\n        assert len(self.s)==1 and self.s.d==[1]\n    def setup_method(self): self.k=1\n'},
        'passed',
    ),
    'subclass in suite': (
        'from abc import ABC,abstractmethod\nclass Plugin(ABC):\n    @abstractmethod\n    def run(self,x): ...\n    def twice(self,x): return self.run(self.run(x))\n',
        {'test_x.py': 'import pytest\nfrom solution import Plugin\nclass Inc(Plugin):\n    def run(self,x): return x+1\ndef test_a(): assert Inc().twice(1)==3\ndef test_b():\n    with pytest.raises(TypeError): Plugin()\n'},
        'passed',
    ),
    'input mock': (
        "def ask(): return input('?').upper()\n",
        {'test_x.py': "from unittest.mock import patch\nimport solution\ndef test_a(monkeypatch):\n    monkeypatch.setattr('builtins.input',lambda p='': 'abc')\n    assert solution.ask()=='ABC'\n@patch('builtins.input',return_value='z')\ndef test_b(m): assert solution.ask()=='Z'\n"},
        'passed',
    ),
    'load 10': (
        'def f(x): return x*x\n',
        {'test_x.py': "import pytest\nfrom solution import f\n@pytest.mark.parametrize('x',range(10))\ndef test_a(x): assert f(x)==x*x\n"},
        'passed',
    ),
    'fixture raises short': (
        "class B:\n    def __init__(self): raise ValueError('x')\n",
        {'test_x.py': 'import pytest\nfrom solution import B\n@pytest.fixture\ndef b(): return B()\ndef test_a(b): pass\ndef test_b(b): pass\n'},
        'failed',
    ),
    'module fixture': (
        'def f(): return []\n',
        {'test_x.py': "import pytest\nfrom solution import f\n@pytest.fixture(scope='module')\ndef b(): return f()[0]\ndef test_a(b): pass\ndef test_b(b): pass\n"},
        'failed',
    ),
    'setUpClass': (
        'def f(): return []\n',
        {'test_x.py': 'import unittest\nimport solution\nclass T(unittest.TestCase):\n    @classmethod\n    def setUpClass(cls): cls.x = solution.f()[0]\n    def test_a(self): pass\n    def test_b(self): pass\n'},
        'failed',
    ),
    'broken fixture': (
        'def f(): return []\n',
        {'test_x.py': 'import pytest\nfrom solution import f\n@pytest.fixture\ndef b(): return 1/0\ndef test_a(b): assert f()==[]\n'},
        'error',
    ),
    'teardown': (
        'def f(): return []\n',
        {'test_x.py': 'import pytest\nfrom solution import f\n@pytest.fixture\ndef b():\n    yield 1\n    assert f() == [1]\ndef test_a(b): assert f()==[]\n'},
        'failed',
    ),
    'module-level use': (
        'def f(): return 0\n',
        {'test_x.py': 'from solution import f\nX = 1 // f()\ndef test_a(): pass\n'},
        'failed',
    ),
    'subtest': (
        'def f(x): return x\n',
        {'test_x.py': 'import unittest\nfrom solution import f\nclass T(unittest.TestCase):\n    def test_a(self):\n        for i in range(3):\n            with self.subTest(i=i): self.assertEqual(f(i), 0)\n    def test_b(self): self.assertEqual(f(1), 1)\n'},
        'failed',
    ),
}

"""First rows of public data sets of code, shortened; each with the type of its tests."""

import base64
import json
import pickle
import zlib
from typing import Any

from problems.public_rows import USER

ADD = "def add(a, b):\n    return a + b\n"
METHOD = "class Solution:\n    def add(self, a: int, b: int) -> int:\n        return a + b\n"
SUM = "print(sum(map(int, input().split())))"
CHECK = "def check(candidate):\n    assert candidate(1, 2) == 3\n"
BODY = "    return a + b\n"
HEAD = 'def add(a, b):\n    """Add."""\n'
IN_OUT = {"inputs": ["1 2\n", "3 4\n"], "outputs": ["3\n", "7\n"]}
CALLS = {"fn_name": "add", "inputs": [[1, 2], [3, 4]], "outputs": [[3], [7]]}
PACKED = base64.b64encode(
    zlib.compress(pickle.dumps(json.dumps([{"input": "3 4", "output": "7", "testtype": "stdin"}])))
).decode()

CODE: dict[str, tuple[dict[str, Any], str]] = {
    "humaneval-plus": (
        {
            **{
                "task_id": "HumanEval/0",
                "prompt": HEAD,
                "canonical_solution": BODY,
            },
            **{"entry_point": "add", "contract": "", "base_input": [[1, 2]], "atol": 0},
            "plus_input": [[3, 4], [-1, 5]],
        },
        "check",
    ),
    "mbpp-plus": (
        {
            **{"task_id": "Mbpp/2", "prompt": '"""\nAdd.\n"""\n', "entry_point": "add"},
            **{"canonical_solution": ADD, "base_input": [[1, 2]], "plus_input": [[3, 4]]},
            **{"atol": 0, "assertion": "assert add(1, 2) == 3", "contract": ""},
        },
        "check",
    ),
    "mbpp-plus-hub": (
        {
            **{"task_id": 2, "code": ADD, "prompt": "Add.", "source_file": "x", "test_imports": []},
            "test_list": ["assert add(1, 2) == 3"],
            "test": "import math\n\ndef assertion(out, exp, atol):\n    assert out == exp\n\n"
            "inputs = [[1, 2], [3, 4]]\nresults = [3, 7]\n"
            "for i, (inp, exp) in enumerate(zip(inputs, results)):\n"
            "    assertion(add(*inp), exp, 0)\n",
        },
        "check",
    ),
    "humaneval-pack": (
        {
            **{"task_id": "Python/0", "prompt": HEAD, "declaration": HEAD, "entry_point": "add"},
            **{"canonical_solution": BODY, "buggy_solution": "    return a\n"},
            **{
                "test": "\n\ndef check(add):\n    assert add(1, 2) == 3\n\ncheck(add)",
                "import": "",
            },
            "instruction": "Write it.",
        },
        "check",
    ),
    "livecodebench": (
        {
            **{"question_title": "t", "question_content": "Add.", "platform": "atcoder"},
            **{"starter_code": "", "metadata": "{}", "private_test_cases": PACKED},
            "public_test_cases": '[{"input": "1 2", "output": "3", "testtype": "stdin"}]',
        },
        "stdio",
    ),
    "livecodebench-function": (
        {
            **{"question_content": "Add.", "starter_code": METHOD.split("return")[0]},
            **{"metadata": '{"func_name": "add"}', "private_test_cases": "[]"},
            "public_test_cases": '[{"input": "1\\n2", "output": "3", "testtype": "functional"}]',
        },
        "asserts",
    ),
    "apps": (
        {
            **{"problem_id": 0, "question": "Add.", "solutions": json.dumps([SUM])},
            **{"input_output": json.dumps(IN_OUT), "difficulty": "interview", "starter_code": ""},
        },
        "stdio",
    ),
    "apps-function": (
        {
            **{"problem_id": 1, "question": "Add.", "solutions": json.dumps([METHOD])},
            **{"input_output": json.dumps(CALLS), "starter_code": METHOD.split("return")[0]},
        },
        "asserts",
    ),
    "taco": (
        {
            **{"question": "Add.", "solutions": json.dumps([SUM]), "starter_code": ""},
            **{"input_output": json.dumps(IN_OUT), "source": "codechef", "raw_tags": "[]"},
        },
        "stdio",
    ),
    "code-contests": (
        {
            **{
                "name": "1_A",
                "description": "Add.",
                "input_file": "",
                "time_limit": {"seconds": 2},
            },
            "public_tests": {"input": ["1 2\n"], "output": ["3\n"]},
            "private_tests": {"input": ["3 4\n"], "output": ["7\n"]},
            "generated_tests": {"input": [], "output": []},
            "solutions": {"language": [2, 3], "solution": ["int main(){}", SUM]},
        },
        "stdio",
    ),
    "codeforces": (
        {
            **{"id": "1/A", "title": "t", "description": "Add.", "input_format": "Two numbers."},
            **{"output_format": "One.", "examples": [{"input": "1 2", "output": "3"}]},
            **{"official_tests": [{"input": "3 4", "output": "7"}], "input_mode": "stdio"},
        },
        "stdio",
    ),
    "bigcodebench": (
        {
            **{"task_id": "BigCodeBench/0", "complete_prompt": HEAD, "instruct_prompt": "Add."},
            **{
                "canonical_solution": BODY,
                "code_prompt": HEAD,
                "entry_point": "add",
            },
            "test": "import unittest\nclass TestCases(unittest.TestCase):\n"
            "    def test_add(self):\n        self.assertEqual(add(1, 2), 3)\n",
        },
        "pytest",
    ),
    "classeval": (
        {
            **{"task_id": "ClassEval_0", "skeleton": "class Adder:\n    def add(self): ...\n"},
            **{"import_statement": ["import math"], "class_name": "Adder", "test_classes": ["T"]},
            "solution_code": "class Adder:\n    def add(self, a, b):\n        return a + b\n",
            "test": "import unittest\nclass T(unittest.TestCase):\n"
            "    def test_add(self):\n        self.assertEqual(Adder().add(1, 2), 3)\n",
        },
        "pytest",
    ),
    "kodcode": (
        {
            **{"style": "instruct", "question_id": "K1", "question": "Add.", "solution": ADD},
            "test": "from solution import add\n\ndef test_add():\n    assert add(1, 2) == 3\n",
        },
        "pytest",
    ),
    "leetcode": (
        {
            **{"task_id": "add", "question_id": 1, "prompt": "from typing import *\n\n"},
            **{"completion": METHOD, "entry_point": "Solution().add", "query": "Add."},
            "test": "def check(candidate):\n    assert candidate(a = 1, b = 2) == 3\n",
            "input_output": [{"input": "a = 1, b = 2", "output": "3"}],
            **{"starter_code": METHOD.split("return")[0], "problem_description": "Add."},
        },
        "check",
    ),
    "acecode": (
        {"id": "o1", "source": "oss", "question": "Add.", "test_cases": ["assert add(1, 2) == 3"]},
        "asserts",
    ),
    "deepcoder": (
        {
            **{"problem": "Add.", "solutions": [SUM]},
            "tests": json.dumps([{"type": "stdin_stdout", "input": "1 2", "output": "3"}]),
        },
        "stdio",
    ),
    "prime-code": (
        {
            **{"data_source": "apps", "prompt": USER, "ability": "code"},
            "reward_model": {"ground_truth": json.dumps(IN_OUT), "style": "rule"},
        },
        "stdio",
    ),
    "synthetic-1-code": (
        {
            **{"problem_id": "p", "task_type": "verifiable_code", "prompt": "Add."},
            "gold_standard_solution": f"```python\n{SUM}\n```",
            "verification_info": json.dumps(
                {
                    "language": "python",
                    "test_cases": [
                        {"fn_name": None, "input": "1 2", "output": "3", "type": "stdin_stdout"}
                    ],
                }
            ),
        },
        "stdio",
    ),
    "opc-sft": (
        {
            **{"seq_id": 1, "instruction": "Add.", "output": f"```python\n{ADD}```", "code": ADD},
            **{"entry_point": "add", "testcase": ["assert add(1, 2) == 3"]},
        },
        "asserts",
    ),
    "opencodeinstruct": (
        {
            **{"id": "a", "input": "Add.", "output": f"```python\n{ADD}```"},
            "unit_tests": json.dumps(["\nassert add(1, 2) == 3\n"]),
        },
        "asserts",
    ),
    "mbxp": (
        {
            **{"task_id": "MBPP/1", "language": "python", "prompt": HEAD, "entry_point": "add"},
            **{"test": CHECK, "canonical_solution": BODY},
        },
        "check",
    ),
}
CODE |= {
    "humaneval-x": (
        {
            **{"task_id": "Python/0", "prompt": HEAD, "canonical_solution": BODY},
            "test": "def check(add):\n    assert add(1, 2) == 3\n\ncheck(add)\n",
        },
        "check",
    ),
    "skywork-leetcode": (
        {
            "prompt": USER,
            "reward_model": {
                "style": "rule",
                "ground_truth": json.dumps(
                    {
                        **{"entry_point": "Solution().add", "import_prefix": "import math\n"},
                        "test_code": CHECK,
                    }
                ),
            },
        },
        "check",
    ),
    "skywork-cases": (
        {
            "prompt": USER,
            "reward_model": {"ground_truth": json.dumps([{"input": "1 2", "output": "3"}])},
        },
        "stdio",
    ),
}

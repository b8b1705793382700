"""First rows of public data sets, shortened: the layout is theirs, each with the answer in it."""

from typing import Any

USER = [{"role": "user", "content": "What is 1+1?"}]
Q, BOXED = "What is 1+1?", "So it is $\\boxed{2}$."

MATH: dict[str, tuple[dict[str, Any], str]] = {
    "gsm8k-socratic": ({"question": Q, "answer": "How? ** 1+1=<<1+1=2>>2\n#### 2"}, "2"),
    "gsm-symbolic": (
        {"id": 3, "instance": 0, "question": Q, "answer": "It is\n#### 2", "canary": "x"},
        "2",
    ),
    "gsm-plus": ({"question": Q, "solution": "1+1=2\n#### 2", "answer": "2", "seed_id": 1}, "2"),
    "gsm-hard": ({"input": Q, "code": "def solution():\n    return 2", "target": 2.0}, "2"),
    "mgsm": (
        {"question": Q, "answer": None, "answer_number": 2, "equation_solution": None},
        "2",
    ),
    "mgsm-train": (
        {"question": Q, "answer": "Step-by-Step Answer: it is 2.", "answer_number": 2},
        "2",
    ),
    "svamp": (
        {"ID": "c-1", "Body": "Ann has 1.", "Question": Q, "Answer": 2.0, "Equation": "( 1 + 1 )"},
        "2",
    ),
    "asdiv": (
        {"body": "Ann has 1.", "question": Q, "solution_type": "x", "answer": "2 (apples)"},
        "2",
    ),
    "mawps": (
        {"id": "m1", "question": Q, "chain": "<gadget>", "result": "2", "result_float": 2.0},
        "2",
    ),
    "singleeq": (
        {"iIndex": 1, "sQuestion": Q, "lEquations": ["X=1+1"], "lSolutions": [2.0]},
        "2",
    ),
    "math": ({"problem": Q, "level": "Level 1", "type": "Algebra", "solution": BOXED}, "2"),
    "math-500": ({"problem": Q, "solution": BOXED, "answer": "2", "unique_id": "t/1.json"}, "2"),
    "aime24": ({"id": 60, "problem": Q, "solution": BOXED, "answer": "2", "year": "2024"}, "2"),
    "aime25": ({"question": Q, "answer": "2"}, "2"),
    "amc": ({"id": 0, "problem": Q, "answer": 142.0, "url": "https://x"}, "142"),
    "olympiadbench": (
        {
            **{"id": 1606, "question": Q, "solution": ["It is 2."], "final_answer": ["2"]},
            **{"context": None, "image_1": None, "is_multiple_answer": False, "unit": None},
        },
        "2",
    ),
    "minerva": ({"problem": Q, "solution": BOXED, "type": "Astronomy", "idx": 0}, "2"),
    "deepscaler": ({"problem": Q, "answer": "2", "solution": ""}, "2"),
    "dapo": (
        {
            **{"data_source": "math_dapo", "prompt": USER, "ability": "MATH"},
            **{"reward_model": {"ground_truth": "2", "style": "rule-lighteval/MATH_v2"}},
            "extra_info": {"index": "9a"},
        },
        "2",
    ),
    "dapo-processed": (
        {
            **{"prompt": Q, "solution": "34", "data_source": "d", "source_prompt": USER},
            **{"ability": "MATH", "reward_model": {"ground_truth": "34", "style": "rule"}},
        },
        "34",
    ),
    "numina-cot": (
        {"source": "cn_k12", "problem": Q, "solution": BOXED, "messages": [*USER]},
        "2",
    ),
    "numina-1.5": (
        {"problem": Q, "solution": BOXED, "answer": "2", "question_type": "math-word-problem"},
        "2",
    ),
    "openr1-math": (
        {
            **{"problem": Q, "solution": BOXED, "answer": "2", "uuid": "u1"},
            **{"generations": ["<think>" + "x" * 5000], "messages": USER},
            **{"correctness_math_verify": [True], "is_reasoning_complete": [True]},
        },
        "2",
    ),
    "big-math": ({"problem": Q, "answer": "2", "source": "s", "llama8b_solve_rate": 0.5}, "2"),
    "metamath": (
        {
            "type": "MATH_Rephrased",
            "query": Q,
            "original_question": Q,
            "response": "Hm.\nThe answer is: 2",
        },
        "2",
    ),
    "orca-math": (
        {"question": Q, "answer": "One apple and one apple are added. Together they are 2 apples."},
        "2",
    ),
    "mathinstruct": ({"source": "x", "instruction": Q, "output": "Well. The answer is 2."}, "2"),
    "omni-math": ({"domain": ["A"], "problem": Q, "solution": "x", "answer": "2"}, "2"),
    "skywork-or1": (
        {
            **{"data_source": "train-math", "prompt": USER, "ability": "math"},
            **{"reward_model": {"ground_truth": '["2"]', "style": "rule"}, "extra_info": {}},
        },
        "2",
    ),
    "eurus-2": (
        {
            **{"data_source": "numina", "prompt": [{"role": "system", "content": "s"}, *USER]},
            **{"ability": "math", "reward_model": {"ground_truth": "2", "style": "rule"}},
        },
        "2",
    ),
    "synthetic-1": (
        {
            **{"problem_id": "vfm_1", "task_type": "verifiable_math", "prompt": Q},
            **{"verification_info": '{"ground_truth": "2"}', "gold_standard_solution": BOXED},
        },
        "2",
    ),
    "openrlhf": ({"input": Q, "label": "2"}, "2"),
    "openrlhf-context": ({"context_messages": USER, "label": "2", "id": "a"}, "2"),
    "open-reasoner-zero": (
        {
            "0": {"from": "human", "value": Q},
            "1": {"from": "assistant", "ground_truth": {"value": "2"}},
        },
        "2",
    ),
    "trl-deepmath": ({"prompt": USER, "solution": "$2$"}, "$2$"),
    "trl-completion": (
        {"prompt": USER, "completion": [{"content": "2"}]},
        "2",
    ),
    "deepmath": ({"question": Q, "final_answer": "2", "r1_solution_1": BOXED, "topic": "t"}, "2"),
    "tulu-rlvr-gsm": ({"messages": USER, "ground_truth": "2", "dataset": "gsm8k"}, "2"),
    "dolci": ({"prompt": Q, "ground_truth": ["2"], "dataset": ["math"]}, "2"),
    "openmathreasoning": (
        {"problem": Q, "expected_answer": "2", "generated_solution": "<think>", "pass_rate": "n/a"},
        "2",
    ),
    "openmathinstruct-2": (
        {"problem": Q, "generated_solution": "x", "expected_answer": "2"},
        "2",
    ),
    "simplerl-zoo": ({"gt_answer": "2", "subject": "A", "level": 1, "question": Q}, "2"),
    "theoremqa": ({"Question": Q, "Answer": "2", "Answer_type": "integer", "Picture": None}, "2"),
    "scibench": (
        {"problem_text": Q, "answer_latex": " 2", "answer_number": "2", "unit": "J", "source": "a"},
        "2",
    ),
    "webinstruct": ({"id": 1, "question": Q, "answer": "2", "answer_type": "Integer"}, "2"),
    "natural-reasoning": ({"question": Q, "reference_answer": "2", "responses": []}, "2"),
    "reasoning-gym": ({"question": Q, "answer": "2", "metadata": {"source_dataset": "x"}}, "2"),
    "sharegpt": (
        {
            "system": "s",
            "conversations": [{"from": "user", "value": Q}, {"from": "assistant", "value": BOXED}],
        },
        "2",
    ),
    "limo": ({"question": Q, "solution": BOXED, "answer": "2"}, "2"),
    "bbh": ({"input": Q, "target": "(A)"}, "(A)"),
    "boolq": ({"question": "is it so", "answer": True, "passage": "It is."}, "Yes"),
    "drop": (
        {"passage": "P", "question": Q, "answers_spans": {"spans": ["2"], "types": ["number"]}},
        "2",
    ),
}

CHOICES: dict[str, tuple[dict[str, Any], str]] = {
    "aqua": (
        {"question": Q, "options": ["A)1", "B)2", "C)3"], "rationale": "x", "correct": "B"},
        "B",
    ),
    "mathqa": (
        {"Problem": Q, "Rationale": "x", "options": "a ) 1 , b ) 2 , c ) 3", "correct": "b"},
        "B",
    ),
    "mmlu": ({"question": Q, "subject": "x", "choices": ["1", "2", "3", "4"], "answer": 1}, "B"),
    "mmlu-pro": (
        {"question_id": 70, "question": Q, "options": ["1", "2"], "answer": "B", "answer_index": 1},
        "B",
    ),
    "arc": (
        {
            **{"id": "M1", "question": Q, "answerKey": "2"},
            "choices": {"text": ["1", "2"], "label": ["1", "2"]},
        },
        "B",
    ),
    "openbookqa": (
        {
            **{"id": "7-1", "question_stem": Q, "answerKey": "B"},
            "choices": {"text": ["1", "2"], "label": ["A", "B"]},
        },
        "B",
    ),
    "hellaswag": ({"ctx": "He", "endings": ["a b", "c d", "e f", "g h"], "label": "1"}, "B"),
    "winogrande": ({"sentence": "The _", "option1": "x", "option2": "y", "answer": "2"}, "B"),
    "medmcqa": ({"question": Q, "opa": "1", "opb": "2", "opc": "3", "opd": "4", "cop": 1}, "B"),
    "ceval": ({"id": 0, "question": Q, "A": "1", "B": "2", "C": "3", "D": "4", "answer": "B"}, "B"),
    "piqa": ({"goal": "G", "sol1": "do x", "sol2": "do y", "label": 1}, "B"),
    "truthfulqa": (
        {"question": Q, "mc1_targets": {"choices": ["1", "2"], "labels": [0, 1]}},
        "B",
    ),
}
GPQA = {
    **{"Record ID": "r", "Question": Q, "Correct Answer": "2", "Incorrect Answer 1": "1"},
    **{"Incorrect Answer 2": "3", "Incorrect Answer 3": "4", "Explanation": "x"},
}
SCIQ = {"question": Q, "distractor1": "1", "distractor2": "3", "distractor3": "4"}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "multipl-e": ({"name": "H_0", "language": "rs", "prompt": "fn", "tests": "}"}, "language: rs"),
    "humaneval-pack-go": (
        {"task_id": "Go/0", "prompt": "p", "test": "x", "entry_point": "f"},
        "task_id: Go",
    ),
    "numina-proof": ({"problem": Q, "solution": "x", "answer": "proof"}, "no answer that can be"),
    "alpaca-code": (
        {"instruction": "Add.", "output": "def add(a):\n    return a"},
        "is code, and the row has no tests",
    ),
    "tools": (
        {"messages": [*USER, {"role": "tool", "content": "3"}], "answer": "2"},
        "calls of tools",
    ),
    "picture": (
        {"prompt": [{"role": "user", "content": [{"type": "image"}]}], "answer": "2"},
        "picture",
    ),
    "countdown": ({"target": 98, "nums": [44, 19, 35]}, "--columns.prompt"),
    "countdown-verl": (
        {"prompt": USER, "reward_model": {"ground_truth": {"numbers": [1], "target": 98}}},
        "answer: expected a text, a number or a list",
    ),
    "program-without-tests": ({"prompt": "p", "canonical_solution": "return x"}, "has no tests"),
    "poem": ({"instruction": "Write.", "response": "The sky is so very blue"}, "no final answer"),
    "checker": (
        {"description": "d", "test_cases": [{"input": "1", "output": "2"}], "checker": "#include"},
        "C++",
    ),
    "prompt-only": ({"prompt": Q}, "--columns.answer"),
    "odd-names": ({"frage": "Was ist 1+1 genau?", "antwort": "2"}, "--columns.prompt COLUMN"),
}

"""Which modules of a pytest suite are the candidate's, and which files are the tests' own."""

from __future__ import annotations

import re
import sys

from veritune.verifiers.code.extract import Extracted, bound

IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([A-Za-z_][\w.]*)[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n#]*))"
    r"|import[ \t]+([\w., \t]+))",
    re.MULTILINE,
)
# Modules that tests name in a string.
PATCHED = re.compile(r"\bpatch(?:\.object)?\(\s*[\"'](\w+)\.|import_module\(\s*[\"'](\w+)")
# What pytest collects, and what it loads for itself: never given to the candidate.
TEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_tests?|conftest|__init__)\.py$|(?:^|/)tests?/")
# A file of data with such a name may hold expected values: it stays with the tests.
SECRET = re.compile(r"expect|golden|snapshot|answer|solution|result|output", re.IGNORECASE)
KNOWN_TEXT = """
PIL _pytest aiohttp anyio attr attrs blake3 boto3 bs4 celery chardet click crc cryptography cv2
dask datasets dateutil django docx dotenv factory faker fastapi flask folium freezegun gensim
geopandas gevent gunicorn holidays httpx hypothesis imageio jinja2 joblib keras librosa lightgbm
lxml matplotlib mechanize mock more_itertools mpmath msgpack natsort networkx nltk numba numpy
openpyxl orjson pandas parameterized paramiko plotly prettytable psutil pydantic pymongo pyquery
pytest pytest_asyncio pytest_mock python_http_client pytz redis regex requests responses rich
rsa scipy seaborn sendgrid shapely simplejson six skimage sklearn sortedcontainers soundfile
sqlalchemy starlette statsmodels sympy tensorflow textblob texttable toml torch tornado tqdm
transformers trio twisted typing_extensions ujson unittest uvicorn werkzeug wordcloud wordninja
xarray xgboost xlrd xlwt yaml zstandard
"""
# Packages that are never taken for the candidate's own module.
KNOWN = frozenset(KNOWN_TEXT.split())


def wanted(files: dict[str, str], program: Extracted) -> tuple[str, ...]:
    """The modules that a suite imports and that stand in none of its files: the candidate's."""
    own = {name.removesuffix(".py").replace("/", ".") for name in files if name.endswith(".py")}
    own |= {part for name in files for part in name.split("/")[:-1]}
    found: dict[str, set[str]] = {}
    for text in files.values():
        for module, names in _imports(text):
            top = module.partition(".")[0]
            if top not in sys.stdlib_module_names | KNOWN and not {module, top} & own:
                found.setdefault(module, set()).update(names)
    files_of = (file.removesuffix(".py").replace("/", ".") for file, _ in program.files)
    theirs = {name.removesuffix(".__init__") for name in files_of}
    found = {module: names for module, names in found.items() if module not in theirs}
    defined = bound(program.code)
    if "solution" in found or not found:
        return tuple(m for m, names in found.items() if m == "solution" or names & defined)
    fitting = tuple(m for m, names in found.items() if names & defined)
    return fitting or tuple(found)[:1]


def _imports(text: str) -> list[tuple[str, set[str]]]:
    found: list[tuple[str, set[str]]] = []
    for match in IMPORT.finditer(text):
        if match[1]:
            parts = (match[2] or match[3] or "").replace("\\", " ").split(",")
            found.append((match[1], {part.split()[0] for part in parts if part.split()}))
        else:
            found += [(p.split()[0], set()) for p in (match[4] or "").split(",") if p.split()]
    return found + [(name, set()) for pair in PATCHED.findall(text) for name in pair if name]


def given(files: dict[str, str]) -> dict[str, str]:
    """The files of a suite that the candidate gets, too: data that its tests do not keep."""
    return {
        name: text
        for name, text in files.items()
        if not name.endswith((".py", ".ini", ".cfg", ".toml"))
        and not TEST_FILE.search(name)
        and not SECRET.search(name)
    }

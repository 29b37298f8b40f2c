"""The walls of the design: who may import whom, read from the source with `ast`."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PURE = {"enums", "schemas", "scoring", "nlp", "prompts"}
EDGES = {"tasks", "api", "admin", "metrics", "management", "apps"}
NO_DATABASE = {"django", "rest_framework", "django_q", "psycopg"}
SOCKETS = {"socket", "http", "urllib", "httpx", "requests", "aiohttp", "litellm", "openai", "ssl"}
# urllib.parse and http.HTTPStatus take strings apart and open nothing.
HARMLESS = {"urllib.parse"}

# Room -> the rooms of `grading` it may import besides itself.
MAY_IMPORT: dict[str, set[str]] = {
    **dict.fromkeys(PURE, PURE),
    "models": PURE,
    "gateways": PURE,
    "pipelines": PURE | {"gateways"},
    "queries": PURE | {"models"},
    "services": PURE | {"models", "gateways", "pipelines", "queries"},
    **{edge: PURE | {"models", "queries", "services"} for edge in EDGES},
    # admin and api are packages that may hold several modules of their own.
}
REVIEW_MAY_IMPORT = PURE | {"models", "queries", "services"}


def imports_of(source: str, package: str) -> Iterator[str]:
    """Every module a source imports, inside functions and under TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1])
            yield from (f"{base}.{node.module or alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from grading import services` names a room as well as `from grading.services ...`.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def faults_of(path: str, source: str) -> list[str]:
    """What a file at a path below the root may not import, in words."""
    parts = Path(path).with_suffix("").parts
    app, room = parts[0], parts[1] if len(parts) > 1 else ""
    faults = []
    for name in imports_of(source, ".".join(parts[:-1])):
        target = name.split(".")
        if target[0] == "vstep_site" and app != "vstep_site":
            faults.append(f"{path} imports {name}: nobody imports vstep_site")
        if app == "grading" and target[0] == "review":
            faults.append(f"{path} imports {name}: grading never imports review")
        if target[0] == "grading" and len(target) > 1:
            allowed = MAY_IMPORT.get(room, set()) | {room}
            if app == "review":
                allowed = REVIEW_MAY_IMPORT
            if app in {"grading", "review"} and target[1] not in allowed:
                faults.append(f"{path} imports {name}: {room} may not")
        if app == "grading":
            faults += library_faults(path, room, name)
        if app == "review" and target[0] in SOCKETS and not harmless(name):
            faults.append(f"{path} imports {name}: only gateways open sockets")
    return faults


def harmless(name: str) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in HARMLESS)


def library_faults(path: str, room: str, name: str) -> list[str]:
    top = name.split(".")[0]
    faults = []
    if room in PURE | {"gateways", "pipelines"} and top in NO_DATABASE:
        faults.append(f"{path} imports {name}: {room} knows no database")
    if top in SOCKETS and not harmless(name) and room != "gateways":
        faults.append(f"{path} imports {name}: only gateways open sockets")
    if top == "litellm" and path != "grading/gateways/llm.py":
        faults.append(f"{path} imports {name}: one module touches litellm")
    return faults


def project_files() -> list[Path]:
    return [
        path
        for app in ("grading", "review", "vstep_site")
        for path in (ROOT / app).rglob("*.py")
        if "tests" not in path.parts and "migrations" not in path.parts
    ]


def test_no_file_reaches_through_a_wall() -> None:
    found = [
        fault
        for path in project_files()
        for fault in faults_of(str(path.relative_to(ROOT)), path.read_text())
    ]
    assert not found, "\n".join(found)
    assert len(project_files()) > 60


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("grading/scoring/bands.py", "from grading.models import Grade"),
        ("grading/scoring/bands.py", "def f():\n    from django.db import models"),
        ("grading/nlp/facts.py", "import socket"),
        ("grading/models/grades.py", "from grading.gateways import llm"),
        ("grading/gateways/llm.py", "from grading.models import Client"),
        ("grading/gateways/llm.py", "from django.conf import settings"),
        ("grading/pipelines/writing.py", "from grading.services import drain"),
        ("grading/pipelines/writing.py", "if True:\n    import django.db"),
        ("grading/queries/waiting.py", "from grading.services.audit import record"),
        ("grading/services/drain.py", "from grading.api.errors import InvalidInput"),
        ("grading/services/drain.py", "import litellm"),
        ("grading/services/intake.py", "from review.models import Rating"),
        ("grading/services/intake.py", "from vstep_site import settings"),
        ("grading/services/intake.py", "import httpx"),
        ("grading/api/views/submissions.py", "from grading.pipelines import writing"),
        ("grading/api/views/submissions.py", "from grading.gateways.llm import LanguageModel"),
        ("grading/tasks.py", "from grading.api import errors"),
        ("grading/services/x.py", "from ..api import errors"),
        ("review/views/queue.py", "from grading.gateways import llm"),
        ("review/views/queue.py", "from grading.api.errors import InvalidInput"),
        ("review/services/claims.py", "import requests"),
        ("review/services/claims.py", "from vstep_site.environment import Environment"),
    ],
)
def test_a_forbidden_import_is_seen(path: str, source: str) -> None:
    assert faults_of(path, source)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("grading/scoring/routing.py", "from grading.enums import Flag"),
        ("grading/services/drain.py", "from grading.pipelines.writing import grade_writing"),
        ("grading/prompts/rendering.py", "from urllib.parse import quote"),
        ("review/views/queue.py", "from grading.models import Submission"),
        ("grading/gateways/llm.py", "def f():\n    import litellm"),
    ],
)
def test_an_allowed_import_is_left_alone(path: str, source: str) -> None:
    assert not faults_of(path, source)


def test_the_web_application_imports_no_model_provider() -> None:
    """Importing everything that a page can reach, in a process of its own."""
    code = (
        "import sys, vstep_site.wsgi\n"
        "from django.urls import get_resolver\n"
        "get_resolver().url_patterns\n"
        "from django.test import Client\n"
        "assert Client(headers={'host': 'localhost'}).get('/health').status_code == 200\n"
        "print([name for name in ('litellm', 'openai', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"

"""The environment: every name written down with its default, every bad value named at the boot."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from vstep_site.databases import cache_setting, database_setting
from vstep_site.environment import BASE_DIR, BadEnvironment, Environment, read_environment

EXAMPLE = BASE_DIR / ".env.example"
BAD = {
    "DEBUG": "perhaps",
    "HTTPS": "yes please",
    "LOG_LEVEL": "LOUD",
    "PORT": "65536",
    "LLM_TIMEOUT": "0",
    "LLM_RETRIES": "-1",
    "LLM_TRIES": "10",
    "LLM_OUTAGE_FALLBACK_MINUTES": "-1",
    "GRADING_CONCURRENCY": "0",
    "AUTO_RELEASE_POLICY": "always",
    "DISCREPANCY_THRESHOLD": "0",
    "UNDO_SECONDS": "soon",
    "RATE_LIMIT": "600/week",
}


@pytest.fixture
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Environment.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def boot(**variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_bad_values_stop_the_boot_with_a_sentence_for_each_variable() -> None:
    ended = boot(**BAD)
    assert ended.returncode == 1
    assert ended.stderr.startswith("The environment has a bad value.")
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert set(re.findall(r"\b([A-Z_]{4,}): ", ended.stderr)) == set(BAD)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:hunter2@host/vstep",
        "postgresql://me:hunter2@host:port/vstep",
        "postgresql://me:hunter2@[host/vstep",
    ],
)
def test_a_database_that_cannot_be_meant_stops_the_boot_and_its_password_is_not_shown(
    url: str,
) -> None:
    ended = boot(DATABASE_URL=url)
    assert ended.returncode == 1
    assert "DATABASE_URL: " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "hunter2" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *BAD.items(),
        ("PORT", "0"),
        ("LLM_TIMEOUT", "601"),
        ("LLM_TIMEOUT", "nan"),
        # Providers that are down would fail a response after all if minutes overflowed.
        ("LLM_OUTAGE_FALLBACK_MINUTES", "inf"),
        ("LLM_OUTAGE_FALLBACK_MINUTES", "1e300"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://host:port/0"),
        ("LLM_RETRIES", "6"),
        ("LLM_TRIES", "0"),
        ("GRADING_CONCURRENCY", "1001"),
        ("DISCREPANCY_THRESHOLD", "10.1"),
        ("DISCREPANCY_THRESHOLD", "NaN"),
        ("UNDO_SECONDS", "86401"),
        ("UNDO_SECONDS", "-1"),
        ("RATE_LIMIT", "600"),
        ("RATE_LIMIT", "0/min"),
        ("RATE_LIMIT", "-5/min"),
        ("RATE_LIMIT", "many/min"),
        ("RATE_LIMIT", "²/min"),
    ],
)
def test_each_bad_value_is_refused_by_itself(
    empty_environment: None, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadEnvironment, match=rf"^The environment has a bad value\. {name}: "):
        read_environment()


def test_a_bad_value_of_one_variable_repeats_no_other(
    empty_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "hunter2-secret")
    monkeypatch.setenv("LLM_API_KEY", "hunter2-llm")
    monkeypatch.setenv("PORT", "hunter2")
    with pytest.raises(BadEnvironment) as stopped:
        read_environment()
    assert "hunter2" not in str(stopped.value)


def test_hosts_are_separated_by_commas(
    empty_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", " a.example, b.example ,")
    assert Environment().allowed_hosts == ("a.example", "b.example")


def test_every_variable_stands_in_the_example_once_with_a_line_of_meaning() -> None:
    lines = EXAMPLE.read_text().splitlines()
    names = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
    assert sorted(names) == sorted(name.upper() for name in Environment.model_fields)
    for before, line in pairwise(lines):
        if line and not line.startswith("#"):
            assert before.startswith("# "), f"{line} has no line of meaning"


def test_every_default_in_the_example_is_the_true_one(empty_environment: None) -> None:
    written = Environment(_env_file=EXAMPLE).model_dump()
    true = Environment(_env_file=None).model_dump()
    # A path in the file is seen from the directory the service is started in: the checkout.
    written["var_dir"] = BASE_DIR / written["var_dir"]
    assert written == true


def test_a_database_url_is_taken_apart_with_its_escapes() -> None:
    url = "postgres://me:p%40ss%2Fw@db.example:6432/vs%20tep?sslmode=require"
    found = database_setting(url, Path("unused"))
    kept = {name: found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")}
    assert kept == {
        "NAME": "vs tep",
        "USER": "me",
        "PASSWORD": "p@ss/w",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }


def test_counters_are_shared_by_all_processes_with_redis_and_without() -> None:
    assert cache_setting("redis://host:6379/0")["BACKEND"].endswith("RedisCache")
    assert cache_setting("")["BACKEND"].endswith("DatabaseCache")

"""The demonstration's child processes end with it, and a taken port is named before any begins."""

import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from grading.models import Submission, WorkerCluster
from grading.services.own_server import ask_ready, is_port_free
from review.management.children import Child, start_child, stop_children

pytestmark = pytest.mark.django_db

# Says "up" once it would survive a SIGTERM, and has a child of its own.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("up", child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def start(tmp_path: Path, code: str, patience: float) -> tuple[Child, str]:
    path = tmp_path / "child.log"
    with path.open("wb") as log:
        child = start_child(
            "child", [sys.executable, "-c", code], folder=tmp_path, log=log, patience=patience
        )
    until = time.monotonic() + 20
    while "up" not in path.read_text() and time.monotonic() < until:
        time.sleep(0.05)
    return child, path.read_text()


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_child_that_will_not_end_is_ended_with_its_own_children(tmp_path: Path) -> None:
    child, said = start(tmp_path, STUBBORN, 0.3)
    grandchild = int(said.split()[1])
    assert os.getsid(child.process.pid) != os.getsid(0)
    stop_children([child])
    assert child.has_ended
    time.sleep(0.2)
    assert is_gone(grandchild)


def test_a_child_that_ends_when_asked_is_given_its_time(tmp_path: Path) -> None:
    child, _ = start(tmp_path, "import time; print('up', flush=True); time.sleep(60)", 30)
    began = time.monotonic()
    stop_children([child])
    assert child.process.returncode == -15
    assert time.monotonic() - began < 10


def test_the_cluster_of_a_supervisor_that_is_gone_is_ended_too(tmp_path: Path) -> None:
    child, _ = start(tmp_path, "print('up')", 1)
    session = subprocess.Popen(["sleep", "60"], start_new_session=True)
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    for process, error in ((session, 0), (stranger, 100)):
        WorkerCluster.objects.create(
            id=f"cluster-{process.pid}",
            host=platform.node(),
            supervisor_pid=child.process.pid,
            supervisor_started=0,
            session_pid=process.pid,
            # A pid that was given away since names a process that began at another time.
            session_started=psutil.Process(process.pid).create_time() - error,
        )
    try:
        stop_children([child])
        assert session.wait(5) == -9
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
        session.kill()
        session.wait()


def test_a_taken_port_is_named_before_anything_is_prepared(
    listening: int, settings: Any, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    settings.ENV = settings.ENV.model_copy(update={"port": listening})
    with pytest.raises(CommandError, match=f"Port {listening} is in use"):
        call_command("demo", stdout=StringIO())
    assert not Submission.objects.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_port_is_free_when_nobody_listens(listening: int) -> None:
    assert not is_port_free(listening)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert is_port_free(port)
    assert ask_ready(port) == "no answer"

"""Child processes of the demonstration, each in a session of its own."""

import ctypes
import os
import platform
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil  # type: ignore[import-untyped]

from grading.models import WorkerCluster

PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """`patience` is how many seconds it may take to end once asked."""

    name: str
    process: subprocess.Popen[bytes]
    patience: float

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None


def start_child(
    name: str, command: list[str], *, folder: Path, log: IO[bytes], patience: float
) -> Child:
    """Start a program that Ctrl-C in our terminal does not reach, and that we end ourselves."""
    process = subprocess.Popen(  # noqa: S603  our own programs
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )
    return Child(name, process, patience)


def _end_with_parent() -> None:
    # A demonstration killed outright cannot stop its children: Linux then asks them to end.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def stop_children(children: list[Child]) -> None:
    """Ask all to end, then end by force what has not within its patience."""
    for child in children:
        if not child.has_ended:
            child.process.send_signal(signal.SIGTERM)
    asked = time.monotonic()
    for child in children:
        try:
            child.process.wait(max(0.0, asked + child.patience - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        # A child that died by itself may have left children of its own.
        _kill_group(child.process.pid)
        _kill_recorded_sessions(child.process.pid)


def _kill_recorded_sessions(supervisor_pid: int) -> None:
    """End the cluster of a supervisor that ended without having done so."""
    left = WorkerCluster.objects.filter(
        host=platform.node(), supervisor_pid=supervisor_pid, stopped_at=None
    ).exclude(session_pid=None)
    for pid, started in left.values_list("session_pid", "session_started"):
        if pid is not None and _is_still(pid, started):
            _kill_group(pid)


def _is_still(pid: int, started: float | None) -> bool:
    """The pid names the process that was recorded, not a later one."""
    try:
        return started is not None and abs(psutil.Process(pid).create_time() - started) < 1
    except psutil.NoSuchProcess:
        return False


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # macOS says the latter of a group that has only just ended.
        return

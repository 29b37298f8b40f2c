"""Calls a client may make in a period, counted where all web processes see it."""

import math
from datetime import timedelta

from django.db import connection
from django.db.models.functions import Now

from grading.models import Client, RateWindow

SECONDS = {"sec": 1, "min": 60, "hour": 3600, "day": 86_400}


def take_call(client: Client, rate: str) -> int | None:
    """Count one call; None when it is within the rate, else seconds until the next period.

    One upsert on the database's clock: parallel calls cannot slip past each other.
    """
    number, period = rate.split("/")
    seconds = SECONDS[period]
    table = RateWindow._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {table} AS w (client_id, starts_at, calls)
            VALUES (%s, to_timestamp(floor(extract(epoch FROM now()) / %s) * %s), 1)
            ON CONFLICT (client_id, starts_at) DO UPDATE SET calls = w.calls + 1
            RETURNING calls, %s - (extract(epoch FROM now()) - extract(epoch FROM starts_at))
            """,  # noqa: S608  the table's name is our own
            [client.pk, seconds, seconds, seconds],
        )
        calls, left = cursor.fetchone()
    if calls == 1:
        past = Now() - timedelta(seconds=2 * seconds)
        RateWindow.objects.filter(client=client, starts_at__lt=past).delete()
    return None if calls <= int(number) else max(1, math.ceil(left))

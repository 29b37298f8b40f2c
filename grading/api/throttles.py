"""Calls per client, counted in the database so that no process or machine counts alone."""

from typing import Any

from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from grading.models import Client
from grading.services.rate_limits import take_call


class ClientThrottle(BaseThrottle):
    seconds_left: int | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        client = request.user
        if not isinstance(client, Client):
            return True
        rate = api_settings.DEFAULT_THROTTLE_RATES["client"]
        self.seconds_left = take_call(client, rate)
        return self.seconds_left is None

    def wait(self) -> float | None:
        return self.seconds_left

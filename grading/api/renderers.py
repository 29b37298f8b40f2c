"""JSON out: UTF-8, metadata exactly as it came in."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from grading.queries.status_body import encode


class VerbatimJSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else encode(data)

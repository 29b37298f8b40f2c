"""What a list of submissions may be asked for."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from grading.enums import Skill, Status
from grading.schemas.intake import Incoming, Moment


def _plus_back(value: Any) -> Any:
    """A `+07:00` that was not percent-encoded arrives as ` 07:00`."""
    return value.replace(" ", "+") if isinstance(value, str) else value


class SubmissionFilter(Incoming):
    status: Annotated[Status | None, Field(strict=False)] = None
    skill: Annotated[Skill | None, Field(strict=False)] = None
    since: Annotated[Moment | None, BeforeValidator(_plus_back)] = None

    def conditions(self) -> dict[str, str | datetime]:
        """Query conditions of what was given."""
        found: dict[str, str | datetime] = {}
        if self.status:
            found["status"] = self.status.value
        if self.skill:
            found["skill"] = self.skill.value
        if self.since:
            found["created_at__gte"] = self.since
        return found

"""The demonstration's school, its questions, and its responses in every state of a working day."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from grading.enums import Skill, Task
from grading.models import Client, Submission
from grading.schemas import QuestionIn, SubmissionIn
from grading.schemas.demonstration import Demonstration, DemoResponse, DemoStage
from grading.services import past
from grading.services.clients import create_client
from grading.services.demonstration_states import write_past
from grading.services.intake import TASK_OF_TYPE, take_submission
from grading.services.questions import put_question

CLIENT_NAME = "Demonstration school"
DATA = Path(__file__).resolve().parent.parent / "data" / "demo_responses.json"
TYPE_OF_TASK = {task: name for name, task in TASK_OF_TYPE.items()}


class Part(StrEnum):
    """How much of the working day is loaded."""

    EMPTY = "empty"
    MORNING = "morning"
    ALL = "all"


STAGES_OF = {
    Part.EMPTY: frozenset[DemoStage](),
    Part.MORNING: frozenset({DemoStage.PENDING, DemoStage.REVIEW_PENDING}),
    Part.ALL: frozenset(DemoStage),
}


@dataclass(frozen=True)
class Loaded:
    """What was not there before; `key` only where the client is new."""

    client: Client
    key: str | None
    added: tuple[tuple[DemoResponse, Submission], ...]


@transaction.atomic
def load_demonstration(part: Part = Part.ALL) -> Loaded:
    """Load a part of the working day; what is there already is left alone."""
    demonstration = read_demonstration()
    client, key = ensure_client()
    for question in demonstration.questions:
        content = QuestionIn(
            task=question.task, prompt=question.prompt, min_words=question.min_words
        )
        put_question(client, question.question_id, content)
    known = set(client.submissions.values_list("submission_id", flat=True))
    wanted = [
        response
        for response in demonstration.responses
        if response.stage in STAGES_OF[part] and response.key not in known
    ]
    now = timezone.now()
    return Loaded(client, key, tuple((each, load_response(client, each, now)) for each in wanted))


def read_demonstration() -> Demonstration:
    """The questions and responses written for the demonstration."""
    text = DATA.read_text(encoding="utf-8")
    return Demonstration.model_validate(json.loads(text, parse_float=Decimal))


def ensure_client() -> tuple[Client, str | None]:
    """The demonstration's client, and its first key if it had to be made."""
    client = Client.objects.filter(name=CLIENT_NAME).first()
    return (client, None) if client else create_client(CLIENT_NAME)


def load_response(client: Client, response: DemoResponse, now: datetime) -> Submission:
    """One response in its state; a pending one is real work, taken in now like any other."""
    question = client.questions.get(question_id=response.question_id).newest
    if response.stage == DemoStage.PENDING:
        return take_submission(client, _content(response, question.task, now), None).submission
    sent = now - timedelta(minutes=response.minutes_ago)
    content = _content(response, question.task, sent)
    submission = past.store_received(client, content, question, sent)
    write_past(submission, response)
    return submission


def _content(response: DemoResponse, task: str, sent: datetime) -> SubmissionIn:
    return SubmissionIn.model_validate(
        {
            "submissionId": response.key,
            "questionId": response.question_id,
            "skill": Skill.WRITING,
            "answer": {"text": response.text, "taskType": TYPE_OF_TASK[Task(task)]},
            "candidateId": response.key.replace("demo", "candidate"),
            "dispatchedAt": sent.isoformat(),
        }
    )

"""Questions and their versions."""

from django.db import transaction

from grading.enums import Task
from grading.models import Client, Question, QuestionVersion
from grading.schemas import QuestionIn

# The minimum lengths of the test's two writing tasks; speaking has none.
DEFAULT_MIN_WORDS = {Task.WRITING_TASK_1: 120, Task.WRITING_TASK_2: 250}


def min_words_of(task: Task, given: int | None) -> int:
    """Words asked for: what the caller says, else the test's own minimum."""
    return given if given is not None else DEFAULT_MIN_WORDS.get(task, 0)


@transaction.atomic
def put_question(
    client: Client, question_id: str, content: QuestionIn
) -> tuple[QuestionVersion, bool]:
    """The version that now stands, and whether the question is new.

    The same content again makes no version; a change makes the next one.
    """
    question, created = Question.objects.get_or_create(client=client, question_id=question_id)
    Question.objects.select_for_update().get(pk=question.pk)
    newest = question.versions.order_by("-number").first()
    wanted = {
        "task": content.task.value,
        "prompt": content.prompt,
        "min_words": min_words_of(content.task, content.min_words),
        "content": content.content,
    }
    if newest and all(getattr(newest, name) == value for name, value in wanted.items()):
        return newest, False
    number = newest.number + 1 if newest else 1
    return QuestionVersion.objects.create(question=question, number=number, **wanted), created

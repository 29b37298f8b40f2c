import pytest

from grading.pipelines.writing import grade_writing
from grading.schemas import DraftGrade
from grading.tests.fixtures_provider import (  # noqa: F401
    await_,
    language_model,
    provider,
    running_provider,
)
from grading.tests.writing_samples import RESPONSE, a_plan


@pytest.fixture
def grade(await_, language_model):  # noqa: F811
    """Grade a response with a plan for these models; the draft comes back."""

    def graded(*models, response=RESPONSE, **changes) -> DraftGrade:
        plan = a_plan(*(models or ("openai/first",)), **changes)
        return await_(grade_writing(response, plan, language_model))

    return graded

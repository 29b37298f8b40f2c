"""Questions: put one, read one."""

from typing import Any, ClassVar

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from pydantic import TypeAdapter, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from grading.api.auth import client_of
from grading.api.documents import ProblemDocument, QuestionDocument
from grading.api.errors import InvalidInput, invalid_fields
from grading.api.parsers import json_of
from grading.enums import Scope
from grading.models import Question, QuestionVersion
from grading.schemas import QuestionIn
from grading.schemas.intake import Identifier
from grading.services.questions import put_question

IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)


def question_body(version: QuestionVersion, question_id: str) -> dict[str, Any]:
    return {
        "questionId": question_id,
        "task": version.task,
        "prompt": version.prompt,
        "minWords": version.min_words,
        "content": version.content,
        "version": version.number,
    }


class QuestionView(APIView):
    scopes: ClassVar[dict[str, Scope]] = {
        "GET": Scope.SUBMISSIONS_READ,
        "PUT": Scope.QUESTIONS_WRITE,
    }

    @extend_schema(
        operation_id="getQuestion",
        summary="The newest version of a question",
        responses={200: QuestionDocument, 404: ProblemDocument},
    )
    def get(self, request: Request, question_id: str) -> Response:
        # PostgreSQL refuses to look for a NUL, which no id has.
        if "\x00" in question_id:
            raise Http404
        question = get_object_or_404(Question, client=client_of(request), question_id=question_id)
        return Response(question_body(question.newest, question_id))

    @extend_schema(
        operation_id="putQuestion",
        summary="Store a question, or its next version",
        request=QuestionIn,
        responses={200: QuestionDocument, 201: QuestionDocument, 400: ProblemDocument},
    )
    def put(self, request: Request, question_id: str) -> Response:
        try:
            IDENTIFIER.validate_python(question_id)
        except ValidationError as error:
            message = error.errors()[0]["msg"]
            raise InvalidInput(
                [{"field": "questionId", "code": "invalid", "message": message}]
            ) from None
        try:
            content = QuestionIn.model_validate(json_of(request))
        except ValidationError as error:
            raise invalid_fields(error) from None
        version, created = put_question(client_of(request), question_id, content)
        return Response(question_body(version, question_id), status=201 if created else 200)

"""Submissions: take one in, read one or a page of them, cancel, grade again."""

from typing import Any, ClassVar

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from pydantic import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from grading.api.auth import client_of
from grading.api.documents import ProblemDocument, SubmissionDocument, SubmissionPageDocument
from grading.api.errors import InvalidInput, StateConflict, invalid_fields
from grading.api.idempotency import replayable
from grading.api.parsers import json_of
from grading.enums import Scope
from grading.models import ApiKey, Client, Submission
from grading.queries.status_body import status_body
from grading.queries.submissions import of_client
from grading.schemas import SubmissionIn
from grading.schemas.filters import SubmissionFilter
from grading.services import intake

SHOW_PROVISIONAL = OpenApiParameter(
    "include",
    str,
    enum=["provisional"],
    description="Show a grade that still awaits a rater; needs the scope grades:provisional.",
)

LETTER = OpenApiExample(
    "A letter with its question inline",
    request_only=True,
    value={
        "submissionId": "8f14e45f-ceea-467f-a9e6-3b1f2c1d0a11",
        "skill": "writing",
        "question": {"task": "writing_task_1", "prompt": "Write a letter to a friend ..."},
        "answer": {"text": "Dear Anna,\n\nI am happy that you will visit my town ..."},
    },
)


def find_submission(client: Client, submission_id: str) -> Submission:
    """The client's own submission; 404 for another client's as for none at all."""
    # PostgreSQL refuses to look for a NUL, which no id has.
    known = "\x00" not in submission_id
    found = of_client(client).filter(submission_id=submission_id).first() if known else None
    if found is None:
        raise Http404
    return found


def may_see_provisional(request: Request) -> bool:
    key = request.auth
    return (
        request.query_params.get("include") == "provisional"
        and isinstance(key, ApiKey)
        and Scope.GRADES_PROVISIONAL in key.scopes
    )


class NewestFirst(CursorPagination):
    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering = ("-created_at", "-id")

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if (
            cursor is not None
            and cursor.position is not None
            and not is_moment(str(cursor.position))
        ):
            raise NotFound(self.invalid_cursor_message)
        return cursor


def is_moment(text: str) -> bool:
    """A position is a caller's to change; the database would fail on anything but a time."""
    try:
        return parse_datetime(text) is not None
    except ValueError:
        return False


class SubmissionsView(APIView):
    scopes: ClassVar[dict[str, Scope]] = {
        "GET": Scope.SUBMISSIONS_READ,
        "POST": Scope.SUBMISSIONS_WRITE,
    }

    @extend_schema(
        operation_id="createSubmission",
        summary="Take a response in",
        request=SubmissionIn,
        examples=[LETTER],
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        responses={
            202: SubmissionDocument,
            200: SubmissionDocument,
            400: ProblemDocument,
            409: ProblemDocument,
            413: ProblemDocument,
            422: ProblemDocument,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        return replayable(request, self._take)

    def _take(self, request: Request) -> Response:
        try:
            content = SubmissionIn.model_validate(json_of(request))
            metadata = json_of(request).texts.get("metadata")
            taken = intake.take_submission(client_of(request), content, metadata)
        except ValidationError as error:
            raise invalid_fields(error) from None
        except intake.Refused as error:
            raise InvalidInput(
                [{"field": error.field, "code": error.code, "message": error.message}], error.code
            ) from None
        except intake.Conflict as error:
            raise StateConflict(error.message, error.code) from None
        submission = find_submission(client_of(request), taken.submission.submission_id)
        return Response(
            status_body(submission),
            status=202 if taken.is_new else 200,
            headers={"Location": reverse("submission", args=[submission.submission_id])},
        )

    @extend_schema(
        operation_id="listSubmissions",
        summary="List your submissions, newest first",
        parameters=[
            OpenApiParameter("status", str),
            OpenApiParameter("skill", str),
            OpenApiParameter("since", str, description="RFC 3339; taken in at or after it"),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int, description="1-200, default 50"),
            SHOW_PROVISIONAL,
        ],
        responses={200: SubmissionPageDocument, 400: ProblemDocument},
    )
    def get(self, request: Request) -> Response:
        asked = {
            name: request.query_params[name]
            for name in request.query_params
            if name not in {"cursor", "limit", "include"}
        }
        try:
            conditions = SubmissionFilter.model_validate(asked).conditions()
        except ValidationError as error:
            raise invalid_fields(error) from None
        pages = NewestFirst()
        rows = pages.paginate_queryset(
            of_client(client_of(request)).filter(**conditions), request, self
        )
        provisional = may_see_provisional(request)
        return Response(
            {
                "next": pages.get_next_link(),
                "previous": pages.get_previous_link(),
                "results": [status_body(row, provisional=provisional) for row in rows or []],
            }
        )


class SubmissionView(APIView):
    scopes: ClassVar[dict[str, Scope]] = {"GET": Scope.SUBMISSIONS_READ}

    @extend_schema(
        operation_id="getSubmission",
        summary="Status and result of one submission",
        parameters=[SHOW_PROVISIONAL],
        responses={200: SubmissionDocument, 404: ProblemDocument},
    )
    def get(self, request: Request, submission_id: str) -> Response:
        submission = find_submission(client_of(request), submission_id)
        return Response(status_body(submission, provisional=may_see_provisional(request)))


class SubmissionActionView(APIView):
    """Shared by the verbs on one submission: do it, answer with the new status body."""

    scopes: ClassVar[dict[str, Scope]] = {"POST": Scope.SUBMISSIONS_WRITE}
    success_status = 200

    def act(self, submission: Submission) -> Any:
        raise NotImplementedError

    def respond(self, request: Request, submission_id: str) -> Response:
        try:
            self.act(find_submission(client_of(request), submission_id))
        except intake.Conflict as error:
            raise StateConflict(error.message, error.code) from None
        submission = find_submission(client_of(request), submission_id)
        return Response(status_body(submission), status=self.success_status)


class CancelView(SubmissionActionView):
    def act(self, submission: Submission) -> Any:
        return intake.cancel_submission(submission)

    @extend_schema(
        operation_id="cancelSubmission",
        summary="Cancel what has not been started",
        request=None,
        responses={200: SubmissionDocument, 404: ProblemDocument, 409: ProblemDocument},
    )
    def post(self, request: Request, submission_id: str) -> Response:
        return self.respond(request, submission_id)


class RegradeView(SubmissionActionView):
    success_status = 202

    def act(self, submission: Submission) -> Any:
        return intake.regrade_submission(submission)

    @extend_schema(
        operation_id="regradeSubmission",
        summary="Ask for one more machine grade",
        request=None,
        responses={202: SubmissionDocument, 404: ProblemDocument, 409: ProblemDocument},
    )
    def post(self, request: Request, submission_id: str) -> Response:
        return self.respond(request, submission_id)

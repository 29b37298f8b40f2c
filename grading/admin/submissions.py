"""Responses and what happened to them: to look at, not to edit."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from grading.admin.base import RecordAdmin, RecordInline
from grading.models import AuditEvent, Grade, GradingRun, ModelTry, Submission
from grading.services.intake import Conflict, regrade_submission


class GradeInline(RecordInline):
    model = Grade
    fk_name = "submission"
    fields = ("source", "overall_score", "band", "confidence", "flags", "graded_by", "created_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grade]:
        return super().get_queryset(request).select_related("graded_by")


class RunInline(RecordInline):
    model = GradingRun
    fields = ("number", "state", "attempts", "worker", "last_error", "created_at", "ended_at")
    readonly_fields = fields
    show_change_link = True


class HistoryInline(RecordInline):
    model = AuditEvent
    verbose_name_plural = "History"
    fields = ("at", "kind", "status", "actor", "data")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        return super().get_queryset(request).select_related("actor")


class TryInline(RecordInline):
    model = ModelTry
    verbose_name_plural = "Tries"
    fields = (
        "number",
        "attempt",
        "requested_model",
        "model",
        "error",
        "finish_reason",
        "criteria_scores",
        "tokens_in",
        "tokens_out",
        "latency_ms",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelTry]:
        return super().get_queryset(request).defer("raw_reply")


@admin.register(Submission)
class SubmissionAdmin(RecordAdmin):
    list_display = (
        "submission_id",
        "client",
        "task",
        "status",
        "grading_mode",
        "review_priority",
        "created_at",
    )
    list_filter = ("status", "client")
    list_select_related = ("client",)
    ordering = ("-created_at",)
    search_fields = ("submission_id",)
    search_help_text = "A whole submissionId, or the id in the console's address"
    actions = ("grade_again",)
    inlines = (GradeInline, RunInline, HistoryInline)
    readonly_fields = ("in_the_console",)
    exclude = ("metadata_text", "answer_extra", "machine_grade")

    def get_fields(self, request: HttpRequest, obj: Submission | None = None) -> list[Any]:
        fields = [name for name in super().get_fields(request, obj) if name != "in_the_console"]
        return ["in_the_console", *fields]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        rows = super().get_queryset(request)
        match = request.resolver_match
        if match and (match.url_name or "").endswith("changelist"):
            return rows.defer("answer_text", "metadata_text", "answer_extra", "other_scores")
        return rows.select_related("client", "question_version__question", "counting_grade")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Submission], search_term: str
    ) -> tuple[QuerySet[Submission], bool]:
        """Whole ids only: both are indexed, and a part of one names nothing."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(pk=UUID(term)) | queryset.filter(submission_id=term), False
        except ValueError:
            return queryset.filter(submission_id=term), False

    @admin.display(description="console")
    def in_the_console(self, submission: Submission) -> str:
        return format_html('<a href="/review/{}/">Open in the console</a>', submission.pk)

    def has_regrade_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("grading.change_submission"))

    @admin.action(description="Grade again", permissions=["regrade"])
    def grade_again(self, request: HttpRequest, queryset: QuerySet[Submission]) -> None:
        asked = 0
        for submission in queryset:
            try:
                regrade_submission(submission)
                asked += 1
            except Conflict as error:
                self.message_user(
                    request, f"Left alone: {submission}. {error.message}", messages.WARNING
                )
        if asked:
            self.message_user(request, f"Will be graded again: {asked}.", messages.SUCCESS)


@admin.register(GradingRun)
class GradingRunAdmin(RecordAdmin):
    list_display = ("id", "submission", "number", "state", "attempts", "due_at", "ended_at")
    list_filter = ("state",)
    list_select_related = ("submission",)
    ordering = ("-id",)
    inlines = (TryInline,)

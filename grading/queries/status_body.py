"""The public body of a submission: what callers read and webhooks carry."""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from grading.enums import GradeSource, Status
from grading.models import Grade, Submission


@dataclass(frozen=True)
class Verbatim:
    """JSON text that must come out byte for byte as it went in."""

    text: str


def encode(body: Any) -> bytes:
    """A body as UTF-8 JSON; Decimals become numbers, Verbatim parts are put in as they are."""
    verbatim: dict[str, str] = {}

    def default(value: Any) -> Any:
        if isinstance(value, Verbatim):
            token = secrets.token_hex(16)
            verbatim[token] = value.text
            return token
        if isinstance(value, Decimal):
            return float(value)
        if isinstance(value, datetime):
            return rfc3339(value)
        return str(value)

    text = json.dumps(body, default=default, ensure_ascii=False, separators=(",", ":"))
    for token, original in verbatim.items():
        text = text.replace(f'"{token}"', original, 1)
    # Half a surrogate pair has no UTF-8; a key's digest is taken before the body is checked.
    return text.encode(errors="backslashreplace")


def rfc3339(moment: datetime | None) -> str | None:
    """A moment in UTC with milliseconds."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def status_body(submission: Submission, *, provisional: bool = False) -> dict[str, Any]:
    """Status and result of a submission; `provisional` shows a grade that still awaits a rater."""
    grade = _visible_grade(submission, provisional)
    body: dict[str, Any] = {
        "submissionId": submission.submission_id,
        "questionId": submission.question_ref,
        "skill": submission.skill,
        "task": submission.task,
        "status": submission.status,
        "score": float(grade.overall_score) if grade else None,
        "band": grade.band if grade else None,
        "gradingMode": submission.grading_mode,
        "reviewPriority": submission.review_priority,
        "routeReasons": list(submission.route_reasons),
        "flags": list(submission.flags),
        "result": result_body(grade) if grade else None,
    }
    body.update(_optional_parts(submission, grade))
    body["createdAt"] = rfc3339(submission.created_at)
    body["completedAt"] = rfc3339(submission.completed_at)
    return body


def _optional_parts(submission: Submission, grade: Grade | None) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    machine = submission.machine_grade
    if grade and grade.source == GradeSource.HUMAN and machine is not None:
        parts["aiResult"] = result_body(machine)
    if submission.status == Status.FAILED:
        parts["error"] = {
            "code": submission.error_code,
            "message": submission.error_message,
            "attempts": max((run.attempts for run in submission.runs.all()), default=0),
        }
    if submission.metadata_text is not None:
        parts["metadata"] = Verbatim(submission.metadata_text)
    if submission.candidate_id is not None:
        parts["candidateId"] = submission.candidate_id
    return parts


def _visible_grade(submission: Submission, provisional: bool) -> Grade | None:
    if submission.status == Status.COMPLETED:
        return submission.counting_grade
    if submission.status == Status.REVIEW_PENDING and provisional:
        return submission.machine_grade
    return None


def result_body(grade: Grade) -> dict[str, Any]:
    """One grade as the contract's `result`."""
    return {
        "overallScore": float(grade.overall_score),
        "band": grade.band,
        "criteriaScores": {key.value: float(score) for key, score in grade.criteria_scores.items()},
        "feedback": grade.feedback,
        "grammarErrors": grade.grammar_errors,
        "evidence": grade.evidence,
        "confidence": grade.confidence,
        "confidenceScore": grade.confidence_score,
        "flags": list(grade.flags),
        "gradedAt": rfc3339(grade.created_at),
        "provenance": {
            "source": grade.source,
            "models": list(grade.models_used),
            "tries": grade.tries_count,
            "rubricVersion": grade.rubric_version.name if grade.rubric_version else None,
            "promptVersion": grade.prompt_version.name if grade.prompt_version else None,
            "localScorer": grade.local_version or None,
        },
    }

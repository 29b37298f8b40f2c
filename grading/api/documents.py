"""What the API page tells about bodies; the bodies themselves are built in queries."""

from rest_framework import serializers

from grading.enums import (
    Band,
    Confidence,
    Criterion,
    ErrorCode,
    Flag,
    GradeSource,
    GradingMode,
    Priority,
    RouteReason,
    Skill,
    Status,
    Task,
)


def choice(enum: type, **options: object) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=[member.value for member in enum], **options)  # type: ignore[attr-defined,arg-type]


class EvidenceDocument(serializers.Serializer):
    criterion = choice(Criterion)
    quote = serializers.CharField()
    offset = serializers.IntegerField(help_text="Unicode code points of the answer as received")
    length = serializers.IntegerField()
    comment = serializers.CharField()


class GrammarErrorDocument(serializers.Serializer):
    offset = serializers.IntegerField()
    length = serializers.IntegerField()
    message = serializers.CharField()
    suggestion = serializers.CharField()


class ProvenanceDocument(serializers.Serializer):
    source = choice(GradeSource)
    models = serializers.ListField(child=serializers.CharField())
    tries = serializers.IntegerField()
    rubricVersion = serializers.CharField(allow_null=True)
    promptVersion = serializers.CharField(allow_null=True)
    localScorer = serializers.CharField(allow_null=True)


class ResultDocument(serializers.Serializer):
    overallScore = serializers.FloatField(min_value=0, max_value=10)
    band = choice(Band)
    criteriaScores = serializers.DictField(child=serializers.FloatField(min_value=0, max_value=10))
    feedback = serializers.CharField()
    grammarErrors = GrammarErrorDocument(many=True)
    evidence = EvidenceDocument(many=True)
    confidence = choice(Confidence, allow_null=True)
    confidenceScore = serializers.FloatField(allow_null=True, min_value=0, max_value=1)
    flags = serializers.ListField(child=choice(Flag))
    gradedAt = serializers.DateTimeField()
    provenance = ProvenanceDocument()


class FailureDocument(serializers.Serializer):
    code = choice(ErrorCode)
    message = serializers.CharField()
    attempts = serializers.IntegerField()


class SubmissionDocument(serializers.Serializer):
    """Status and result of a submission."""

    submissionId = serializers.CharField()
    questionId = serializers.CharField(allow_null=True)
    skill = choice(Skill)
    task = choice(Task)
    status = choice(Status)
    score = serializers.FloatField(allow_null=True)
    band = choice(Band, allow_null=True)
    gradingMode = choice(GradingMode, allow_null=True)
    reviewPriority = choice(Priority, allow_null=True)
    routeReasons = serializers.ListField(child=choice(RouteReason))
    flags = serializers.ListField(child=choice(Flag))
    result = ResultDocument(allow_null=True)
    aiResult = ResultDocument(required=False)
    error = FailureDocument(required=False)
    metadata = serializers.JSONField(required=False)
    candidateId = serializers.CharField(required=False)
    createdAt = serializers.DateTimeField()
    completedAt = serializers.DateTimeField(allow_null=True)


class SubmissionPageDocument(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = SubmissionDocument(many=True)


class QuestionDocument(serializers.Serializer):
    questionId = serializers.CharField()
    task = choice(Task)
    prompt = serializers.CharField()
    minWords = serializers.IntegerField()
    content = serializers.JSONField(allow_null=True)
    version = serializers.IntegerField()


class FieldErrorDocument(serializers.Serializer):
    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemDocument(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField(required=False)
    requestId = serializers.CharField()
    errors = FieldErrorDocument(many=True, required=False)

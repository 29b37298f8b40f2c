"""What a response's page shows: rows turned into sentences, scores and marked text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import get_language

from grading.enums import CRITERIA, Criterion, Flag, RouteReason, Skill
from grading.models import Grade, RubricVersion, Submission
from grading.nlp.text import count_words
from grading.scoring.bands import SCORE_MAX, SCORE_STEP
from review import queries, wording
from review.highlighting import Labels, Mark, Segment, cut
from review.models import Rating
from review.outcomes import Outcome

LETTERS = {
    Criterion.TASK_FULFILLMENT.value: "T",
    Criterion.ORGANIZATION.value: "O",
    Criterion.VOCABULARY.value: "V",
    Criterion.GRAMMAR.value: "G",
    Criterion.PRONUNCIATION.value: "P",
    Criterion.FLUENCY.value: "F",
    Criterion.DISCOURSE_MANAGEMENT.value: "D",
    "error": "E",
}
ERROR = "error"
SCORES = [SCORE_STEP * step for step in range(int(SCORE_MAX / SCORE_STEP) + 1)]


@dataclass(frozen=True)
class Note:
    """A quote or an error beside the text; `key` joins it to its mark."""

    key: str
    label: str
    kind: str
    quote: str
    comment: str
    suggestion: str = ""


@dataclass(frozen=True)
class Descriptor:
    score: int
    text: str
    is_near: bool


@dataclass(frozen=True)
class Panel:
    """One criterion: what the machine found, what the rubric says, what the rater gave."""

    key: str
    name: str
    about: str
    number: int
    machine: Decimal | None
    decided: Decimal | None
    chosen: str
    error: str
    notes: list[Note]
    reasons: list[str]
    descriptors: list[Descriptor]

    @property
    def scores(self) -> list[Decimal]:
        return SCORES

    @property
    def difference(self) -> Decimal | None:
        if self.machine is None or self.decided is None:
            return None
        return self.decided - self.machine


@dataclass(frozen=True)
class Form:
    """What the rater has entered so far, kept whatever happens to the request."""

    scores: Mapping[str, str] = field(default_factory=dict)
    feedback: str = ""
    override_reason: str = ""
    comment: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def general_errors(self) -> list[str]:
        return [text for key, text in self.errors.items() if key not in set(Criterion)]


@dataclass(frozen=True)
class Worksheet:
    submission: Submission
    segments: list[Segment]
    panels: list[Panel]
    errors: list[Note]
    words: int
    flags: list[str]
    route_reasons: list[str]
    form: Form

    @property
    def is_short(self) -> bool:
        return self.words < self.submission.question_version.min_words

    @property
    def has_marks(self) -> bool:
        return any(segment.marks for segment in self.segments)


def first_form(submission: Submission, rater: User) -> Form:
    """The form as it opens: what the rater took back, or the machine's feedback and no scores.

    Scores are not filled in: each is a decision, and the machine's is shown beside it.
    """
    taken_back = queries.last_rating_taken_back(submission, rater)
    if taken_back is not None:
        return form_of(taken_back)
    machine = submission.machine_grade
    return Form(feedback=machine.feedback if machine else "")


def form_of(rating: Rating) -> Form:
    return Form(
        scores={key: f"{score:.1f}" for key, score in rating.criteria_scores.items()},
        feedback=rating.feedback,
        override_reason=rating.override_reason,
        comment=rating.comment,
    )


def worksheet_of(submission: Submission, form: Form, outcome: Outcome | None = None) -> Worksheet:
    """Everything the page says of a response."""
    machine = submission.machine_grade
    labels = Labels(LETTERS)
    marks, notes = found(submission.answer_text, machine, labels)
    return Worksheet(
        submission=submission,
        segments=cut(submission.answer_text, marks),
        panels=panels(submission, form, notes, outcome),
        errors=[note for note in notes if note.kind == ERROR],
        words=count_words(submission.answer_text),
        flags=wording.sentences_for(wording.FLAGS, Flag, list(submission.flags)),
        route_reasons=wording.sentences_for(
            wording.ROUTE_REASONS, RouteReason, list(submission.route_reasons)
        ),
        form=form,
    )


def found(text: str, grade: Grade | None, labels: Labels) -> tuple[list[Mark], list[Note]]:
    """The machine's quotes and errors that lie within the text, in reading order."""
    marks: list[Mark] = []
    notes: list[Note] = []
    for number, item in enumerate(in_reading_order(grade)):
        start, length = item.get("offset"), item.get("length")
        if not isinstance(start, int) or not isinstance(length, int):
            continue
        end = start + length
        if not 0 <= start < end <= len(text):
            continue
        kind = str(item.get("criterion", ERROR))
        comment = str(item.get("comment") or item.get("message") or "")
        note = Note(
            key=f"m{number}",
            label=labels.next(kind),
            kind=kind,
            quote=text[start:end],
            comment=comment,
            suggestion=str(item.get("suggestion", "")),
        )
        notes.append(note)
        marks.append(Mark(start, end, note.key, kind, note.label, comment))
    return marks, notes


def in_reading_order(grade: Grade | None) -> list[dict[str, Any]]:
    if grade is None:
        return []
    items = [item for item in [*grade.evidence, *grade.grammar_errors] if isinstance(item, dict)]
    return sorted(items, key=lambda item: (str(item.get("offset")).zfill(9), item.get("length", 0)))


def panels(
    submission: Submission, form: Form, notes: list[Note], outcome: Outcome | None
) -> list[Panel]:
    machine = submission.machine_grade
    machine_scores = machine.criteria_scores if machine else {}
    decided = outcome.scores if outcome else {}
    texts = rubric_texts(submission)
    return [
        Panel(
            key=criterion.value,
            name=str(wording.CRITERIA[criterion]),
            about=in_language(texts.get(criterion, {}).get("about")),
            number=number,
            machine=machine_scores.get(criterion),
            decided=decided.get(criterion),
            chosen=form.scores.get(criterion, ""),
            error=form.errors.get(criterion, ""),
            notes=[note for note in notes if note.kind == criterion],
            reasons=reasons_of(machine, criterion),
            descriptors=descriptors(
                texts.get(criterion, {}),
                near=form.scores.get(criterion) or machine_scores.get(criterion),
            ),
        )
        for number, criterion in enumerate(CRITERIA[Skill(submission.skill)], start=1)
    ]


def rubric_texts(submission: Submission) -> dict[str, dict[str, Any]]:
    """The rubric the grade was made with, or the one in force."""
    machine = submission.machine_grade
    rubric = machine.rubric_version if machine else None
    if rubric is None:
        rubric = RubricVersion.objects.filter(skill=submission.skill, is_active=True).first()
    criteria = rubric.criteria if rubric and isinstance(rubric.criteria, list) else []
    return {item["key"]: item for item in criteria if isinstance(item, dict) and "key" in item}


def descriptors(criterion: Mapping[str, Any], near: Decimal | str | None) -> list[Descriptor]:
    """The bands from 10 to 0; those at the score and beside it are shown first."""
    try:
        middle = Decimal(str(near)) if near else None
    except ArithmeticError:
        middle = None
    return [
        Descriptor(
            score=int(band["score"]),
            text=in_language(band),
            is_near=middle is not None and abs(Decimal(str(band["score"])) - middle) <= 1,
        )
        for band in criterion.get("bands", [])
    ]


def in_language(texts: object) -> str:
    """The text in the page's language, English where there is none."""
    if not isinstance(texts, dict):
        return ""
    language = (get_language() or "en").split("-")[0]
    return str(texts.get(language) or texts.get("en") or "")


def reasons_of(grade: Grade | None, criterion: Criterion) -> list[str]:
    reasons = grade.local_reasons.get(criterion, []) if grade else []
    return [str(reason) for reason in reasons] if isinstance(reasons, list) else [str(reasons)]

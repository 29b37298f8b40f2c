"""What a rater decided on a response, before and after it counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import User

from grading.enums import Band, Criterion, GradeSource, Skill
from grading.models import Submission
from grading.scoring.bands import band_of, task_score
from review import queries
from review.models import Rating


@dataclass(frozen=True)
class Outcome:
    """A human grade, or one's own rating that is not sent yet."""

    scores: Mapping[Criterion, Decimal]
    overall: Decimal
    band: Band
    rater: User | None
    feedback: str
    rating: Rating | None


def outcome_for(submission: Submission, viewer: User, unsettled: Rating | None) -> Outcome | None:
    """What the viewer may see; another's rating stays unseen until it counts."""
    if unsettled is not None and unsettled.rater_id == viewer.pk:
        return outcome_of(unsettled, Skill(submission.skill))
    counting = submission.counting_grade
    if counting is None or counting.source != GradeSource.HUMAN:
        return None
    return Outcome(
        scores=counting.criteria_scores,
        overall=counting.overall_score,
        band=Band(counting.band),
        rater=counting.graded_by,
        feedback=counting.feedback,
        rating=queries.rating_behind(counting),
    )


def outcome_of(rating: Rating, skill: Skill) -> Outcome:
    """What will count once the rating is settled."""
    scores = {Criterion(key): Decimal(str(score)) for key, score in rating.criteria_scores.items()}
    overall = task_score(scores, skill)
    return Outcome(scores, overall, band_of(overall), rating.rater, rating.feedback, rating)

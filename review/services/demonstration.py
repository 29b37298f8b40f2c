"""The people of the demonstration, and what they hold and have decided."""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from grading.enums import AuditKind, Skill
from grading.models import Submission
from grading.schemas import HumanDecision
from grading.schemas.demonstration import DemoResponse, DemoStage
from grading.scoring.bands import task_score
from grading.services.demonstration import Loaded, Part, load_demonstration
from grading.services.demonstration_states import complete
from grading.services.past import record_at
from review.access import Role
from review.models import Claim, Rating
from review.services.accounts import create_account
from review.services.claims import claim

RATED = frozenset({DemoStage.RATED_HYBRID, DemoStage.RATED_HUMAN})
# A response waits for a free rater, who then needs two minutes or more, longer for a longer one.
CLAIMED_AFTER = timedelta(minutes=12)
FEWEST_SECONDS_TO_RATE = 100
SECONDS_PER_WORD = 0.4


class Person(NamedTuple):
    username: str
    role: Role
    first_name: str = ""
    last_name: str = ""


SIGN_INS = (
    Person("rater1", Role.RATER, "Rater", "One"),
    Person("rater2", Role.RATER, "Rater", "Two"),
    Person("lead", Role.LEAD, "Lead", "Rater"),
    Person("admin", Role.ADMIN),
)
# They hold a response each. Nobody signs in as them: whoever does try the console begins with
# nothing in hand, and sees what a response held by a colleague looks like.
COLLEAGUES = (
    Person("colleague1", Role.RATER, "Lan", "Phạm"),
    Person("colleague2", Role.RATER, "Huy", "Trần"),
)


@transaction.atomic
def load_working_day(part: Part = Part.ALL) -> Loaded:
    """Load people and responses; what is there already is left alone."""
    for person in (*SIGN_INS, *COLLEAGUES):
        ensure_account(person)
    loaded = load_demonstration(part)
    now = timezone.now()
    rated = [pair for pair in loaded.added if pair[0].stage in RATED]
    for number, (response, submission) in enumerate(rated):
        rate_in_the_past(response, submission, _user(SIGN_INS[number % 2].username), now)
    held = [row for response, row in loaded.added if response.stage == DemoStage.REVIEW_CLAIMED]
    for colleague, submission in zip(COLLEAGUES, held, strict=False):
        claim(submission.pk, _user(colleague.username))
    return loaded


def ensure_account(person: Person) -> None:
    """Make a person with a password nobody knows, unless there is one of that name."""
    if get_user_model().objects.filter(username=person.username).exists():
        return
    account = create_account(person.username, secrets.token_urlsafe(24), person.role)
    account.first_name, account.last_name = person.first_name, person.last_name
    account.save(update_fields=["first_name", "last_name"])


def rate_in_the_past(
    response: DemoResponse, submission: Submission, rater: User, now: datetime
) -> Rating:
    """A rater's decision from earlier today, its undo window over."""
    claimed = submission.created_at + CLAIMED_AFTER
    seconds = FEWEST_SECONDS_TO_RATE + SECONDS_PER_WORD * len(response.text.split())
    rated = claimed + timedelta(seconds=round(seconds))
    settled = min(rated + timedelta(seconds=settings.UNDO_SECONDS), now)
    record_at(submission, AuditKind.CLAIMED, claimed, rater)
    record_at(
        submission,
        AuditKind.RATED,
        rated,
        rater,
        score=str(task_score(response.human_scores, Skill(submission.skill))),
    )
    decision = HumanDecision(
        criteria_scores=response.human_scores,
        feedback=response.feedback,
        rater_id=rater.pk,
        override_reason=response.override_reason,
    )
    grade = complete(submission, decision, rater, settled)
    return Rating.objects.create(
        submission=submission,
        rater=rater,
        claim=Claim.objects.create(
            submission=submission,
            rater=rater,
            created_at=claimed,
            lease_until=claimed + timedelta(minutes=settings.CLAIM_MINUTES),
            ended_at=rated,
        ),
        criteria_scores={key.value: float(value) for key, value in response.human_scores.items()},
        feedback=response.feedback,
        override_reason=response.override_reason,
        submitted_at=rated,
        settles_at=settled,
        grade=grade,
    )


def _user(username: str) -> User:
    return get_user_model().objects.get(username=username)

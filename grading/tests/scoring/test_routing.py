from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.enums import (
    AutoReleasePolicy,
    Confidence,
    Flag,
    GradeSource,
    Priority,
    RouteReason,
)
from grading.scoring.confidence import Signals, confidence_of
from grading.scoring.routing import URGENCY, Route, route

FAR = Decimal("0.75")
SOUND = {
    "confidence": Confidence.HIGH,
    "source": GradeSource.AI,
    "flags": (),
    "distance_to_cut": FAR,
    "policy": AutoReleasePolicy.FIXED,
}
questions = st.fixed_dictionaries(
    {
        "confidence": st.sampled_from(Confidence),
        "source": st.sampled_from([GradeSource.AI, GradeSource.LOCAL]),
        "flags": st.frozensets(st.sampled_from(Flag), max_size=3),
        "distance_to_cut": st.decimals(0, 4, places=3),
        "policy": st.sampled_from(AutoReleasePolicy),
        "client_priority": st.none() | st.sampled_from(Priority),
    }
)


def test_a_sound_confident_grade_is_released_under_the_fixed_rules():
    assert route(**SOUND) == Route(Confidence.HIGH, None, ())


def test_a_flag_about_an_earlier_rater_puts_no_new_grade_in_doubt():
    assert route(**{**SOUND, "flags": (Flag.AUDIT_DIFFERENCE,)}).releases


@given(questions)
def test_only_a_grade_with_nothing_against_it_is_released(asked):
    nothing_against_it = (
        asked["confidence"] == Confidence.HIGH
        and asked["source"] == GradeSource.AI
        and asked["flags"] <= {Flag.AUDIT_DIFFERENCE}
        and asked["distance_to_cut"] > Decimal("0.25")
        and asked["policy"] == AutoReleasePolicy.FIXED
    )
    assert route(**asked).releases == nothing_against_it


@given(questions)
def test_what_is_not_released_has_a_reason_and_a_priority_as_high_as_its_doubt(asked):
    chosen = route(**asked)
    if chosen.releases:
        assert (chosen.reasons, chosen.confidence) == ((), Confidence.HIGH)
        return
    least = Priority.HIGH if chosen.confidence == Confidence.LOW else Priority.MEDIUM
    wished = asked["client_priority"] or Priority.LOW
    assert chosen.confidence != Confidence.HIGH
    assert URGENCY[chosen.priority] == max(URGENCY[least], URGENCY[wished])
    assert len(set(chosen.reasons)) == len(chosen.reasons) >= 1


@pytest.mark.parametrize(
    ("change", "priority", "reasons"),
    [
        (
            {"policy": AutoReleasePolicy.CALIBRATED},
            Priority.MEDIUM,
            (RouteReason.CONFIDENCE_MEDIUM, RouteReason.NOT_CALIBRATED),
        ),
        (
            {"source": GradeSource.LOCAL},
            Priority.HIGH,
            (RouteReason.CONFIDENCE_LOW, RouteReason.LOCAL_SCORER_ONLY),
        ),
        (
            {"flags": (Flag.UNDERLENGTH,)},
            Priority.MEDIUM,
            (RouteReason.CONFIDENCE_MEDIUM, RouteReason.FLAGGED),
        ),
        (
            {"distance_to_cut": Decimal("0.25")},
            Priority.MEDIUM,
            (RouteReason.CONFIDENCE_MEDIUM, RouteReason.NEAR_BAND_CUT),
        ),
        ({"confidence": Confidence.LOW}, Priority.HIGH, (RouteReason.CONFIDENCE_LOW,)),
    ],
)
def test_each_doubt_is_named_and_sends_the_grade_to_a_rater(change, priority, reasons):
    chosen = route(**{**SOUND, **change})
    assert (chosen.priority, chosen.reasons) == (priority, reasons)


def test_a_client_may_ask_for_more_urgency_and_never_for_less():
    doubtful = {**SOUND, "confidence": Confidence.MEDIUM}
    raised = route(**doubtful, client_priority=Priority.HIGH)
    assert (raised.priority, raised.reasons[-1]) == (Priority.HIGH, RouteReason.CLIENT_PRIORITY)
    assert route(**doubtful, client_priority=Priority.LOW) == route(**doubtful)
    assert route(**SOUND, client_priority=Priority.HIGH).releases


@pytest.mark.parametrize("flag", [Flag.REPLY_REPAIRED, Flag.CRITERION_WITHOUT_EVIDENCE])
def test_a_flag_that_speaks_for_a_signal_asks_for_caution_by_itself(flag):
    sound = Signals(flags=frozenset(), distance_to_cut=FAR)
    assert confidence_of(sound)[0] is Confidence.HIGH
    assert confidence_of(replace(sound, flags=frozenset({flag})))[0] is Confidence.MEDIUM

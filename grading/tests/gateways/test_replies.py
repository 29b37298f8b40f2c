import json

import pytest

from grading.gateways.errors import GatewayError, GatewayErrorCode
from grading.gateways.replies import parse_reply
from grading.schemas import WritingReply
from grading.tests.growth import assert_grows_linearly
from grading.tests.stub_replies import TEXTS, good_reply

ESSAY = "The canaryword sings in its cage. It sang all night and nobody could sleep at all."

REFUSED = {
    "bad_json": GatewayErrorCode.NOT_JSON,
    "not_json": GatewayErrorCode.NOT_JSON,
    "empty": GatewayErrorCode.NOT_JSON,
    "score_nan": GatewayErrorCode.NOT_JSON,
    "score_infinity": GatewayErrorCode.NOT_JSON,
    "score_11": GatewayErrorCode.RANGE,
    "score_minus_1": GatewayErrorCode.RANGE,
    "score_7_3": GatewayErrorCode.RANGE,
    "score_1e400": GatewayErrorCode.RANGE,
    "score_text": GatewayErrorCode.SCHEMA,
    "score_true": GatewayErrorCode.SCHEMA,
    "score_null": GatewayErrorCode.SCHEMA,
    "score_list": GatewayErrorCode.SCHEMA,
    "duplicate_keys": GatewayErrorCode.SCHEMA,
    "extra_key": GatewayErrorCode.SCHEMA,
    "extra_criterion": GatewayErrorCode.SCHEMA,
    "missing_criterion": GatewayErrorCode.SCHEMA,
    "wrong_criterion_name": GatewayErrorCode.SCHEMA,
    "self_total": GatewayErrorCode.SCHEMA,
    "huge": GatewayErrorCode.SCHEMA,
    "nul": GatewayErrorCode.SCHEMA,
    "surrogate": GatewayErrorCode.SCHEMA,
}


@pytest.mark.parametrize(("mode", "code"), REFUSED.items())
def test_a_reply_out_of_shape_is_refused_with_its_code(mode, code):
    with pytest.raises(GatewayError) as raised:
        parse_reply(TEXTS[mode](ESSAY), WritingReply)
    assert raised.value.code == code
    assert "canaryword" not in str(raised.value)


@pytest.mark.parametrize("mode", ["fenced", "preamble", "wrong_quotes", "markup"])
def test_a_fence_or_a_line_of_introduction_is_looked_past(mode):
    assert parse_reply(TEXTS[mode](ESSAY), WritingReply).grammar.comment


def test_whole_numbers_are_scores_and_nothing_is_rounded():
    reply = good_reply(ESSAY, {"grammar": 7, "vocabulary": 6.5, "organization": 0})
    read = parse_reply(json.dumps(reply), WritingReply)
    assert (read.grammar.score, read.vocabulary.score, read.organization.score) == (7, 6.5, 0)


def test_the_detail_names_the_place_but_never_an_unknown_key():
    reply = good_reply(ESSAY)
    del reply["vocabulary"]
    reply["grammar"]["canaryword sings"] = 1
    with pytest.raises(GatewayError) as raised:
        parse_reply(json.dumps(reply), WritingReply)
    assert "vocabulary: Field required" in raised.value.detail
    assert "grammar.(unknown key)" in raised.value.detail


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 50_000,
        '{"grammar": ' + "9" * 10_000 + "}",
        "```" * 60_000,
        "{" + " " * 199_000,
        "``` {",
        'Sure: {"a": 1} and then {"b": 2}',
        "null",
        "[]",
        '"text"',
        "7",
    ],
)
def test_odd_replies_are_refused_in_time_that_grows_with_them_only(text):
    def refuse(part: str) -> None:
        with pytest.raises(GatewayError):
            parse_reply(part, WritingReply)

    assert_grows_linearly(refuse, text)

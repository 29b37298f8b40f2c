"""Taking submissions in: once each, as received, and nothing else."""

import json
import threading

import pytest
from django.db import connection
from django_q.models import OrmQ

from conftest import Api, make_api, submission
from grading.enums import Scope
from grading.models import AuditEvent, GradingRun, IdempotentRequest, QuestionVersion, Submission
from grading.services.clients import issue_key

pytestmark = pytest.mark.django_db


def test_a_letter_is_taken_with_its_run_its_wake_up_and_its_first_event(api: Api) -> None:
    answer = api.post("submissions", submission())
    assert answer.status_code == 202
    body = answer.json()
    assert answer["Location"] == f"/api/v1/submissions/{body['submissionId']}"
    assert (body["status"], body["task"], body["result"]) == ("pending", "writing_task_1", None)
    assert GradingRun.objects.filter(state="queued").count() == 1
    assert OrmQ.objects.count() == 1
    assert AuditEvent.objects.get().kind == "received"
    assert api.get(f"submissions/{body['submissionId']}").json() == body


def test_the_text_is_stored_exactly_as_received(api: Api) -> None:
    text = " \tDear 🙂 \u200bBrianna,\r\n\nTôi ở Đà Nẵng\u0301 \U0001f1fb\U0001f1f3 “so”  "
    api.post("submissions", submission(answer={"text": text}))
    assert Submission.objects.get().answer_text == text


def test_20_000_characters_are_taken_and_one_more_is_refused(api: Api) -> None:
    fits = api.post("submissions", submission(answer={"text": "🙂" * 20_000}))
    assert fits.status_code == 202
    answer = api.post("submissions", submission(submissionId="b", answer={"text": "a" * 20_001}))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "answer.text"
    assert Submission.objects.count() == 1


def test_the_same_body_again_answers_200_and_changes_nothing(api: Api) -> None:
    first = api.post("submissions", submission())
    again = api.post("submissions", submission(dispatchedAt="2026-02-16T08:00:00Z"))
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == first.json()
    assert GradingRun.objects.count() == 1


def test_snake_case_means_the_same_as_camel_case(api: Api) -> None:
    api.post("submissions", submission())
    body = submission()
    snake = {
        "submission_id": body["submissionId"],
        "skill": "writing",
        "question": body["question"],
        "answer": {"text": body["answer"]["text"], "word_count": 134, "task_type": "email"},
    }
    assert api.post("submissions", snake).status_code == 200


def test_the_same_id_with_another_body_is_a_conflict(api: Api) -> None:
    api.post("submissions", submission())
    answer = api.post("submissions", submission(answer={"text": "Another letter."}))
    assert answer.status_code == 409
    assert answer.json()["code"] == "submission_exists"
    assert "Brianna" in Submission.objects.get().answer_text


def test_metadata_comes_back_byte_for_byte(api: Api) -> None:
    metadata = '{ "b" : 1.0,"a":[ 1e2 , "\\u00e9é" ],  "z": null }'
    raw = json.dumps(submission())[:-1] + f', "metadata": {metadata} }}'
    answer = api.post("submissions", raw.encode())
    assert answer.status_code == 202
    assert f'"metadata":{metadata},'.encode() in answer.content
    assert f'"metadata":{metadata},'.encode() in api.get(answer["Location"][8:]).content


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"skill": None}, "skill", "missing"),
        ({"skill": "juggling"}, "skill", "enum"),
        ({"skill": 3}, "skill", "enum"),
        ({"answer": None}, "answer", "missing"),
        ({"answer": "text"}, "answer", "not_an_object"),
        ({"answer": {"text": 5}}, "answer.text", "string_type"),
        ({"answer": {"text": None}}, "answer.text", "string_type"),
        ({"answer": {"text": "a\x00b"}}, "answer.text", "nul_character"),
        ({"answer": {"text": "a\ud800b"}}, "answer.text", "lone_surrogate"),
        ({"answer": {"text": "a", "wordCount": "7"}}, "answer.wordCount", "int_type"),
        ({"answer": {"text": "a", "wordCount": True}}, "answer.wordCount", "int_type"),
        ({"answer": {"text": "a", "score": 10}}, "answer.score", "extra_forbidden"),
        ({"score": 10}, "score", "extra_forbidden"),
        ({"status": "completed"}, "status", "extra_forbidden"),
        ({"submissionId": ""}, "submissionId", "too_short"),
        ({"submissionId": "a" * 65}, "submissionId", "too_long"),
        ({"submissionId": "a b"}, "submissionId", "not_visible"),
        ({"submissionId": "a/cancel"}, "submissionId", "reserved"),
        ({"submissionId": ".."}, "submissionId", "reserved"),
        ({"submission_id": "x"}, "", "key_twice"),
        ({"dispatchedAt": 12}, "dispatchedAt", "not_a_time"),
        ({"dispatchedAt": "yesterday"}, "dispatchedAt", "not_a_time"),
        ({"dispatchedAt": "2026-01-01T00:00:00"}, "dispatchedAt", "no_time_zone"),
        ({"dueAt": "0001-01-01T00:00:00+14:00"}, "dueAt", "not_a_time"),
        ({"otherScores": {"reading": 11}}, "otherScores.reading", "less_than_equal"),
        ({"priority": "urgent"}, "priority", "enum"),
        ({"candidateId": "a\x00"}, "candidateId", "nul_character"),
        (
            {"question": {"prompt": "Write."}, "answer": {"text": "a"}},
            "question.task",
            "task_unknown",
        ),
        ({"question": None}, "question", "question_unknown"),
        ({"question": None, "questionId": "none"}, "questionId", "question_unknown"),
        ({"question": {"task": "speaking_part_1", "prompt": "x"}}, "skill", "skill_mismatch"),
        ({"skill": "speaking"}, "skill", "skill_not_supported"),
        (
            {"question": {"task": "writing_task_1", "prompt": ""}},
            "question.prompt",
            "too_short",
        ),
        ({"metadata": "m" * 20_001}, "metadata", "too_long"),
    ],
)
def test_bad_input_names_the_field_and_changes_nothing(
    api: Api, changes: dict[str, object], field: str, code: str
) -> None:
    body = {**submission(), **changes}
    body = {name: value for name, value in body.items() if not (name in changes and value is None)}
    answer = api.post("submissions", body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    error = answer.json()["errors"][0]
    assert (error["field"], error["code"]) == (field, code)
    assert len(error["message"]) > 5
    assert not Submission.objects.exists()
    assert not QuestionVersion.objects.exists()
    assert not OrmQ.objects.exists()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"{} {}", 400),
        (b'{"skill": NaN}', 400),
        (b'{"skill": "writing", "skill": "writing"}', 400),
        (b'{"answer": {"text": "a", "text": "b"}}', 400),
        (b'{"skill": "\xff"}', 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 100_000, 400),
        (b'{"answer": {"text": "' + b"a" * 1_100_000 + b'"}}', 413),
    ],
)
def test_a_body_that_is_not_one_json_object_is_refused(api: Api, raw: bytes, status: int) -> None:
    answer = api.post("submissions", raw)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["requestId"] == answer["X-Request-ID"]
    assert not Submission.objects.exists()


def test_another_media_type_is_refused(api: Api) -> None:
    assert api.post("submissions", b"a=1", content_type="text/plain").status_code == 415
    gzipped = api.post("submissions", b"{}", **{"Content-Encoding": "gzip"})
    assert gzipped.status_code == 415


def test_the_callers_request_id_is_echoed_unless_it_could_do_harm(api: Api) -> None:
    assert api.get("submissions", **{"X-Request-ID": "abc-123"})["X-Request-ID"] == "abc-123"
    assert api.get("submissions", **{"X-Request-ID": 'a"b c'})["X-Request-ID"] != 'a"b c'


def test_another_clients_submission_is_not_found(api: Api, other_api: Api) -> None:
    submission_id = api.post("submissions", submission()).json()["submissionId"]
    for call in (
        other_api.get(f"submissions/{submission_id}"),
        other_api.post(f"submissions/{submission_id}/cancel"),
        other_api.post(f"submissions/{submission_id}/regrade"),
    ):
        assert call.status_code == 404
        assert call.json()["code"] == "not_found"
    assert other_api.get("submissions").json()["results"] == []
    assert other_api.post("submissions", submission()).status_code == 202


def test_a_call_needs_a_key_that_may_do_it(api: Api) -> None:
    reader = make_api("Reader", Scope.SUBMISSIONS_READ)
    assert reader.post("submissions", submission()).status_code == 403
    assert reader.get("submissions").status_code == 200
    reader.key = "vk_wrong"
    answer = reader.get("submissions")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert reader.browser.get("/api/v1/submissions").status_code == 401
    api.client.keys.update(revoked_at="2026-01-01T00:00:00Z")
    assert api.get("submissions").status_code == 401
    assert not Submission.objects.exists()


def test_keys_are_stored_as_digests_only(api: Api) -> None:
    stored = api.client.keys.get()
    assert api.key.startswith("vk_")
    assert len(api.key) >= 46
    assert api.key not in json.dumps([str(value) for value in vars(stored).values()])


def test_the_list_comes_in_pages_and_can_be_narrowed(api: Api) -> None:
    for number in range(5):
        api.post("submissions", submission(submissionId=f"s{number}"))
    first = api.get("submissions?limit=2").json()
    assert [row["submissionId"] for row in first["results"]] == ["s4", "s3"]
    second = api.get(first["next"].split("/api/v1/")[1]).json()
    assert [row["submissionId"] for row in second["results"]] == ["s2", "s1"]
    assert api.get("submissions?status=completed").json()["results"] == []
    assert len(api.get("submissions?status=pending&skill=writing").json()["results"]) == 5
    moment = Submission.objects.get(submission_id="s3").created_at.isoformat()
    assert len(api.get(f"submissions?since={moment}").json()["results"]) == 2
    bad = api.get("submissions?status=lost")
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (400, "status")


def test_a_page_costs_the_same_queries_for_one_row_and_for_three(
    api: Api, django_assert_max_num_queries
) -> None:
    for number in range(3):
        api.post("submissions", submission(submissionId=f"s{number}"))
    for limit in (1, 3):
        with django_assert_max_num_queries(5):
            api.get(f"submissions?limit={limit}")


def test_what_no_worker_has_claimed_can_be_cancelled_once(api: Api) -> None:
    api.post("submissions", submission(submissionId="a"))
    answer = api.post("submissions/a/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert GradingRun.objects.get().state == "cancelled"
    assert api.post("submissions/a/cancel").status_code == 409
    assert api.post("submissions/a/regrade").status_code == 409


def test_an_idempotency_key_replays_the_first_answer_word_for_word(api: Api) -> None:
    key = {"Idempotency-Key": '"one"'}
    first = api.post("submissions", submission(), **key)
    api.post(f"submissions/{first.json()['submissionId']}/cancel")
    again = api.post("submissions", submission(), **key)
    assert (again.status_code, again.content) == (202, first.content)
    assert again["Location"] == first["Location"]
    assert again["Idempotent-Replayed"] == "true"
    other = api.post("submissions", submission(priority="high"), **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_an_idempotency_key_of_a_refused_call_can_be_used_again(api: Api) -> None:
    key = {"Idempotency-Key": "one"}
    assert api.post("submissions", submission(skill="none"), **key).status_code == 400
    assert api.post("submissions", submission(), **key).status_code == 202
    long = {"Idempotency-Key": "k" * 256}
    assert api.post("submissions", submission(), **long).status_code == 400


def test_a_key_in_progress_is_a_conflict_until_its_request_has_surely_died(api: Api) -> None:
    from grading.queries.status_body import encode
    from grading.services import idempotency

    idempotency.begin(api.client, "one", encode(submission()))
    busy = api.post("submissions", submission(), **{"Idempotency-Key": "one"})
    assert (busy.status_code, busy.json()["code"]) == (409, "idempotency_in_progress")
    IdempotentRequest.objects.update(created_at="2026-01-01T00:00:00Z")
    assert api.post("submissions", submission(), **{"Idempotency-Key": "one"}).status_code == 202


def test_calls_above_the_rate_wait_and_other_clients_do_not(
    api: Api, other_api: Api, monkeypatch
) -> None:
    from rest_framework.settings import api_settings

    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "client", "3/hour")
    assert [api.get("submissions").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = api.get("submissions")
    assert answer.json()["code"] == "rate_limited"
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert other_api.get("submissions").status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}])
def test_twenty_parallel_posts_make_one_submission(headers: dict[str, str]) -> None:
    school = make_api("North school")
    barrier = threading.Barrier(20)
    codes: list[int] = []

    def post() -> None:
        mine = Api(school.client, school.key, type(school.browser)())
        barrier.wait()
        try:
            codes.append(mine.post("submissions", submission(), **headers).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == 20
    assert set(codes) <= {200, 202, 409}
    assert codes.count(202) == 1 or headers
    assert Submission.objects.count() == GradingRun.objects.count() == OrmQ.objects.count() == 1


def test_the_api_page_describes_every_closed_list(api: Api) -> None:
    page = api.browser.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    document = page.json()
    text = json.dumps(document)
    for word in ("review_pending", "injection_suspected", "near_band_cut", "crashed"):
        assert word in text
    assert "/api/v1/submissions" in document["paths"]
    docs = api.browser.get("/api/docs/")
    assert docs.status_code == 200
    assert "https://" not in docs.content.decode()


def test_an_unknown_api_address_is_a_problem(api: Api) -> None:
    answer = api.get("nothing/here")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_key_that_may_not_read_learns_nothing_by_head(api: Api) -> None:
    api.post("submissions", submission(submissionId="known"))
    writer = Api(api.client, issue_key(api.client, [Scope.SUBMISSIONS_WRITE]), api.browser)
    assert writer.call("HEAD", "submissions/known").status_code == 403
    assert writer.call("HEAD", "submissions/unknown").status_code == 403
    assert api.call("HEAD", "submissions/known").status_code == 200

"""The hot queries at a million rows, beside the same queries at a thousand."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure
from grading.tests.live_service import LiveService

SMALL, LARGE = 1_000, 1_000_000

FILL = """
WITH q AS (
    INSERT INTO grading_questionversion (number, task, prompt, min_words)
    VALUES (1, 'writing_task_1', 'Write a letter.', 120) RETURNING id
), rows AS (
    INSERT INTO grading_submission (
        id, client_id, submission_id, fingerprint, question_version_id, skill, task, answer_text,
        answer_extra, status, review_rank, route_reasons, flags, error_code, created_at,
        review_since
    )
    SELECT gen_random_uuid(), c.id, 's' || n, '', q.id, 'writing', 'writing_task_1',
        repeat('word ', 30), '{}',
        CASE WHEN n %% 100 = 0 THEN 'review_pending' WHEN n %% 1000 = 1 THEN 'pending'
             ELSE 'failed' END,
        n %% 3 + 1, '{}', '{}', 'crashed', now() - n * interval '1 second',
        now() - n * interval '1 second'
    FROM generate_series(%s::int, %s::int) n, q, (SELECT id FROM grading_client LIMIT 1) c
    RETURNING id, status
)
INSERT INTO grading_gradingrun (
    submission_id, number, state, due_at, attempts, orderly_ends, fence, worker, last_error
)
SELECT id, 1, CASE WHEN status = 'pending' THEN 'queued' ELSE 'done' END, now(), 1, 1, 1, '', ''
FROM rows
"""

HOT = {
    "claim": """SELECT id FROM grading_gradingrun WHERE state = 'queued' AND due_at <= now()
        AND NOT attempts >= orderly_ends + 2 ORDER BY due_at, id LIMIT 50
        FOR UPDATE SKIP LOCKED""",
    "review queue": """SELECT id FROM grading_submission WHERE status = 'review_pending'
        ORDER BY review_rank DESC, review_since, id LIMIT 50""",
    "a client's list": """SELECT id FROM grading_submission WHERE client_id =
        (SELECT id FROM grading_client LIMIT 1) ORDER BY created_at DESC, id DESC LIMIT 51""",
    "one submission": """SELECT id FROM grading_submission WHERE client_id =
        (SELECT id FROM grading_client LIMIT 1) AND submission_id = 's500'""",
    "oldest waiting": """SELECT created_at FROM grading_submission
        WHERE status IN ('pending', 'processing') ORDER BY created_at LIMIT 1""",
}


def measure() -> list[Figure]:
    """Milliseconds of each hot query at a million rows against a thousand."""
    with tempfile.TemporaryDirectory() as folder, LiveService(Path(folder)) as service:
        fill(service, 1, SMALL)
        small = {name: timed(service, query) for name, query in HOT.items()}
        fill(service, SMALL + 1, LARGE)
        return [
            Figure(
                f"query: {name}",
                timed(service, query),
                "ms at 1,000,000 rows",
                "same at 1,000 rows",
                small[name],
            )
            for name, query in HOT.items()
        ]


def fill(service: LiveService, first: int, last: int) -> None:
    service.sql(FILL, first, last)
    service.sql("ANALYZE")


def timed(service: LiveService, query: str) -> float:
    def run() -> float:
        plan = service.sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}")[0][0]
        return float(plan[0]["Execution Time"])

    return median_of(run)


def median_of(run: Callable[[], float]) -> float:
    return sorted(run() for _ in range(9))[4]

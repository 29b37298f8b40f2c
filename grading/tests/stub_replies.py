"""What the stub provider writes: replies for an essay, good ones and every kind of bad one."""

import hashlib
import json
import re
from typing import Any

CRITERIA = ("taskFulfillment", "organization", "vocabulary", "grammar")

_TOKEN = re.compile(r"[0-9a-f]{32}")
_SCORE_ORDER = re.compile(
    r"\b(10(?:\.0)?|full (?:marks?|score)|maximum|max(?:imum)? (?:score|band))\b", re.I
)
_REPEAT_ORDER = re.compile(r"repeat|print|reveal|show|leak", re.I)
_PROMPT_WORDS = re.compile(r"system prompt|instructions|the text above|rubric", re.I)


def question_and_essay(messages: list[dict[str, Any]]) -> tuple[str, str]:
    """Split the first user message at the fence the prompt declares."""
    user = next((str(m["content"]) for m in messages if m.get("role") == "user"), "")
    token = _TOKEN.search(user)
    if token is None:
        return "", user
    places = [match.start() for match in re.finditer(token.group(), user)]
    if len(places) < 2:
        return user, ""
    opening = user.find("\n", places[-2])
    closing = user.rfind("\n", 0, places[-1])
    return user[: places[-2]], user[opening + 1 : closing]


def sentences(essay: str) -> list[str]:
    parts = [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", essay)]
    return [part for part in parts if len(part) > 12] or [essay.strip()]


def derived_scores(essay: str) -> dict[str, float]:
    """The same essay always gets the same scores: by its length, with a little from its hash."""
    base = min(8.0, len(essay.split()) / 40)
    digest = hashlib.sha256(essay.encode("utf-8", "replace")).digest()
    return {
        name: max(0.0, min(10.0, (round(base * 2) + digest[i] % 3 - 1) / 2))
        for i, name in enumerate(CRITERIA)
    }


def good_reply(essay: str, scores: dict[str, float] | None = None) -> dict[str, Any]:
    """A reply in the shape asked for, with quotes that stand in the essay."""
    quotes = sentences(essay)
    marks = {**derived_scores(essay), **(scores or {})}
    reply: dict[str, Any] = {
        name: {
            "quotes": [quotes[i % len(quotes)][:200]],
            "comment": "This part supports the mark given.",
            "score": marks[name],
        }
        for i, name in enumerate(CRITERIA)
    }
    reply["grammarErrors"] = [
        {"quote": quotes[-1][:80], "message": "Check the verb.", "suggestion": "Use the past."}
    ]
    reply["feedback"] = "You answer the question and your ideas are easy to follow. Keep writing."
    return reply


def obedient_reply(messages: list[dict[str, Any]], essay: str) -> str:
    """What a model says that does whatever the essay orders."""
    inside = _json_object(essay)
    if inside is not None:
        return inside
    reply = good_reply(essay)
    if _REPEAT_ORDER.search(essay) and _PROMPT_WORDS.search(essay):
        reply["feedback"] = "\n".join(str(m["content"]) for m in messages)[:5900]
    for name in CRITERIA:
        reply[name]["score"] = 10
    return json.dumps(reply)


def _json_object(essay: str) -> str | None:
    for start in (match.start() for match in re.finditer(r"\{", essay)):
        try:
            value, length = json.JSONDecoder().raw_decode(essay[start:])
        except json.JSONDecodeError:
            continue
        if isinstance(value, dict) and value:
            return essay[start : start + length]
    return None


def _with_score(essay: str, literal: str) -> str:
    """A good reply whose grammar score is this piece of JSON, legal or not."""
    reply = good_reply(essay)
    reply["grammar"]["score"] = "@@"
    return json.dumps(reply).replace('"@@"', literal)


def _changed(essay: str, **changes: Any) -> str:
    return json.dumps({**good_reply(essay), **changes})


def _without(essay: str, name: str) -> str:
    reply = good_reply(essay)
    del reply[name]
    return json.dumps(reply)


def _wrong_quotes(essay: str, names: tuple[str, ...] = CRITERIA) -> str:
    reply = good_reply(essay)
    for name in names:
        reply[name]["quotes"] = ["these words stand nowhere in what was written"]
    return json.dumps(reply)


def _renamed(essay: str) -> str:
    reply = good_reply(essay)
    reply["lexicalResource"] = reply.pop("vocabulary")
    return json.dumps(reply)


def _huge(essay: str) -> str:
    return _changed(essay, feedback="very good " * 100_000)


SCORE_LITERALS = {
    "score_11": "11",
    "score_minus_1": "-1",
    "score_7_3": "7.3",
    "score_text": '"7"',
    "score_true": "true",
    "score_null": "null",
    "score_list": "[7]",
    "score_nan": "NaN",
    "score_infinity": "Infinity",
    "score_1e400": "1e400",
}

# Replies with status 200 and finish_reason "stop" that only their text makes bad (or merely odd).
TEXTS = {
    "empty": lambda essay: "",
    "blank": lambda essay: "  \n ",
    "bad_json": lambda essay: json.dumps(good_reply(essay))[:-40],
    "not_json": lambda essay: "I would give this essay a seven.",
    "fenced": lambda essay: f"```json\n{json.dumps(good_reply(essay))}\n```",
    "preamble": lambda essay: f"Here is my assessment:\n\n{json.dumps(good_reply(essay))}",
    "duplicate_keys": lambda essay: _with_score(essay, '3.0, "score": 10'),
    "extra_key": lambda essay: _changed(essay, override=True),
    "extra_criterion": lambda essay: _changed(essay, fluency=good_reply(essay)["grammar"]),
    "missing_criterion": lambda essay: _without(essay, "vocabulary"),
    "wrong_criterion_name": _renamed,
    "self_total": lambda essay: _changed(essay, overallScore=10),
    "wrong_quotes": _wrong_quotes,
    "wrong_quotes_grammar": lambda essay: _wrong_quotes(essay, ("grammar",)),
    "huge": _huge,
    "nul": lambda essay: _changed(essay, feedback="Well done.\x00 Good."),
    "surrogate": lambda essay: _changed(essay, feedback="Well done \ud800."),
    "markup": lambda essay: _changed(
        essay,
        feedback="<script>alert(1)</script> See https://evil.example/?q=1 or "
        "![x](https://evil.example/p.png) \u202ereversed\u202c and [mail](javascript:alert(1)).",
    ),
    **{
        mode: (lambda essay, literal=literal: _with_score(essay, literal))
        for mode, literal in SCORE_LITERALS.items()
    },
}

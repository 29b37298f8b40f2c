"""What callers send: camelCase or snake_case, strict types, nothing unknown."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)
from pydantic.alias_generators import to_camel, to_snake
from pydantic_core import PydanticCustomError

from grading.enums import Priority, Skill, Task

LONGEST_ANSWER = 20_000
LONGEST_PROMPT = 10_000
LONGEST_METADATA = 20_000
# What stands behind an id in the addresses of the API.
RESERVED_ENDINGS = frozenset(
    {"cancel", "regrade", "remark", "events", "claim", "release", "review"}
)


def _storable(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("nul_character", "must not contain the NUL character U+0000")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise PydanticCustomError("lone_surrogate", "must not contain half of a surrogate pair")
    return text


def _visible(text: str) -> str:
    if not all(character.isprintable() and not character.isspace() for character in text):
        raise PydanticCustomError("not_visible", "must consist of visible characters only")
    return text


def _addressable(identifier: str) -> str:
    """Every id has an address of its own: none that a verb's address or a URL client takes away."""
    parent, slash, ending = identifier.rpartition("/")
    if identifier in {".", ".."} or (slash and parent and ending in RESERVED_ENDINGS):
        raise PydanticCustomError(
            "reserved", "must not be . or .., nor end in a slash and a verb such as /cancel"
        )
    return identifier


def _moment(value: Any) -> Any:
    """RFC 3339 text only: a bare number could be seconds or milliseconds."""
    if not isinstance(value, str):
        raise PydanticCustomError("not_a_time", "must be a time such as 2026-02-16T07:11:04Z")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError(
            "not_a_time", "must be a time such as 2026-02-16T07:11:04Z"
        ) from None
    if moment.tzinfo is None:
        raise PydanticCustomError("no_time_zone", "must name its time zone, such as Z or +07:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("not_a_time", "must be a time within years 1 to 9999") from None


def _storable_json(value: JsonValue) -> JsonValue:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError(
            "lone_surrogate", "must not contain half of a surrogate pair"
        ) from None
    except ValueError:
        raise PydanticCustomError("too_large", "must not contain a number beyond 1e308") from None
    if "\\u0000" in text:
        raise PydanticCustomError("nul_character", "must not contain the NUL character U+0000")
    return value


Text = Annotated[str, AfterValidator(_storable)]
Identifier = Annotated[
    str,
    Field(min_length=1, max_length=64),
    AfterValidator(_visible),
    AfterValidator(_addressable),
]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
StorableJson = Annotated[JsonValue, AfterValidator(_storable_json)]
BandScore = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]


class Incoming(BaseModel):
    """Strict on types, both spellings of a key taken, never both at once, none unknown."""

    model_config = ConfigDict(
        strict=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, frozen=True
    )

    @model_validator(mode="before")
    @classmethod
    def _one_spelling(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise PydanticCustomError("not_an_object", "must be a JSON object")
        for key in value:
            if to_snake(key) != key and to_snake(key) in value:
                raise PydanticCustomError(
                    "key_twice",
                    "has both {camel} and {snake}: send one of them",
                    {"camel": key, "snake": to_snake(key)},
                )
        return value


class AnswerIn(Incoming):
    text: Annotated[Text, Field(max_length=LONGEST_ANSWER)]
    word_count: Annotated[int | None, Field(ge=0, le=100_000)] = None
    task_type: Literal["email", "essay"] | None = None
    part_number: Annotated[int | None, Field(ge=1, le=3)] = None


class InlineQuestionIn(Incoming):
    task: Annotated[Task | None, Field(strict=False)] = None
    prompt: Annotated[Text, Field(min_length=1, max_length=LONGEST_PROMPT)]
    min_words: Annotated[int | None, Field(ge=1, le=2_000)] = None
    content: StorableJson = None


class QuestionIn(Incoming):
    task: Annotated[Task, Field(strict=False)]
    prompt: Annotated[Text, Field(min_length=1, max_length=LONGEST_PROMPT)]
    min_words: Annotated[int | None, Field(ge=1, le=2_000)] = None
    content: StorableJson = None


class OtherScoresIn(Incoming):
    listening: BandScore | None = None
    reading: BandScore | None = None
    writing: BandScore | None = None
    speaking: BandScore | None = None


class SubmissionIn(Incoming):
    submission_id: Identifier | None = None
    question_id: Identifier | None = None
    question: InlineQuestionIn | None = None
    skill: Annotated[Skill, Field(strict=False)]
    answer: AnswerIn
    dispatched_at: Moment | None = None
    candidate_id: Annotated[Text | None, Field(max_length=200)] = None
    group: Annotated[Text | None, Field(max_length=100)] = None
    other_scores: OtherScoresIn | None = None
    due_at: Moment | None = None
    priority: Annotated[Priority | None, Field(strict=False)] = None
    metadata: JsonValue = None

    def fingerprint(self) -> str:
        """Sha256 of what makes two submissions the same: all but when they were sent."""
        content = self.model_dump(mode="json", exclude={"dispatched_at"}, exclude_none=True)
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

"""The environment, read once and checked; every name here stands in .env.example."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent

CommaList = Annotated[tuple[str, ...], NoDecode]


def _is_url(value: str, schemes: set[str]) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes


class Environment(BaseSettings):
    model_config = SettingsConfigDict(env_file=BASE_DIR / ".env", extra="ignore", frozen=True)

    database_url: str = ""
    redis_url: str = ""
    secret_key: str = ""
    debug: bool = False
    allowed_hosts: CommaList = ("localhost", "127.0.0.1", "[::1]")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    port: int = Field(8000, ge=1, le=65535)
    https: bool = False
    var_dir: Path = BASE_DIR / "var"

    llm_model: str = ""
    llm_fallback_model: str = ""
    llm_api_base: str = ""
    llm_api_key: str = ""
    llm_timeout: float = Field(60, gt=0, le=600)
    llm_retries: int = Field(1, ge=0, le=5)
    llm_tries: int = Field(1, ge=1, le=9)
    llm_outage_fallback_minutes: float = Field(10, ge=0, le=10_080)
    grading_concurrency: int = Field(100, ge=1, le=1000)
    auto_release_policy: Literal["calibrated", "fixed"] = "calibrated"
    discrepancy_threshold: Decimal = Field(Decimal("1.0"), gt=0, le=10)
    time_zone: str = "Asia/Ho_Chi_Minh"
    undo_seconds: int = Field(90, ge=0, le=86_400)

    rate_limit: str = "600/min"
    metrics_token: str = ""

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("time_zone")
    @classmethod
    def is_a_time_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be a name such as Asia/Ho_Chi_Minh or UTC")
        return value

    @field_validator("database_url")
    @classmethod
    def is_a_postgresql_url(cls, value: str) -> str:
        if value and not _is_url(value, {"postgres", "postgresql"}):
            raise ValueError("must be like postgresql://user:password@host:port/name")
        return value

    @field_validator("redis_url")
    @classmethod
    def is_a_redis_url(cls, value: str) -> str:
        if value and not _is_url(value, {"redis", "rediss", "unix"}):
            raise ValueError("must be like redis://host:6379/0")
        return value

    @field_validator("rate_limit")
    @classmethod
    def is_a_rate(cls, value: str) -> str:
        number, _, period = value.partition("/")
        if not number.isdecimal() or int(number) < 1 or period not in {"sec", "min", "hour", "day"}:
            raise ValueError("must be like 600/min: a number, a slash, and sec, min, hour or day")
        return value


class BadEnvironment(SystemExit):
    """Ends the start with one sentence per bad variable."""


def read_environment() -> Environment:
    """The checked environment; BadEnvironment names every variable with a bad value."""
    try:
        return Environment()
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise BadEnvironment("The environment has a bad value. " + " ".join(lines)) from None

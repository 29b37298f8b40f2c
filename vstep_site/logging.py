"""One JSON object a line, ids only: never a name, an answer, a transcript or a key."""

import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import FrameType
from typing import Any

import structlog

from vstep_site.environment import BASE_DIR

SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def drop_stack_locals(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Keep where an exception arose and its class; its message may hold a candidate's words."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if info and info[0] is not None:
        places = list(traceback.walk_tb(info[2]))
        ours = [place for place in places if _is_ours(place[0])]
        event["exception"] = info[0].__name__
        # A database fault ends deep in libraries: our own last lines tell more than theirs.
        event["where"] = [_place(frame, line) for frame, line in ours[-5:] + places[-3:]]
    return event


def _is_ours(frame: FrameType) -> bool:
    path = Path(frame.f_code.co_filename)
    return path.is_relative_to(BASE_DIR) and "site-packages" not in path.parts


def _place(frame: FrameType, line: int) -> str:
    return f"{frame.f_code.co_filename.rsplit('/', 2)[-1]}:{line}:{frame.f_code.co_name}"


def configure(level: str) -> dict[str, Any]:
    """The LOGGING setting: stdlib and structlog loggers share one JSON line on stderr."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_PROCESSORS,
            drop_stack_locals,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*SHARED_PROCESSORS, drop_stack_locals],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # django-q2 would attach a handler of its own and log task results.
            "django-q": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "django.server": {"handlers": ["stderr"], "level": level, "propagate": False},
        },
    }

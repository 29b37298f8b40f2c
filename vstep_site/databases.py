"""Where rows and shared counters live."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def database_setting(url: str, var_dir: Path) -> dict[str, Any]:
    """Django's setting for a postgresql:// URL, or for the embedded server when there is none."""
    if not url:
        from vstep_site.embedded_postgres import ensure_running

        return ensure_running(var_dir / "postgres").django_setting()
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


def cache_setting(redis_url: str) -> dict[str, Any]:
    """Redis where there is one; otherwise a table, so that limits hold across processes."""
    if redis_url:
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis_url}
    return {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shared_cache"}

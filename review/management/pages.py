"""Static files of the pages, collected again only where one of them changed."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

STAMP = "collected"


def collect_pages() -> bool:
    """Collect what the web server serves; False where everything is in place already."""
    # Outside the folder that is served.
    stamp = Path(settings.VAR_DIR) / STAMP
    now = fingerprint()
    if stamp.is_file() and stamp.read_text() == now and Path(settings.STATIC_ROOT).is_dir():
        return False
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(now)
    return True


def fingerprint() -> str:
    """Changes with any source file's name, size or time, and with how and where files are kept."""
    seen = hashlib.sha256(repr((settings.STORAGES["staticfiles"], settings.STATIC_ROOT)).encode())
    for finder in get_finders():
        for name, storage in finder.list(None):
            state = Path(storage.path(name)).stat()
            seen.update(f"{name}\0{state.st_size}\0{state.st_mtime_ns}\0".encode())
    return seen.hexdigest()

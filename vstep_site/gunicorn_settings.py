"""How gunicorn serves the pages and the API; its log lines are JSON like all others."""

import os
from pathlib import Path

from vstep_site.environment import read_environment
from vstep_site.logging import configure

ENV = read_environment()

wsgi_app = "vstep_site.wsgi"
bind = f"127.0.0.1:{ENV.port}"
# Threads wait for the database, processes use the second core.
workers = 2
worker_class = "gthread"
threads = 8
graceful_timeout = 10
timeout = 60
loglevel = "warning"
# A heartbeat on a slow disk blocks a worker.
_memory = Path("/dev/shm")  # noqa: S108  shared memory, not a temporary folder
worker_tmp_dir = str(_memory) if os.access(_memory, os.W_OK) else None
# Whatever a proxy in front has taken in, a line and a header stay within bounds.
limit_request_line = 8190
control_socket_disable = True
logconfig_dict = configure(ENV.log_level)

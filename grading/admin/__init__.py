"""The operator's pages: versions, clients and keys, and the service's records to look at."""

from contextlib import suppress

from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django_q import admin as _queue_pages  # noqa: F401  registers them, so that they can be taken out
from django_q.models import Failure, OrmQ, Schedule, Success

from grading.admin import clients, records, submissions, versions

__all__ = ["clients", "records", "submissions", "versions"]

admin.site.site_header = admin.site.site_title = "VSTEP grading"
admin.site.index_title = "Operation"

# A schedule runs any function by its name, and a queued task is a signed pickle: whoever could
# edit them here could run code. The grading runs show what the queue is about.
for _model in (Schedule, Success, Failure, OrmQ):
    with suppress(NotRegistered):
        admin.site.unregister(_model)

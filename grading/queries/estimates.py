"""Pages of tables that are too large to count."""

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property

# Counted up to here where the table's own estimate says nothing: a filter, or a new table.
COUNT_LIMIT = 1000

if TYPE_CHECKING:
    AnyPaginator = Paginator[Any]
else:
    AnyPaginator = Paginator


class EstimatingPaginator(AnyPaginator):
    """Never counts a large table: PostgreSQL's own estimate, or a count that ends early."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)  # noqa: S101  the changelist hands in nothing else
        if not rows.query.where:
            estimate = estimated_rows(rows.model)
            if estimate > COUNT_LIMIT:
                return estimate
        return rows.order_by().values("pk")[:COUNT_LIMIT].count()


def estimated_rows(model: type[Model]) -> int:
    """The planner's row count of a table, -1 where it has none yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
            [model._meta.db_table],
        )
        return int(cursor.fetchone()[0])

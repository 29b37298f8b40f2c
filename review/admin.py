"""Claims and ratings: to look at, not to edit."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from grading.queries.estimates import EstimatingPaginator
from review.models import Claim, Rating

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class RecordAdmin(ModelAdmin):
    paginator = EstimatingPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 50
    list_select_related: ClassVar[tuple[str, ...]] = ("submission", "rater")
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Claim)
class ClaimAdmin(RecordAdmin):
    list_display = ("submission", "rater", "created_at", "lease_until", "ended_at")
    list_filter = ("rater",)


@admin.register(Rating)
class RatingAdmin(RecordAdmin):
    list_display = ("submission", "rater", "submitted_at", "settles_at", "undone_at", "grade")
    list_filter = ("rater", "override_reason")
    list_select_related: ClassVar[tuple[str, ...]] = ("submission", "rater", "grade")

"""What the admin's pages share: tables too large to count, and rows nobody edits by hand."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from grading.queries.estimates import EstimatingPaginator

INLINE_LIMIT = 100

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    InlineFormSet = BaseInlineFormSet[Any, Any, Any]
    ModelForm = forms.ModelForm[Any]
else:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline
    InlineFormSet = BaseInlineFormSet
    ModelForm = forms.ModelForm


class ViewOnly:
    """Rows that services write and nobody edits."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RecordAdmin(ViewOnly, ModelAdmin):
    """A list of such rows, however long it is."""

    paginator = EstimatingPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 50


class FirstRows(InlineFormSet):
    """No more rows than a page can show; the rest is found through the row's own list."""

    def get_queryset(self) -> QuerySet[Any]:
        if not hasattr(self, "_first_rows"):
            self._first_rows = super().get_queryset()[:INLINE_LIMIT]
        return self._first_rows


class RecordInline(ViewOnly, TabularInline):
    formset = FirstRows
    extra = 0
    can_delete = False
    show_change_link = False

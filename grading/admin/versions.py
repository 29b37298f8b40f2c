"""Rubrics and prompts: drafts are edited, what is in force or was used is copied."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import JSONField, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from grading.admin.base import ModelAdmin, ModelForm
from grading.models import PromptVersion, RubricVersion
from grading.services.versions import (
    VersionRefused,
    activate_version,
    copy_version,
    is_editable,
    problems_of,
)


class IndentedJSON(forms.JSONField):
    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) or value is None:
            return value
        return json.dumps(value, ensure_ascii=False, indent=2)


class VersionForm(ModelForm):
    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.errors:
            # The instance itself is filled in later; a copy shows what it would become.
            names = {field.name for field in self._meta.model._meta.concrete_fields}
            given = {name: value for name, value in (cleaned or {}).items() if name in names}
            given.setdefault("skill", self.instance.skill)
            if problems := problems_of(self._meta.model(**given)):
                raise forms.ValidationError(problems)
        return cleaned


class VersionAdmin(ModelAdmin):
    class Media:
        css = {"all": ["grading/admin.css"]}

    content_fields: tuple[str, ...] = ()
    form = VersionForm
    formfield_overrides = {
        JSONField: {
            "form_class": IndentedJSON,
            "widget": forms.Textarea(attrs={"rows": 40, "class": "vLargeTextField"}),
        }
    }
    list_display = ("name", "skill", "is_active", "frozen_at", "created_at")
    list_filter = ("skill", "is_active")
    readonly_fields = ("is_active", "frozen_at", "content_hash", "created_at")
    change_form_template = "admin/grading/version_change_form.html"
    actions = ("copy_as_drafts",)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        content = [*self.content_fields]
        if obj is not None and not self.has_change_permission(request, obj):
            content = [f"{name}_as_it_stands" for name in content]
        return ["skill", "name", *content, *(self.readonly_fields if obj else ())]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [*self.readonly_fields, *(f"{name}_as_it_stands" for name in self.content_fields)]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or is_editable(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and is_editable(obj) and super().has_delete_permission(request, obj)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "POST":
            # A worker may begin to use it while the form is being saved: whoever has the row
            # first decides. Django's own change view runs in one transaction.
            found = self.model._default_manager.select_for_update().get(pk=found.pk)
        return found

    def get_urls(self) -> list[URLPattern]:
        name = f"grading_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        own = [
            path("<int:pk>/copy/", wrap(self.copy_view), name=f"{name}_copy"),
            path("<int:pk>/activate/", wrap(self.activate_view), name=f"{name}_activate"),
        ]
        return [*own, *super().get_urls()]

    def copy_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self._version(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        copy = copy_version(version)
        self.log_addition(request, copy, f"Copied from {version.name}.")
        self.message_user(request, f"{copy.name} is a draft: edit it, then activate it.")
        return redirect(self._address("change", copy.pk))

    def activate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self._version(request, pk)
        if request.method != "POST":
            return self._confirmation(request, version)
        try:
            activate_version(version)
        except VersionRefused as error:
            for problem in error.problems:
                self.message_user(request, problem, messages.ERROR)
        else:
            self.log_change(request, version, "Activated.")
            self.message_user(request, f"New gradings use {version.name}.", messages.SUCCESS)
        return redirect(self._address("change", pk))

    def _confirmation(self, request: HttpRequest, version: Any) -> HttpResponse:
        in_force = self.model._default_manager.filter(skill=version.skill, is_active=True).first()
        context = {
            **self.admin_site.each_context(request),
            "title": f"Activate {version.name}",
            "opts": self.opts,
            "version": version,
            "in_force": in_force,
            "problems": problems_of(version),
        }
        return TemplateResponse(request, "admin/grading/version_activate.html", context)

    def _version(self, request: HttpRequest, pk: int) -> Any:
        if not super().has_change_permission(request):
            raise PermissionDenied
        found = self.model._default_manager.filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def _address(self, page: str, pk: int) -> str:
        name = f"{self.admin_site.name}:grading_{self.opts.model_name}_{page}"
        return reverse(name, args=[pk])

    def has_copy_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request)

    @admin.action(description="Copy as new drafts", permissions=["copy"])
    def copy_as_drafts(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for version in queryset:
            copy = copy_version(version)
            self.log_addition(request, copy, f"Copied from {version.name}.")
            self.message_user(request, f"{copy.name} is a draft of {version.name}.")


def _verbatim(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return format_html('<pre class="version-text">{}</pre>', text)


@admin.register(RubricVersion)
class RubricVersionAdmin(VersionAdmin):
    content_fields = ("criteria", "underlength_caps")

    @admin.display(description="criteria")
    def criteria_as_it_stands(self, version: RubricVersion) -> str:
        return _verbatim(version.criteria)

    @admin.display(description="underlength caps")
    def underlength_caps_as_it_stands(self, version: RubricVersion) -> str:
        return _verbatim(version.underlength_caps)


@admin.register(PromptVersion)
class PromptVersionAdmin(VersionAdmin):
    content_fields = ("system_text", "user_text")

    @admin.display(description="system text")
    def system_text_as_it_stands(self, version: PromptVersion) -> str:
        return _verbatim(version.system_text)

    @admin.display(description="user text")
    def user_text_as_it_stands(self, version: PromptVersion) -> str:
        return _verbatim(version.user_text)

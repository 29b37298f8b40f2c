"""Clients and their keys; a key is shown once, its digest and webhook secrets never."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from grading.admin.base import ModelAdmin, ModelForm, RecordAdmin, RecordInline
from grading.enums import Scope
from grading.models import ApiKey, Client
from grading.services.clients import create_client, issue_key, revoke_key

KEY_FIELDS = ("hint", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")


class ScopesForm(forms.Form):
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, scope.value) for scope in Scope],
        initial=[scope.value for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        help_text="What the key may do.",
    )


class ClientForm(ModelForm):
    webhook_url = forms.URLField(
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text="Where events about its submissions are sent.",
    )


class KeyInline(RecordInline):
    model = ApiKey
    fields = KEY_FIELDS
    readonly_fields = KEY_FIELDS
    show_change_link = True


@admin.register(Client)
class ClientAdmin(ModelAdmin):
    form = ClientForm
    list_display = ("name", "is_active", "webhook_url", "created_at")
    list_filter = ("is_active",)
    search_fields = ("name",)
    fields = ("name", "is_active", "webhook_url", "created_at")
    readonly_fields = ("created_at",)
    inlines = (KeyInline,)
    change_form_template = "admin/grading/client_change_form.html"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Its submissions are the record of what it was told; it is made inactive instead.
        return False

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        client, key = create_client(obj.name)
        obj.pk, obj.webhook_secret, obj.created_at = (
            client.pk,
            client.webhook_secret,
            client.created_at,
        )
        obj._state.adding = False
        obj.save(update_fields=["is_active", "webhook_url"])
        request.new_key = key  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Client, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._key_page(request, obj, request.new_key)  # type: ignore[attr-defined]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = path("<int:pk>/key/", wrap(self.key_view), name="grading_client_key")
        return [own, *super().get_urls()]

    def key_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        client = Client.objects.filter(pk=pk).first()
        if client is None:
            raise Http404
        if not self.has_change_permission(request, client):
            raise PermissionDenied
        form = ScopesForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            scopes = [Scope(text) for text in form.cleaned_data["scopes"]]
            key = issue_key(client, scopes)
            self.log_change(request, client, f"Issued a key for {', '.join(scopes)}.")
            return self._key_page(request, client, key)
        return self._page(request, client, {"form": form})

    def _key_page(self, request: HttpRequest, client: Client, key: str) -> HttpResponse:
        """The answer itself shows the key: a message would leave it in a cookie."""
        response = self._page(request, client, {"key": key})
        response.headers["Cache-Control"] = "no-store, private"
        return response

    def _page(self, request: HttpRequest, client: Client, more: dict[str, Any]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Key for {client.name}",
            "opts": self.opts,
            "client": client,
            **more,
        }
        return TemplateResponse(request, "admin/grading/client_key.html", context)


@admin.register(ApiKey)
class ApiKeyAdmin(RecordAdmin):
    list_display = ("hint", "client", *KEY_FIELDS[1:])
    list_filter = ("client",)
    list_select_related = ("client",)
    fields = ("client", *KEY_FIELDS)
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("grading.change_apikey"))

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        revoked = 0
        for key in queryset.filter(revoked_at=None):
            revoke_key(key)
            self.log_change(request, key, "Revoked.")
            revoked += 1
        self.message_user(request, f"Refused from now on: {revoked}.", messages.SUCCESS)

"""A client proves itself with `Authorization: Bearer vk_...`; a key may do what its scopes say."""

from typing import Any

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from grading.enums import Scope
from grading.models import ApiKey, Client
from grading.services.clients import KEY_PREFIX, find_key


class ApiKeyAuthentication(BaseAuthentication):
    """`request.user` is the client, `request.auth` its key."""

    def authenticate(self, request: Request) -> tuple[Client, ApiKey] | None:
        parts = get_authorization_header(request).split()
        if not parts:
            return None
        if len(parts) != 2 or parts[0].lower() != b"bearer":
            raise AuthenticationFailed("Send the key as: Authorization: Bearer vk_...")
        try:
            text = parts[1].decode("ascii")
        except UnicodeDecodeError:
            text = ""
        key = find_key(text) if text.startswith(KEY_PREFIX) else None
        if key is None:
            raise AuthenticationFailed("The key is unknown, expired or revoked.")
        return key.client, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def client_of(request: Request) -> Client:
    """The client that proved itself; AuthenticationFailed where a view let nobody in."""
    client: object = request.user
    if not isinstance(client, Client):
        raise AuthenticationFailed
    return client


class HasScope(BasePermission):
    """The key holds the scope that the view names for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            return False
        # A HEAD runs the GET and tells what exists.
        method = "GET" if request.method == "HEAD" else request.method
        needed: Scope | None = view.scopes.get(method)
        self.message = f"The key lacks the scope {needed}."
        return needed is None or needed in request.auth.scopes

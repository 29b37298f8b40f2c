"""Who may see and do what in the console; views cannot pass by."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django_htmx.middleware import HtmxDetails

from grading.models import Submission
from review import queries


class Role(StrEnum):
    RATER = "rater"
    LEAD = "lead"
    ADMIN = "admin"


class RaterRequest(HttpRequest):
    """A request of a signed-in person with a role."""

    user: User
    htmx: HtmxDetails
    roles: frozenset[Role]


Rest = ParamSpec("Rest")
View = Callable[Concatenate[RaterRequest, Rest], HttpResponseBase]
GuardedView = Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]


def roles_of(user: User | AnonymousUser) -> frozenset[Role]:
    """The roles of a signed-in, active person."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    names = set(user.groups.values_list("name", flat=True))
    roles = {role for role in (Role.RATER, Role.LEAD) if role in names}
    if user.is_superuser or user.is_staff:
        roles.add(Role.ADMIN)
    return frozenset(roles)


def rater_required(view: View[Rest]) -> GuardedView[Rest]:
    """Raters, leads and admins; others are asked to sign in or refused."""
    return requiring(frozenset(Role), view)


def lead_required(view: View[Rest]) -> GuardedView[Rest]:
    """Leads and admins only."""
    return requiring(frozenset({Role.LEAD, Role.ADMIN}), view)


def requiring(allowed: frozenset[Role], view: View[Rest]) -> GuardedView[Rest]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return sign_in_first(request)
        roles = roles_of(request.user)
        if not roles & allowed:
            raise PermissionDenied
        rater_request = cast(RaterRequest, request)
        rater_request.roles = roles
        return view(rater_request, *args, **kwargs)

    return cast(GuardedView[Rest], guarded)


def sign_in_first(request: HttpRequest) -> HttpResponseBase:
    """A swap gets 401 and keeps the page, with what was typed in it; a page goes to the sign-in."""
    if cast(RaterRequest, request).htmx:
        return HttpResponse(status=401)
    return redirect_to_login(request.get_full_path() if request.method == "GET" else "/review/")


def is_lead(request: RaterRequest) -> bool:
    return bool(request.roles & {Role.LEAD, Role.ADMIN})


def get_reviewable(request: RaterRequest, submission_id: UUID) -> Submission:
    """A response this person may open: leads all, raters what was ever sent to raters."""
    submission = queries.submission_with_all(submission_id)
    if submission is None or not (is_lead(request) or submission.review_since is not None):
        raise Http404
    return submission

"""Addresses of the console."""

from django.urls import path

from review.views import dashboard, queue, response, session

urlpatterns = [
    path("accounts/login/", session.SignIn.as_view(), name="login"),
    path("accounts/logout/", session.SignOut.as_view(), name="logout"),
    path("review/", queue.queue, name="queue"),
    path("review/next", queue.open_next, name="next"),
    path("review/dashboard/", dashboard.dashboard, name="dashboard"),
    path("review/<uuid:submission_id>/", response.show, name="response"),
    path("review/<uuid:submission_id>/claim", response.claim, name="claim"),
    path("review/<uuid:submission_id>/renew", response.renew, name="renew"),
    path("review/<uuid:submission_id>/release", response.release, name="release"),
    path("review/<uuid:submission_id>/submit", response.submit, name="submit"),
    path("review/<uuid:submission_id>/undo", response.undo, name="undo"),
]

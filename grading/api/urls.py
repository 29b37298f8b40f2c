from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from grading.api import openapi  # noqa: F401  registers itself
from grading.api.views.questions import QuestionView
from grading.api.views.submissions import (
    CancelView,
    RegradeView,
    SubmissionsView,
    SubmissionView,
)

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("v1/submissions", SubmissionsView.as_view(), name="submissions"),
    path("v1/submissions/<path:submission_id>/cancel", CancelView.as_view(), name="cancel"),
    path("v1/submissions/<path:submission_id>/regrade", RegradeView.as_view(), name="regrade"),
    path("v1/submissions/<path:submission_id>", SubmissionView.as_view(), name="submission"),
    path("v1/questions/<path:question_id>", QuestionView.as_view(), name="question"),
]

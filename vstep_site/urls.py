from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from vstep_site import health

urlpatterns = [
    path("", RedirectView.as_view(url="/review/", permanent=False)),
    path("favicon.ico", RedirectView.as_view(url="/static/img/mark.svg", permanent=True)),
    path("ready", health.ready, name="ready"),
    path("metrics", health.metrics, name="metrics"),
    path("api/", include("grading.api.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("", include("review.urls")),
]

handler400 = "vstep_site.error_pages.bad_request"
handler404 = "vstep_site.error_pages.not_found"
handler500 = "vstep_site.error_pages.server_error"

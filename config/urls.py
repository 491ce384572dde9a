"""All addresses: health, admin, REST API with its documents, and the pages."""

from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularSwaggerSplitView

from config import content_policy, openapi
from config.appearance import appearance
from config.health import healthz, readyz

__all__ = ["handler400", "handler404", "handler500", "openapi", "urlpatterns"]

handler400 = "config.errors.bad_request"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

_API = [
    path("", include(f"{app}.api_urls"))
    for app in ("facilities", "patients", "referral", "notifications", "insights")
]

_DOCUMENTS = csp_update(content_policy.API_DOCUMENTS)(
    SpectacularSwaggerSplitView.as_view(url_name="schema")
)

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("i18n/setlang/", set_language, name="set_language"),
    path("appearance/", appearance, name="appearance"),
    path("api/v1/", include(_API)),
    path("api/schema/", openapi.DocumentView.as_view(), name="schema"),
    path("api/docs/", _DOCUMENTS, name="docs"),
]
urlpatterns += [
    path("", include(each))
    for each in ("facilities.account_urls", "facilities.urls", "referral.urls", "insights.urls")
]

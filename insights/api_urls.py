"""Routes of the REST door to the indicators, and to the imports of figures that they divide by."""

from django.urls import path

from insights import api, volumes_api

urlpatterns = [
    path("indicators/", api.IndicatorList.as_view(), name="indicator-list"),
    path("indicators/<slug:code>/", api.IndicatorDetail.as_view(), name="indicator-detail"),
    path(
        "indicators/<slug:code>/referrals/",
        api.IndicatorReferrals.as_view(),
        name="indicator-referrals",
    ),
    path("imports/", volumes_api.ImportList.as_view(), name="import-list"),
    path("imports/<uuid:import_id>/", volumes_api.ImportDetail.as_view(), name="import-detail"),
    path(
        "imports/<uuid:import_id>/carry-out/",
        volumes_api.ImportCarryOut.as_view(),
        name="import-carry-out",
    ),
]

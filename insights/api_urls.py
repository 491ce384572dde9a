"""Routes of the REST door to the indicators."""

from django.urls import path

from insights import api

urlpatterns = [
    path("indicators/", api.IndicatorList.as_view(), name="indicator-list"),
    path("indicators/<slug:code>/", api.IndicatorDetail.as_view(), name="indicator-detail"),
    path(
        "indicators/<slug:code>/referrals/",
        api.IndicatorReferrals.as_view(),
        name="indicator-referrals",
    ),
]

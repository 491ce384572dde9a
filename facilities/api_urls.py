"""Addresses of the directory's API."""

from django.urls import path

from facilities import api

urlpatterns = [
    path("facilities/", api.FacilityList.as_view(), name="facility-list"),
    path("facilities/<uuid:facility_id>/", api.FacilityDetail.as_view(), name="facility-detail"),
    path(
        "facilities/<uuid:facility_id>/departments/",
        api.DepartmentList.as_view(),
        name="facility-departments",
    ),
    path("alliances/", api.AllianceList.as_view(), name="alliance-list"),
    path("alliances/<uuid:alliance_id>/", api.AllianceDetail.as_view(), name="alliance-detail"),
]

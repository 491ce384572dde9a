"""Addresses of the directory's API."""

from django.urls import path

from facilities import api, api_events, api_people

urlpatterns = [
    path("facilities/", api.FacilityList.as_view(), name="facility-list"),
    path("facilities/<uuid:facility_id>/", api.FacilityDetail.as_view(), name="facility-detail"),
    path(
        "facilities/<uuid:facility_id>/departments/",
        api.DepartmentList.as_view(),
        name="facility-departments",
    ),
    path("colleagues/", api_people.ColleagueList.as_view(), name="colleague-list"),
    path("delegations/", api_people.DelegationList.as_view(), name="delegation-list"),
    path(
        "delegations/<uuid:delegation_id>/end/",
        api_people.DelegationEnd.as_view(),
        name="delegation-end",
    ),
    path("public-health-events/", api_events.EventList.as_view(), name="event-list"),
    path(
        "public-health-events/<uuid:event_id>/",
        api_events.EventDetail.as_view(),
        name="event-detail",
    ),
    path(
        "public-health-events/<uuid:event_id>/end/",
        api_events.EventEnd.as_view(),
        name="event-end",
    ),
    path("alliances/", api.AllianceList.as_view(), name="alliance-list"),
    path("alliances/<uuid:alliance_id>/", api.AllianceDetail.as_view(), name="alliance-detail"),
]

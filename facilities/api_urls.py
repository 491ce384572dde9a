"""Addresses of the directory's API."""

from django.urls import path

from facilities.api import directory, events, people, webhooks

urlpatterns = [
    path("facilities/", directory.FacilityList.as_view(), name="facility-list"),
    path(
        "facilities/<uuid:facility_id>/", directory.FacilityDetail.as_view(), name="facility-detail"
    ),
    path(
        "facilities/<uuid:facility_id>/departments/",
        directory.DepartmentList.as_view(),
        name="facility-departments",
    ),
    path("colleagues/", people.ColleagueList.as_view(), name="colleague-list"),
    path("delegations/", people.DelegationList.as_view(), name="delegation-list"),
    path(
        "delegations/<uuid:delegation_id>/end/",
        people.DelegationEnd.as_view(),
        name="delegation-end",
    ),
    path("public-health-events/", events.EventList.as_view(), name="event-list"),
    path(
        "public-health-events/<uuid:event_id>/",
        events.EventDetail.as_view(),
        name="event-detail",
    ),
    path(
        "public-health-events/<uuid:event_id>/end/",
        events.EventEnd.as_view(),
        name="event-end",
    ),
    path("alliances/", directory.AllianceList.as_view(), name="alliance-list"),
    path(
        "alliances/<uuid:alliance_id>/", directory.AllianceDetail.as_view(), name="alliance-detail"
    ),
    path("webhooks/", webhooks.WebhookList.as_view(), name="webhook-list"),
    path("webhooks/<uuid:webhook_id>/", webhooks.WebhookDetail.as_view(), name="webhook-detail"),
    path(
        "webhooks/<uuid:webhook_id>/rotate-secret/",
        webhooks.WebhookSecret.as_view(),
        name="webhook-rotate-secret",
    ),
    path(
        "webhooks/<uuid:webhook_id>/deliveries/",
        webhooks.DeliveryList.as_view(),
        name="webhook-deliveries",
    ),
    path(
        "webhooks/<uuid:webhook_id>/redeliver/",
        webhooks.Redelivery.as_view(),
        name="webhook-redeliver",
    ),
    path(
        "delivery-tasks/<uuid:task_id>/close/",
        webhooks.DeliveryTaskClose.as_view(),
        name="delivery-task-close",
    ),
]

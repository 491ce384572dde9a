"""Addresses of the pages that belong to staff posts, and of what managers set about institutions."""

from django.urls import path

from facilities import deputy_views, views
from facilities.managing import (
    alliances,
    capability,
    contents,
    directory,
    events,
    founding,
    importing,
    staff,
    webhooks,
)

app_name = "facilities"
urlpatterns = [
    path("post/", views.SwitchPost.as_view(), name="switch-post"),
    path("deputies/", deputy_views.Deputies.as_view(), name="deputies"),
    path("deputies/act/", deputy_views.Act.as_view(), name="act-for"),
    path("deputies/<uuid:delegation_id>/end/", deputy_views.End.as_view(), name="end-deputy"),
    path("settings/", contents.Contents.as_view(), name="settings"),
    path("settings/webhooks/", webhooks.Webhooks.as_view(), name="webhooks"),
    path("settings/webhooks/<uuid:webhook_id>/", webhooks.Webhook.as_view(), name="webhook"),
    path(
        "settings/webhooks/<uuid:webhook_id>/<slug:what>/",
        webhooks.WebhookDeed.as_view(),
        name="webhook-deed",
    ),
    path("settings/undelivered/", webhooks.Undelivered.as_view(), name="undelivered"),
    path(
        "settings/undelivered/<uuid:task_id>/done/",
        webhooks.TaskDone.as_view(),
        name="undelivered-done",
    ),
    path("settings/directory/", directory.Directory.as_view(), name="directory"),
    path(
        "settings/directory/<uuid:facility_id>/",
        directory.Institution.as_view(),
        name="institution",
    ),
    path(
        "settings/directory/<uuid:facility_id>/edit/",
        directory.EditInstitution.as_view(),
        name="edit-institution",
    ),
    path(
        "settings/directory/<uuid:facility_id>/accreditation/",
        directory.Rate.as_view(),
        name="rate-institution",
    ),
    path(
        "settings/directory/<uuid:facility_id>/departments/<uuid:department_id>/",
        directory.EditDepartment.as_view(),
        name="edit-department",
    ),
    path("settings/directory/new/", founding.NewInstitution.as_view(), name="new-institution"),
    path(
        "settings/directory/<uuid:facility_id>/departments/add/",
        founding.NewDepartment.as_view(),
        name="add-department",
    ),
    path(
        "settings/directory/<uuid:facility_id>/relations/add/",
        founding.AddRelation.as_view(),
        name="add-relation",
    ),
    path(
        "settings/directory/<uuid:facility_id>/relations/<uuid:relation_id>/end/",
        founding.EndRelation.as_view(),
        name="end-relation",
    ),
    path("settings/alliances/", alliances.Alliances.as_view(), name="alliances"),
    path("settings/alliances/new/", alliances.NewAlliance.as_view(), name="new-alliance"),
    path(
        "settings/alliances/<uuid:alliance_id>/", alliances.OneAlliance.as_view(), name="alliance"
    ),
    path(
        "settings/alliances/<uuid:alliance_id>/edit/",
        alliances.EditAlliance.as_view(),
        name="edit-alliance",
    ),
    path(
        "settings/alliances/<uuid:alliance_id>/lead/",
        alliances.ChangeLead.as_view(),
        name="change-lead",
    ),
    path(
        "settings/alliances/<uuid:alliance_id>/end/",
        alliances.Dissolve.as_view(),
        name="end-alliance",
    ),
    path(
        "settings/alliances/<uuid:alliance_id>/members/add/",
        alliances.Join.as_view(),
        name="add-member",
    ),
    path(
        "settings/alliances/<uuid:alliance_id>/members/<uuid:membership_id>/end/",
        alliances.Leave.as_view(),
        name="end-member",
    ),
    path("settings/events/", events.Events.as_view(), name="events"),
    path("settings/events/new/", events.Declare.as_view(), name="declare-event"),
    path("settings/events/<uuid:event_id>/end/", events.EndEvent.as_view(), name="end-event"),
    path("settings/import/", importing.Import.as_view(), name="import"),
    path("settings/import/<uuid:trial_id>/", importing.CarryOut.as_view(), name="carry-out"),
    path("settings/import/<slug:kind>.xlsx", importing.Template.as_view(), name="import-template"),
    path("settings/staff/", staff.Staff.as_view(), name="staff"),
    path("settings/staff/give/", staff.GivePost.as_view(), name="give-post"),
    path("settings/staff/roles/", staff.Roles.as_view(), name="roles"),
    path("settings/staff/<uuid:post_id>/end/", staff.EndPost.as_view(), name="end-post"),
    path(
        "settings/directory/<uuid:facility_id>/capabilities/add/",
        capability.AddCapability.as_view(),
        name="add-capability",
    ),
    path(
        "settings/directory/<uuid:facility_id>/capabilities/<uuid:capability_id>/end/",
        capability.EndCapability.as_view(),
        name="end-capability",
    ),
]

"""Addresses of the API of notifications."""

from django.urls import path

from notifications import api

urlpatterns = [
    path("webhooks/", api.WebhookList.as_view(), name="webhook-list"),
    path("webhooks/<uuid:webhook_id>/", api.WebhookDetail.as_view(), name="webhook-detail"),
    path(
        "webhooks/<uuid:webhook_id>/rotate-secret/",
        api.WebhookSecret.as_view(),
        name="webhook-rotate-secret",
    ),
    path(
        "webhooks/<uuid:webhook_id>/deliveries/",
        api.DeliveryList.as_view(),
        name="webhook-deliveries",
    ),
    path(
        "webhooks/<uuid:webhook_id>/redeliver/",
        api.Redelivery.as_view(),
        name="webhook-redeliver",
    ),
    path("acks/<uuid:message_id>/", api.Acknowledgement.as_view(), name="ack"),
    path("notices/", api.NoticeList.as_view(), name="notice-list"),
    path("notices/<uuid:notice_id>/read/", api.NoticeRead.as_view(), name="notice-read"),
    path("delivery-tasks/", api.DeliveryTaskList.as_view(), name="delivery-task-list"),
    path(
        "delivery-tasks/<uuid:task_id>/close/",
        api.DeliveryTaskClose.as_view(),
        name="delivery-task-close",
    ),
]

"""Addresses of the API of notifications."""

from django.urls import path

from notifications import api

urlpatterns = [
    path("acks/<uuid:message_id>/", api.Acknowledgement.as_view(), name="ack"),
    path("notices/", api.NoticeList.as_view(), name="notice-list"),
    path("notices/<uuid:notice_id>/read/", api.NoticeRead.as_view(), name="notice-read"),
    path("delivery-tasks/", api.DeliveryTaskList.as_view(), name="delivery-task-list"),
]

"""Addresses of the pages that belong to staff posts, and of what managers set about institutions."""

from django.urls import path

from facilities import views
from facilities.managing import contents

app_name = "facilities"
urlpatterns = [
    path("post/", views.SwitchPost.as_view(), name="switch-post"),
    path("settings/", contents.Contents.as_view(), name="settings"),
]

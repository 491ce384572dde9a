"""Addresses of the pages that belong to staff posts."""

from django.urls import path

from facilities import views

app_name = "facilities"
urlpatterns = [path("post/", views.SwitchPost.as_view(), name="switch-post")]

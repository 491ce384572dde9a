"""Addresses of the pages of rates and of the figures behind them."""

from django.urls import path

from insights import views

app_name = "insights"
urlpatterns = [
    path("insights/", views.Dashboard.as_view(), name="dashboard"),
    # Codes come last: whatever has a word of its own stands above.
    path("insights/<slug:code>/", views.OneIndicator.as_view(), name="indicator"),
    path("insights/<slug:code>/referrals/", views.IndicatorRows.as_view(), name="rows"),
]

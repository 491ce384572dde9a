"""Addresses of the pages of rates and of the figures behind them."""

from django.urls import path

from insights import exporting, views
from insights.managing import equity, volumes

app_name = "insights"
urlpatterns = [
    path("insights/", views.Dashboard.as_view(), name="dashboard"),
    path("insights/equity/", equity.Equity.as_view(), name="equity"),
    path("insights/volumes/", volumes.Volumes.as_view(), name="volumes"),
    path(
        "insights/volumes/template.<slug:form>", volumes.Template.as_view(), name="volumes-template"
    ),
    path("insights/volumes/<uuid:import_id>/", volumes.FilePage.as_view(), name="volume-file"),
    path(
        "insights/volumes/facility/<uuid:facility_id>/",
        volumes.FacilityFigures.as_view(),
        name="facility-figures",
    ),
    path(
        "insights/volumes/region/<slug:code>/",
        volumes.RegionFigures.as_view(),
        name="region-figures",
    ),
    path("insights/table.<slug:form>", exporting.Table.as_view(), name="export"),
    path("insights/evaluation.pdf", exporting.Evaluation.as_view(), name="evaluation"),
    path("insights/steps/<slug:step>/referrals/", views.StepRows.as_view(), name="step"),
    # Codes come last: whatever has a word of its own stands above.
    path("insights/<slug:code>/", views.OneIndicator.as_view(), name="indicator"),
    path("insights/<slug:code>/table.<slug:form>", exporting.Parts.as_view(), name="export-parts"),
    path("insights/<slug:code>/referrals.csv", exporting.RowsFile.as_view(), name="export-rows"),
    path("insights/<slug:code>/referrals/", views.IndicatorRows.as_view(), name="rows"),
]

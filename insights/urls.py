"""Addresses of the pages of rates and of the figures behind them."""

from django.urls import path

from insights import comparing, exporting, picture_views, views
from insights.managing import capitation, equity, forecast, statements, volumes, whatif

app_name = "insights"
urlpatterns = [
    path("insights/", views.Dashboard.as_view(), name="dashboard"),
    path("insights/equity/", equity.Equity.as_view(), name="equity"),
    path("insights/statements/", statements.Statements.as_view(), name="statements"),
    path(
        "insights/statements/<uuid:alliance_id>/<int:year>/<slug:code>/",
        statements.StatementOf.as_view(),
        name="statement",
    ),
    path("insights/capitation/", capitation.Capitation.as_view(), name="capitation"),
    path(
        "insights/capitation/<uuid:alliance_id>/agreement/",
        capitation.Agreement.as_view(),
        name="agreement",
    ),
    path("insights/forecast/", forecast.Forecast.as_view(), name="forecast"),
    path(
        "insights/forecast/<slug:demand>/referrals/",
        picture_views.DemandRows.as_view(),
        name="demand",
    ),
    path(
        "insights/what-if/<uuid:run_id>/<uuid:department_id>/referrals/",
        picture_views.BaseRows.as_view(),
        name="what-if-base",
    ),
    path("insights/what-if/", whatif.WhatIfs.as_view(), name="what-ifs"),
    path("insights/what-if/<uuid:run_id>/", whatif.OneWhatIf.as_view(), name="what-if"),
    path("insights/what-if/<uuid:run_id>/repeat/", whatif.Repeat.as_view(), name="what-if-repeat"),
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
    path("insights/exports/", exporting.Exports.as_view(), name="exports"),
    path("insights/exports/<uuid:export_id>/", exporting.OneExport.as_view(), name="export"),
    path(
        "insights/exports/<uuid:export_id>/file/",
        exporting.ExportFile.as_view(),
        name="export-file",
    ),
    path("insights/steps/<slug:step>/referrals/", picture_views.StepRows.as_view(), name="step"),
    path(
        "insights/stages/<slug:stage>/referrals/", picture_views.StageRows.as_view(), name="stage"
    ),
    path(
        "insights/tiers/<int:low>/<int:high>/referrals/",
        picture_views.EdgeRows.as_view(),
        name="edge",
    ),
    path(
        "insights/streams/<uuid:from_id>/<uuid:to_id>/<slug:way>/referrals/",
        picture_views.StreamRows.as_view(),
        name="stream",
    ),
    path("insights/stuck/", picture_views.Stuck.as_view(), name="stuck"),
    path("insights/course/", comparing.Courses.as_view(), name="courses"),
    path("insights/members/", comparing.Members.as_view(), name="members"),
    # Codes come last: whatever has a word of its own stands above.
    path("insights/<slug:code>/", views.OneIndicator.as_view(), name="indicator"),
    path("insights/<slug:code>/referrals/", views.IndicatorRows.as_view(), name="rows"),
]

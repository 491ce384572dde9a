"""Routes of the REST door to the indicators, to files of them, and to imports of figures that they divide by."""

from django.urls import path

from insights import api, capitation_api, exports_api, forecast_api, volumes_api, whatif_api

urlpatterns = [
    path("indicators/", api.IndicatorList.as_view(), name="indicator-list"),
    path("indicators/<slug:code>/", api.IndicatorDetail.as_view(), name="indicator-detail"),
    path(
        "indicators/<slug:code>/referrals/",
        api.IndicatorReferrals.as_view(),
        name="indicator-referrals",
    ),
    path("exports/", exports_api.ExportList.as_view(), name="export-list"),
    path("exports/<uuid:export_id>/", exports_api.ExportDetail.as_view(), name="export-detail"),
    path("exports/<uuid:export_id>/file/", exports_api.ExportContent.as_view(), name="export-file"),
    path("forecasts/", forecast_api.Forecasts.as_view(), name="forecasts"),
    path("capitation/", capitation_api.Capitation.as_view(), name="capitation"),
    path(
        "capitation/agreements/",
        capitation_api.CapitationAgreements.as_view(),
        name="capitation-agreements",
    ),
    path("what-ifs/", whatif_api.WhatIfList.as_view(), name="what-if-list"),
    path("what-ifs/<uuid:run_id>/", whatif_api.WhatIfDetail.as_view(), name="what-if-detail"),
    path(
        "what-ifs/<uuid:run_id>/repeat/",
        whatif_api.WhatIfRepeat.as_view(),
        name="what-if-repeat",
    ),
    path("imports/", volumes_api.ImportList.as_view(), name="import-list"),
    path("imports/<uuid:import_id>/", volumes_api.ImportDetail.as_view(), name="import-detail"),
    path(
        "imports/<uuid:import_id>/carry-out/",
        volumes_api.ImportCarryOut.as_view(),
        name="import-carry-out",
    ),
]

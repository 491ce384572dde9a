"""Addresses of the patients' API."""

from django.urls import path

from patients import api

_ONE = "patients/<uuid:patient_id>/"

urlpatterns = [
    path("patients/", api.PatientList.as_view(), name="patient-list"),
    path("patients/search/", api.PatientSearch.as_view(), name="patient-search"),
    path(_ONE, api.PatientDetail.as_view(), name="patient-detail"),
    path(f"{_ONE}reveal/", api.PatientReveal.as_view(), name="patient-reveal"),
    path(f"{_ONE}consents/", api.ConsentList.as_view(), name="patient-consents"),
    path(
        f"{_ONE}consents/<uuid:consent_id>/withdraw/",
        api.ConsentWithdraw.as_view(),
        name="consent-withdraw",
    ),
    path(f"{_ONE}contracts/", api.ContractList.as_view(), name="patient-contracts"),
    path(
        f"{_ONE}contracts/<uuid:contract_id>/end/",
        api.ContractEnd.as_view(),
        name="contract-end",
    ),
]

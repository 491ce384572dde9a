"""Answers for patients: search, register, correct, reveal, consents and contracts."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, NotFound, PageQuery, StrictSerializer, keyset, page_answer
from audit import record
from patients import actions, queries, representations, serializers
from patients.models import (
    ConsentGivenBy,
    ConsentMethod,
    ConsentPurpose,
    FamilyDoctorContract,
    IdentifierKind,
    Patient,
)
from patients.particulars import GivenConsent, NewPatient, Number
from patients.registration import Outcome

TAGS = ["patients"]
READ_AND_EDIT = {"GET": Permission.PATIENT_VIEW, "POST": Permission.PATIENT_EDIT}


def etag(patient: Patient) -> dict[str, str]:
    """Return the header that names the version of a record."""
    return {"ETag": f'"{patient.version}"'}


def _numbers(said: list[Mapping[str, str]]) -> tuple[Number, ...]:
    return tuple((IdentifierKind(each["kind"]), each["value"]) for each in said)


def given(said: Mapping[str, Any], *purposes: str) -> GivenConsent:
    """Return what a form says of a consent."""
    return GivenConsent(
        given=said["given"],
        method=ConsentMethod(said["method"]),
        given_by=ConsentGivenBy(said["given_by"]),
        purposes=tuple(ConsentPurpose(purpose) for purpose in dict.fromkeys(purposes)),
        guardian_name=said.get("guardian_name"),
        note=said.get("note"),
        relation=said.get("relation", ""),
        witness=said.get("witness"),
        document=said.get("document"),
        risks_version=said.get("risks_version", ""),
        told_by_id=said.get("told_by"),
    )


def _registration_consent(said: Mapping[str, Any] | None) -> GivenConsent | None:
    if said is None:
        return None
    return given(said, *said.get("purposes", [ConsentPurpose.REGISTRATION]))


def _contract(row: FamilyDoctorContract) -> dict[str, Any]:
    return representations.contract(row, timezone.localdate())


class PatientView(ApiView):
    """A view that shows patients, masked, and leaves a line in the audit trail."""

    def found(self, patient_id: UUID) -> Patient:
        """Return a visible patient; NotFound is one answer for hidden and absent."""
        patient = queries.find(patient_id, self.actor)
        if patient is None:
            raise NotFound
        return patient

    def shown(self, patient: Patient, status: int = 200) -> Response:
        """Return one patient with its version."""
        numbers = queries.identifiers_of([patient])[patient.pk]
        body = representations.patient(patient, numbers, timezone.localdate())
        return Response(body, status=status, headers=etag(patient))

    def listed(self, criteria: Mapping[str, Any], page: Mapping[str, Any]) -> Response:
        """Return a page of the patients that match."""
        wanted = {name: criteria.get(name) for name in ("identifier", "phone", "name")}
        found = keyset(
            queries.search(self.actor, **wanted),
            request=self.request,
            order=queries.NEWEST_PATIENT_FIRST,
            limit=page["limit"],
            cursor=page.get("cursor"),
        )
        patients = [grant.patient for grant in found.rows]
        numbers = queries.identifiers_of(patients)
        today = timezone.localdate()
        rows = [representations.patient(row, numbers[row.pk], today) for row in patients]
        record.read(self.actor, what="patient.search", patients=[row.pk for row in patients])
        return page_answer(found, rows)


class PatientList(PatientView):
    """The patients of the caller's facility."""

    required: ClassVar = READ_AND_EDIT
    located: ClassVar = frozenset({"POST"})

    @extend_schema(
        operation_id="patients_list",
        tags=TAGS,
        parameters=[serializers.PatientQuery],
        responses=serializers.PatientPageOut,
    )
    def get(self, request: Request) -> Response:
        """List or search the patients your facility may see, newest first, masked.

        Prefer POST /patients/search/ for document and telephone numbers: URLs are written to logs.
        """
        query = self.query(serializers.PatientQuery)
        return self.listed(query, query)

    @extend_schema(
        operation_id="patients_register",
        tags=TAGS,
        request=serializers.PatientIn,
        responses={201: serializers.RegisteredOut, 200: serializers.PatientOut},
    )
    def post(self, request: Request) -> Response:
        """Register a person, with the person's consent.

        201 shows what you sent, masked. 200 shows a patient of yours who has this number and name
        already. Whether other facilities know the person changes nothing in the answer.
        """
        self.query(StrictSerializer)
        return self.idempotent(self._register)

    def _register(self) -> Response:
        said = self.body(serializers.PatientIn)
        consent = _registration_consent(said.get("consent"))
        guardian = said.get("guardian") or {}
        done = actions.register(
            NewPatient(
                name=said["name"],
                birth_date=said.get("birth_date"),
                gender=said.get("gender"),
                identifiers=_numbers(said.get("identifiers", [])),
                phone=said.get("phone"),
                address=said.get("address"),
                region_code=said.get("region"),
                guardian_name=guardian.get("name"),
                guardian_phone=guardian.get("phone"),
            ),
            consent=consent,
            by=self.actor,
        )
        if done.outcome is Outcome.KNOWN or consent is None:
            return self.shown(done.patient)
        body = representations.registered(done.patient, done.said, consent, done.region)
        where = reverse("patient-detail", args=[done.patient.pk])
        return Response(body, status=201, headers={"Location": where})


class PatientSearch(PatientView):
    """The search with its criteria in the body."""

    required: ClassVar = {"POST": Permission.PATIENT_VIEW}
    only_reads: ClassVar = True

    @extend_schema(
        operation_id="patients_search",
        tags=TAGS,
        parameters=[PageQuery],
        request=serializers.SearchIn,
        responses=serializers.PatientPageOut,
    )
    def post(self, request: Request) -> Response:
        """Search the patients your facility may see; the next page is this body at the URL in `next`."""
        page = self.query(PageQuery)
        return self.listed(self.body(serializers.SearchIn), page)


class PatientDetail(PatientView):
    """One patient."""

    required: ClassVar = {"GET": Permission.PATIENT_VIEW, "PATCH": Permission.PATIENT_EDIT}
    versioned: ClassVar = frozenset({"GET", "PATCH"})

    @extend_schema(operation_id="patients_read", tags=TAGS, responses=serializers.PatientOut)
    def get(self, request: Request, patient_id: UUID) -> Response:
        """Show a patient, masked; a merged record shows the one that took its place."""
        self.query(StrictSerializer)
        patient = self.found(patient_id)
        answer = self.shown(patient)
        record.read(self.actor, what="patient.view", patients=[patient.pk])
        return answer

    @extend_schema(
        operation_id="patients_update",
        tags=TAGS,
        request=serializers.PatientPatch,
        responses=serializers.PatientOut,
    )
    def patch(self, request: Request, patient_id: UUID) -> Response:
        """Correct a patient's particulars; with If-Match a record changed meanwhile gives 412."""
        self.query(StrictSerializer)
        changes = self.body(serializers.PatientPatch)
        if "identifiers" in changes:
            changes["identifiers"] = _numbers(changes["identifiers"])
        if "region" in changes:
            changes["region_code"] = changes.pop("region")
        if "guardian" in changes:
            guardian = changes.pop("guardian") or {"name": None, "phone": None}
            changes.update({f"guardian_{name}": value for name, value in guardian.items()})
        version = self.expected_version()
        patient = actions.update(patient_id, changes, by=self.actor, version=version)
        return self.shown(patient)


class PatientReveal(PatientView):
    """The full values of one patient."""

    required: ClassVar = {"POST": Permission.PATIENT_REVEAL}
    only_reads: ClassVar = True

    @extend_schema(
        operation_id="patients_reveal",
        tags=TAGS,
        request=serializers.RevealIn,
        responses=serializers.RevealedOut,
    )
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Show a patient in full; the reason is written to the audit trail."""
        self.query(StrictSerializer)
        reason = self.body(serializers.RevealIn)["reason"]
        patient, numbers = actions.reveal(patient_id, reason=reason, by=self.actor)
        body = representations.revealed(patient, numbers)
        return Response(body, headers={"Cache-Control": "no-store"})


class ConsentList(PatientView):
    """The consents of a patient."""

    required: ClassVar = READ_AND_EDIT

    @extend_schema(
        operation_id="patients_consents",
        tags=TAGS,
        parameters=[PageQuery],
        responses=serializers.ConsentPageOut,
    )
    def get(self, request: Request, patient_id: UUID) -> Response:
        """List what the patient agreed to or refused, newest first."""
        query = self.query(PageQuery)
        patient = self.found(patient_id)
        page = keyset(
            queries.consents_of(patient),
            request=request,
            order=queries.NEWEST_FIRST,
            limit=query["limit"],
            cursor=query.get("cursor"),
        )
        record.read(self.actor, what="patient.consents", patients=[patient.pk])
        return page_answer(page, [representations.consent(row) for row in page.rows])

    @extend_schema(
        operation_id="patients_record_consent",
        tags=TAGS,
        request=serializers.ConsentIn,
        responses={201: serializers.ConsentOut},
    )
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Record what the patient answered; the newest answer to a purpose counts."""
        self.query(StrictSerializer)
        return self.idempotent(lambda: self._record(patient_id))

    def _record(self, patient_id: UUID) -> Response:
        said = self.body(serializers.ConsentIn)
        answer = given(said, said["purpose"])
        row = actions.record_consent(patient_id, answer, by=self.actor)[0]
        return Response(representations.consent(row), status=201)


class ConsentWithdraw(PatientView):
    """The withdrawal of a consent."""

    required: ClassVar = {"POST": Permission.PATIENT_EDIT}

    @extend_schema(
        operation_id="patients_withdraw_consent",
        tags=TAGS,
        request=serializers.EmptyIn,
        responses=serializers.ConsentOut,
    )
    def post(self, request: Request, patient_id: UUID, consent_id: UUID) -> Response:
        """Record that a consent of your facility is withdrawn."""
        self.query(StrictSerializer)
        return self.idempotent(lambda: self._withdraw(patient_id, consent_id))

    def _withdraw(self, patient_id: UUID, consent_id: UUID) -> Response:
        self.body(serializers.EmptyIn)
        row = actions.withdraw_consent(patient_id, consent_id, by=self.actor)
        return Response(representations.consent(row))


class ContractList(PatientView):
    """The family-doctor contracts of a patient."""

    required: ClassVar = READ_AND_EDIT

    @extend_schema(
        operation_id="patients_contracts",
        tags=TAGS,
        parameters=[PageQuery],
        responses=serializers.ContractPageOut,
    )
    def get(self, request: Request, patient_id: UUID) -> Response:
        """List the patient's family-doctor contracts, newest first."""
        query = self.query(PageQuery)
        patient = self.found(patient_id)
        page = keyset(
            queries.contracts_of(patient),
            request=request,
            order=queries.NEWEST_FIRST,
            limit=query["limit"],
            cursor=query.get("cursor"),
        )
        record.read(self.actor, what="patient.contracts", patients=[patient.pk])
        return page_answer(page, [_contract(row) for row in page.rows])

    @extend_schema(
        operation_id="patients_sign_contract",
        tags=TAGS,
        request=serializers.ContractIn,
        responses={201: serializers.ContractOut},
    )
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Sign a family-doctor contract of the patient with your facility."""
        self.query(StrictSerializer)
        return self.idempotent(lambda: self._sign(patient_id))

    def _sign(self, patient_id: UUID) -> Response:
        said = self.body(serializers.ContractIn)
        row = actions.sign_contract(
            patient_id,
            starts=said["starts"],
            ends=said.get("ends"),
            doctor_id=said.get("doctor"),
            by=self.actor,
        )
        return Response(_contract(row), status=201)


class ContractEnd(PatientView):
    """The end of a family-doctor contract."""

    required: ClassVar = {"POST": Permission.PATIENT_EDIT}

    @extend_schema(
        operation_id="patients_end_contract",
        tags=TAGS,
        request=serializers.ContractEndIn,
        responses=serializers.ContractOut,
    )
    def post(self, request: Request, patient_id: UUID, contract_id: UUID) -> Response:
        """End a contract of your facility, today unless a day is given."""
        self.query(StrictSerializer)
        return self.idempotent(lambda: self._end(patient_id, contract_id))

    def _end(self, patient_id: UUID, contract_id: UUID) -> Response:
        ends = self.body(serializers.ContractEndIn).get("ends")
        row = actions.end_contract(patient_id, contract_id, ends=ends, by=self.actor)
        return Response(_contract(row))

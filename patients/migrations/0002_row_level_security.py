"""Lets the application role see and write only patients to whom the acting facility has a live grant."""

from django.db import migrations

# The one rule: whoever holds a live grant sees the patient. Being the registering facility gives
# nothing by itself, so a grant that has ended has ended. The grants table is read under its own policy,
# which names only its own columns: no policy leads back to another, so there is no recursion.
# OFFSET 0 keeps the planner from hashing all grants of the facility first, which costs a hospital with
# 100,000 patients 50 ms on each list; with it, each row that is really read costs one index probe.
_LIVE = """EXISTS (SELECT 1 FROM patients_accessgrant g
  WHERE g.patient_id = {patient} AND g.facility_id = (SELECT scope_facility())
    AND g.starts <= statement_timestamp() AND (g.ends IS NULL OR g.ends > statement_timestamp())
  OFFSET 0)"""
_SYSTEM = "(SELECT scope_is_system())"
_HERE = "(SELECT scope_facility())"


def _live(patient: str) -> str:
    return _LIVE.format(patient=patient)


def _forced(table: str) -> str:
    # FORCE: the owner obeys too, so a process that runs as the owner by mistake sees nothing either.
    return f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;\n"


def _policy(table: str, command: str, *, using: str = "", check: str = "") -> str:
    """Return a policy; without a scope every function in it is null or false, so it fails closed."""
    parts = f" USING ({_SYSTEM} OR ({using}))" if using else ""
    parts += f" WITH CHECK ({_SYSTEM} OR ({check}))" if check else ""
    return f"CREATE POLICY {table}_{command.lower()} ON {table} FOR {command}{parts};\n"


# Reads grants under the caller's own rights. A function, since a policy of the grants table that
# queried the grants table itself would be refused as recursive.
_HAS_ACCESS = """
CREATE FUNCTION patients_has_access(asked uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM patients_accessgrant g
    WHERE g.patient_id = asked AND g.facility_id = scope_facility()
      AND g.starts <= statement_timestamp()
      AND (g.ends IS NULL OR g.ends > statement_timestamp()));
END $$;
"""

_PATIENT = _live("patients_patient.id")
# A merged record is frozen, and only patients_merge (0003) merges. There is no policy for DELETE on any
# of these tables: nobody deletes, not even the system.
_PATIENTS = (
    _forced("patients_patient")
    + _policy("patients_patient", "SELECT", using=_PATIENT)
    + _policy(
        "patients_patient",
        "INSERT",
        check=f"registered_by_id = {_HERE} AND merged_into_id IS NULL AND {_PATIENT}",
    )
    + _policy(
        "patients_patient",
        "UPDATE",
        using=f"merged_into_id IS NULL AND {_PATIENT}",
        check=f"merged_into_id IS NULL AND {_PATIENT}",
    )
)

_IDENTIFIER = _live("patients_identifier.patient_id")
_IDENTIFIERS = (
    _forced("patients_identifier")
    + _policy("patients_identifier", "SELECT", using=_IDENTIFIER)
    + _policy("patients_identifier", "INSERT", check=_IDENTIFIER)
)

# Search tokens hold nothing readable. Everybody may look them up, since an index serves an array only
# where no row filter stands before it; writing is as strict as elsewhere.
_NAME = _live("patients_nameindex.patient_id")
_NAMES = (
    _forced("patients_nameindex")
    + "CREATE POLICY patients_nameindex_select ON patients_nameindex FOR SELECT USING (true);\n"
    + _policy("patients_nameindex", "INSERT", check=_NAME)
    + _policy("patients_nameindex", "UPDATE", using=_NAME, check=_NAME)
)

# Whoever treats the patient sees every consent; only the facility that recorded one withdraws it.
_CONSENT = _live("patients_consent.patient_id")
_CONSENTS = (
    _forced("patients_consent")
    + _policy("patients_consent", "SELECT", using=_CONSENT)
    + _policy(
        "patients_consent",
        "INSERT",
        check=f"facility_id = {_HERE} AND withdrawn_at IS NULL AND {_CONSENT}",
    )
    + _policy(
        "patients_consent",
        "UPDATE",
        using=f"facility_id = {_HERE} AND withdrawn_at IS NULL AND {_CONSENT}",
        check=f"facility_id = {_HERE} AND withdrawn_at IS NOT NULL AND {_CONSENT}",
    )
)

_CONTRACT = _live("patients_familydoctorcontract.patient_id")
_CONTRACTS = (
    _forced("patients_familydoctorcontract")
    + _policy("patients_familydoctorcontract", "SELECT", using=_CONTRACT)
    + _policy(
        "patients_familydoctorcontract",
        "INSERT",
        check=f"facility_id = {_HERE} AND {_CONTRACT}",
    )
    + _policy(
        "patients_familydoctorcontract",
        "UPDATE",
        using=f"facility_id = {_HERE} AND {_CONTRACT}",
        check=f"facility_id = {_HERE} AND {_CONTRACT}",
    )
)

# A facility sees its own grants and those it gave. It gives one only where it has access itself: to
# itself for a contract, to anybody for a referral, always in its own name. Grants of registration come
# from patients_admit alone, and no grant is changed but through the functions of 0003.
_GRANTS = (
    _forced("patients_accessgrant")
    + _policy(
        "patients_accessgrant",
        "SELECT",
        using=f"facility_id = {_HERE} OR granted_by_id = {_HERE}",
    )
    + _policy(
        "patients_accessgrant",
        "INSERT",
        check=f"granted_by_id = {_HERE} AND patients_has_access(patient_id) AND "
        f"(purpose = 'referral' OR (purpose = 'contract' AND facility_id = {_HERE}))",
    )
    + f"CREATE POLICY patients_accessgrant_update ON patients_accessgrant FOR UPDATE"
    f" USING ({_SYSTEM}) WITH CHECK ({_SYSTEM});\n"
)

CREATE = _HAS_ACCESS + _PATIENTS + _IDENTIFIERS + _NAMES + _CONSENTS + _CONTRACTS + _GRANTS

_POLICIES = {
    "patients_patient": ("select", "insert", "update"),
    "patients_identifier": ("select", "insert"),
    "patients_nameindex": ("select", "insert", "update"),
    "patients_consent": ("select", "insert", "update"),
    "patients_familydoctorcontract": ("select", "insert", "update"),
    "patients_accessgrant": ("select", "insert", "update"),
}
DROP = (
    "".join(
        f"DROP POLICY {table}_{command} ON {table};\n"
        for table, commands in _POLICIES.items()
        for command in commands
    )
    + "".join(
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;\n"
        for table in _POLICIES
    )
    + "DROP FUNCTION patients_has_access(uuid);"
)


class Migration(migrations.Migration):
    """Row-level security as the second net under the scoped query sets (reliability.md D7)."""

    dependencies = [
        ("patients", "0001_initial"),
        ("accounts", "0002_scope_functions"),
    ]

    operations = [migrations.RunSQL(CREATE, DROP)]

"""Keeps copied columns true: a membership's form is its alliance's, a department is of the same facility."""

from django.db import migrations

REFERENCE = (
    "ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns})"
    " REFERENCES {target} ({targets}) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED"
)
REVERSE = "ALTER TABLE {table} DROP CONSTRAINT {name}"


def reference(table: str, name: str, columns: str, target: str, targets: str) -> migrations.RunSQL:
    """Return the operation that adds one reference over two columns."""
    return migrations.RunSQL(
        REFERENCE.format(table=table, name=name, columns=columns, target=target, targets=targets),
        REVERSE.format(table=table, name=name),
    )


class Migration(migrations.Migration):
    """References that Django's foreign keys cannot say."""

    dependencies = [("facilities", "0001_initial")]
    operations = [
        reference(
            "facilities_membership",
            "membership_form_is_alliances",
            "alliance_id, form",
            "facilities_alliance",
            "id, form",
        ),
        reference(
            "facilities_capability",
            "capability_department_at_facility",
            "department_id, facility_id",
            "facilities_department",
            "id, facility_id",
        ),
        reference(
            "facilities_staffpost",
            "post_department_at_facility",
            "department_id, facility_id",
            "facilities_department",
            "id, facility_id",
        ),
    ]

"""Lets the history of the directory tell of alliances, memberships and relations too."""

from typing import ClassVar

from django.db import migrations, models

KINDS = [
    ("facility", "Institution"),
    ("accreditation", "Accreditation"),
    ("department", "Department"),
    ("capability", "Capability"),
    ("post", "Staff post"),
    ("alliance", "Alliance"),
    ("membership", "Membership"),
    ("relation", "Relation"),
]


class Migration(migrations.Migration):
    """Widens what a change may be about."""

    dependencies: ClassVar = [("facilities", "0012_trials")]
    operations: ClassVar = [
        migrations.AlterField(
            model_name="directorychange",
            name="subject",
            field=models.CharField(choices=KINDS, max_length=20),
        ),
        migrations.RemoveConstraint(
            model_name="directorychange", name="directory_change_subject_known"
        ),
        migrations.AddConstraint(
            model_name="directorychange",
            constraint=models.CheckConstraint(
                condition=models.Q(("subject__in", [name for name, _words in KINDS])),
                name="directory_change_subject_known",
            ),
        ),
    ]

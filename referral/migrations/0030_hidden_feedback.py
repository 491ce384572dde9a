"""A table of the lines of patients that are not shown to staff any more."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids

# Seen with the referral; written by either end of it for itself, and never altered.
SECURITY = """
ALTER TABLE referral_hiddenfeedback ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY hiddenfeedback_seen ON referral_hiddenfeedback FOR SELECT USING (
    (SELECT scope_is_system())
    OR EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id));
CREATE POLICY hiddenfeedback_done ON referral_hiddenfeedback FOR INSERT WITH CHECK (
    facility_id = (SELECT scope_facility())
    AND EXISTS (SELECT 1 FROM referral_referral r WHERE r.id = referral_id
        AND (SELECT scope_facility()) IN (r.from_facility_id, r.to_facility_id)));
"""
SECURITY_BACK = """
DROP POLICY hiddenfeedback_done ON referral_hiddenfeedback;
DROP POLICY hiddenfeedback_seen ON referral_hiddenfeedback;
ALTER TABLE referral_hiddenfeedback NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""
REASONS = [
    ("names_somebody", "Names a person or tells of the health of others"),
    ("abuse", "Insults or threatens"),
    ("not_about_it", "Has nothing to do with the visit, advertises"),
    ("wrong_person", "Was not written by the patient"),
]


def kept(to: str) -> models.ForeignKey:  # type: ignore[type-arg]
    """Return a reference that keeps what it names and by which nobody searches."""
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=to,
    )


class Migration(migrations.Migration):
    """A table of its own: the patient's words stay as they are."""

    dependencies: ClassVar = [
        ("referral", "0029_refused_steps"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="HiddenFeedback",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("said_at", models.DateTimeField()),
                ("reason", models.CharField(choices=REASONS, max_length=20)),
                ("at", models.DateTimeField()),
                ("by", kept(settings.AUTH_USER_MODEL)),
                ("facility", kept("facilities.facility")),
                ("referral", kept("referral.referral")),
            ],
            options={
                "verbose_name": "Hidden feedback of a patient",
                "verbose_name_plural": "Hidden feedback of patients",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("referral", "said_at"), name="feedback_hidden_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason__in", [code for code, _words in REASONS])),
                        name="feedback_hidden_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("at__gte", models.F("said_at"))),
                        name="feedback_hidden_afterwards",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SECURITY, SECURITY_BACK),
    ]

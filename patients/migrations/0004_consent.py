"""Adds to a consent who spoke for the patient, who heard it, what was told and by whom."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import accounts.encryption


class Migration(migrations.Migration):
    """What this subject adds; not atomic, since an index is built beside the traffic."""

    atomic = False

    dependencies: ClassVar = [
        ("patients", "0003_past_row_level_security"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.AddField(
            model_name="consent",
            name="document",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="consent",
            name="relation",
            field=models.CharField(
                blank=True,
                choices=[
                    ("parent", "Father or mother"),
                    ("spouse", "Husband or wife"),
                    ("child", "Son or daughter"),
                    ("sibling", "Brother or sister"),
                    ("grandparent", "Grandparent"),
                    ("appointed", "Appointed guardian"),
                    ("other", "Another relation"),
                    ("unstated", "Relation not stated"),
                ],
                db_default="",
                default="",
                max_length=12,
                verbose_name="Relation",
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="risks_version",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
        migrations.AddField(
            model_name="consent",
            name="told_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="witness",
            field=accounts.encryption.EncryptedTextField(max_length=100, null=True),
        ),
        migrations.AddField(
            model_name="patient",
            name="lacks_capacity",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="Needs a guardian to consent"
            ),
        ),
        AddIndexConcurrently(
            model_name="consent",
            index=models.Index(
                condition=models.Q(("given", False), ("purpose", "referral")),
                fields=["recorded_at"],
                name="consent_refused",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "relation__in",
                        [
                            "",
                            "parent",
                            "spouse",
                            "child",
                            "sibling",
                            "grandparent",
                            "appointed",
                            "other",
                            "unstated",
                        ],
                    )
                ),
                name="consent_relation_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("given_by", "self"), _negated=True), ("relation", ""), _connector="OR"
                ),
                name="consent_own_word_without_relation",
            ),
        ),
    ]

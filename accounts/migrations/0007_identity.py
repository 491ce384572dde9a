"""Keeps which person of an identity provider is which user."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids


class Migration(migrations.Migration):
    """A table of its own: most users have no identity elsewhere."""

    dependencies: ClassVar = [("accounts", "0006_link_counter")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Identity",
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
                ("issuer", models.CharField(max_length=500)),
                ("subject", models.CharField(max_length=255)),
                ("linked_by", models.UUIDField(null=True)),
                ("linked_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "Identity at a provider",
                "verbose_name_plural": "Identities at a provider",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("issuer", "subject"), name="identity_of_one_user"
                    ),
                    models.UniqueConstraint(fields=("user", "issuer"), name="identity_one_a_user"),
                    models.CheckConstraint(
                        condition=~models.Q(subject=""), name="identity_has_subject"
                    ),
                ],
            },
        ),
    ]

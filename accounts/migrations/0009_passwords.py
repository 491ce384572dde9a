"""Keeps the passwords that a person has and had, as hashes, and since when."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.ids

# The age of those that are there is not known: it counts from now.
PRESENT = """
INSERT INTO accounts_pastpassword (id, user_id, encoded, set_at, is_initial)
SELECT gen_random_uuid(), id, password, now(), false FROM accounts_user
WHERE password <> '' AND password NOT LIKE '!%'
"""


class Migration(migrations.Migration):
    """A table of its own, written when a password is set and read at a sign-in."""

    dependencies: ClassVar = [("accounts", "0008_months")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="PastPassword",
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
                ("encoded", models.CharField(max_length=128)),
                ("set_at", models.DateTimeField()),
                ("is_initial", models.BooleanField(default=False)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "Password that was set",
                "verbose_name_plural": "Passwords that were set",
                "indexes": [
                    models.Index(fields=["user", "-set_at", "-id"], name="past_password_of_user")
                ],
            },
        ),
        migrations.RunSQL(PRESENT, migrations.RunSQL.noop),
    ]

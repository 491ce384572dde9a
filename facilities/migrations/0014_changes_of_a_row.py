"""Finds the changes of one row of the directory, such as an alliance."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """One index, built while others write."""

    atomic = False
    dependencies: ClassVar = [("facilities", "0013_network_changes")]
    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="directorychange",
            index=models.Index(
                fields=["object_id", "-at", "-id"], name="directory_change_of_object"
            ),
        ),
    ]

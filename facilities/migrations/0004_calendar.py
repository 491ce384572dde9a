"""Tables of: calendar."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """What this subject adds."""

    dependencies: ClassVar = [("facilities", "0003_routes")]
    operations: ClassVar = []

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from releases.models.user import SYSTEM_EMAIL, SYSTEM_ID


def add_system(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The row that stands for the system, so that every act has an actor."""
    apps.get_model("releases", "User").objects.create(
        id=SYSTEM_ID, email=SYSTEM_EMAIL, password="!", is_active=False
    )


class Migration(migrations.Migration):
    dependencies = [("releases", "0001_ledger")]
    operations = [migrations.RunPython(add_system, migrations.RunPython.noop)]

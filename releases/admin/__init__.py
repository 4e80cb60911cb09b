"""The Django admin: the ledger, read-only, and people, through the operations.

One module a room; every list is bounded, and no page shows a config value.
"""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group

from releases.admin.access import AccessAdmin
from releases.admin.activities import ActivityAdmin
from releases.admin.addons import AddOnAdmin
from releases.admin.apps import AppAdmin
from releases.admin.config import ConfigSetAdmin, ConfigVarAdmin
from releases.admin.marks import MarkAdmin
from releases.admin.releases import ReleaseAdmin
from releases.admin.slugs import BlobAdmin, SlugAdmin
from releases.admin.users import UserAdmin

__all__ = [
    "AccessAdmin",
    "ActivityAdmin",
    "AddOnAdmin",
    "AppAdmin",
    "BlobAdmin",
    "ConfigSetAdmin",
    "ConfigVarAdmin",
    "MarkAdmin",
    "ReleaseAdmin",
    "SlugAdmin",
    "UserAdmin",
]

# Permissions are our own (releases.permissions); groups would mean nothing.
if isinstance(admin.site.get_model_admin(Group), GroupAdmin):
    admin.site.unregister(Group)
admin.site.site_title = admin.site.site_header = "Rollbook"
admin.site.index_title = "Administration"

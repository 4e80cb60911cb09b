"""The Django admin: the ledger, read-only. What writes goes through operations."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest

from releases.models import (
    Access,
    Activity,
    AddOn,
    App,
    Blob,
    ConfigSet,
    ConfigVar,
    Mark,
    Release,
    Slug,
    User,
)

# Permissions are our own (releases.permissions); groups would mean nothing.
if isinstance(admin.site.get_model_admin(Group), GroupAdmin):
    admin.site.unregister(Group)
admin.site.site_title = admin.site.site_header = "Rollbook"
admin.site.index_title = "The ledger"

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Model]
else:
    Admin = admin.ModelAdmin


class ReadOnlyAdmin(Admin):
    """Shows rows to superusers, and lets nobody write past the operations."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False


@admin.register(App)
class AppAdmin(ReadOnlyAdmin):
    list_display = ["name", "owner", "current_release", "released_at", "deleted_at"]
    list_select_related = ["owner", "current_release"]
    search_fields = ["name__startswith"]
    exclude = ["data_key"]


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = [
        "app",
        "version",
        "kind",
        "status",
        "description",
        "actor_email",
        "source",
        "created_at",
    ]
    list_display_links = ["version"]
    list_select_related = ["app"]
    search_fields = ["app__name__exact"]
    search_help_text = "The name of an app"


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    list_display = [
        "created_at",
        "app",
        "kind",
        "summary",
        "release",
        "actor_email",
        "source",
        "ip",
    ]
    list_select_related = ["app", "release"]
    search_fields = ["app__name__exact", "actor_email__exact"]
    search_help_text = "The name of an app, or an e-mail"


@admin.register(Slug)
class SlugAdmin(ReadOnlyAdmin):
    list_display = ["id", "app", "commit", "commit_title", "created_at", "sealed_at"]
    list_select_related = ["app"]
    search_fields = ["app__name__exact", "commit__startswith"]


@admin.register(Blob)
class BlobAdmin(ReadOnlyAdmin):
    list_display = ["sha256", "size", "file_count", "stored_at", "deleted_at"]
    search_fields = ["sha256__startswith"]


@admin.register(ConfigSet)
class ConfigSetAdmin(ReadOnlyAdmin):
    list_display = ["id", "app", "created_at", "digest"]
    list_select_related = ["app"]
    search_fields = ["app__name__exact"]


@admin.register(ConfigVar)
class ConfigVarAdmin(ReadOnlyAdmin):
    list_display = ["name", "app", "addon", "created_by", "created_at", "erased_at"]
    list_select_related = ["app", "addon", "created_by"]
    search_fields = ["app__name__exact", "name__exact"]
    # Masked by leaving out: revealing a value is an operation, and an activity.
    exclude = ["ciphertext", "ciphertext_sha256", "fingerprint"]


@admin.register(Mark)
class MarkAdmin(ReadOnlyAdmin):
    list_display = ["app", "release", "kind", "reason", "created_by", "cleared_at"]
    list_select_related = ["app", "release", "created_by"]


@admin.register(AddOn)
class AddOnAdmin(ReadOnlyAdmin):
    list_display = ["name", "app", "plan", "attached_at", "detached_at"]
    list_select_related = ["app"]


@admin.register(Access)
class AccessAdmin(ReadOnlyAdmin):
    list_display = ["user", "app", "permissions", "updated_at"]
    list_select_related = ["user", "app"]


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ["email", "full_name", "is_superuser", "is_active", "created_at"]
    search_fields = ["email__startswith"]
    exclude = ["password", "groups", "user_permissions"]

"""Django's classes as generic at run time as they are for the type checker."""

from typing import TYPE_CHECKING, Generic, TypeVar

from django.contrib import admin
from django.core import paginator
from django.db.models import Model

Row = TypeVar("Row", bound=Model)

if TYPE_CHECKING:

    class ModelAdmin(admin.ModelAdmin[Row]):
        pass

    Paginator = paginator.Paginator

else:

    class ModelAdmin(Generic[Row], admin.ModelAdmin):
        pass

    class Paginator(Generic[Row], paginator.Paginator):
        pass

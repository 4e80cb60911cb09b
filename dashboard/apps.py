from django.apps import AppConfig
from django.contrib.admin import apps as admin


class DashboardConfig(AppConfig):
    name = "dashboard"


class AdminOfSuperusers(admin.AdminConfig):
    default = False
    default_site = "dashboard.admin_site.AdminSite"

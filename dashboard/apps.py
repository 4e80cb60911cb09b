from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig
from django.contrib.admin import apps as admin


class DashboardConfig(AppConfig):
    name = "dashboard"


class AdminOfSuperusers(admin.AdminConfig):
    default = False
    default_site = "dashboard.admin_site.AdminSite"


class SeenSessions(UserSessionsConfig):
    default = False

    def ready(self) -> None:
        """Hear no signals: at each sign-in they look at all sessions, one by one."""

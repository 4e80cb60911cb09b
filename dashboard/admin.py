"""Takes away what would write past the operations."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin

# People sign in by the e-mail of their own row; allauth's copies decide nothing here.
# Two-factor is turned off from a person's page, and sessions are ended by operations.
for model in (EmailAddress, Authenticator, UserSession):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

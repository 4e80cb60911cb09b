"""Takes away what would write past the operations."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin

# People sign in by the e-mail of their own row; allauth's copies decide nothing here.
# Two-factor is turned off from a person's page.
for model in (EmailAddress, Authenticator):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

"""The settings of who gets in, and how; settings.py takes them over."""

from dashboard.env import env_number

AUTH_USER_MODEL = "releases.User"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "app_list"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "dashboard.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_FORMS = {
    "login": "dashboard.accounts.SignInForm",
    "reauthenticate": "dashboard.accounts.PasswordForm",
}
# How long, in seconds, one need not show again who one is (dashboard.proof). In less than
# half a minute nobody would get anything done.
ACCOUNT_REAUTHENTICATION_TIMEOUT = max(30, env_number("ROLLBOOK_PROOF_LASTS", 300))
MFA_ADAPTER = "releases.two_factor.SealedAdapter"
MFA_FORMS = {
    "authenticate": "dashboard.accounts.CodeForm",
    "reauthenticate": "dashboard.accounts.CodeAgainForm",
    "login_webauthn": "dashboard.passkeys.SignInByPasskeyForm",
    "reauthenticate_webauthn": "dashboard.passkeys.ProofByPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A passkey stands for the password as well: the device asks for a finger, a face, a PIN.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# A code of the half minute before or after: clocks differ, and typing takes its time.
MFA_TOTP_TOLERANCE = 1
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

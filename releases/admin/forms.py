"""What people type into the admin: shape and wording alone, no rules of the domain."""

from django import forms

from releases.models import Access


class PasswordForm(forms.Form):
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label="Password again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password_again(self) -> str:
        again: str = self.cleaned_data["password_again"]
        if again != self.cleaned_data.get("password"):
            raise forms.ValidationError("The two passwords are not the same.")
        return again


class UserForm(PasswordForm):
    email = forms.EmailField(label="E-mail", max_length=254)
    full_name = forms.CharField(label="Full name", max_length=150, required=False)
    superuser = forms.BooleanField(
        label="Superuser",
        required=False,
        help_text="May do everything with every app, and use this administration.",
    )

    field_order = ["email", "full_name", "password", "password_again", "superuser"]


class PermissionsForm(forms.Form):
    permissions = forms.MultipleChoiceField(
        label="May",
        choices=[
            (value, f"{value}: {words}") for value, words in Access.Permission.choices
        ],
        initial=[Access.Permission.VIEW],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Whoever has any of these may also view.",
    )


class AccessForm(PermissionsForm):
    app = forms.CharField(label="App", max_length=30, help_text="Its name.")
    email = forms.EmailField(label="Person", max_length=254, help_text="Their e-mail.")

    field_order = ["app", "email", "permissions"]

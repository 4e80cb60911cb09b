from django.db import models


class Source(models.TextChoices):
    """Through what an actor acted."""

    WEB = "web", "Web"
    API = "api", "API"
    CLI = "cli", "CLI"
    GIT = "git", "Git"
    SYSTEM = "system", "System"

from releases.models.access import Access
from releases.models.activity import Activity
from releases.models.addon import AddOn
from releases.models.app import App
from releases.models.blob import Blob, Manifest
from releases.models.config import ConfigSet, ConfigVar
from releases.models.mark import Mark
from releases.models.release import Release, ReleaseOutput
from releases.models.running import Formation, Process, Rollout, RunSettings
from releases.models.slug import Slug
from releases.models.source import Source
from releases.models.token import Token, TokenUse
from releases.models.user import SYSTEM_EMAIL, SYSTEM_ID, User

__all__ = [
    "SYSTEM_EMAIL",
    "SYSTEM_ID",
    "Access",
    "Activity",
    "AddOn",
    "App",
    "Blob",
    "ConfigSet",
    "ConfigVar",
    "Formation",
    "Manifest",
    "Mark",
    "Process",
    "Release",
    "ReleaseOutput",
    "Rollout",
    "RunSettings",
    "Slug",
    "Source",
    "Token",
    "TokenUse",
    "User",
]

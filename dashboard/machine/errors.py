class CannotStart(Exception):
    """What was asked for cannot start, and this sentence says why and what would help."""


class InUse(CannotStart):
    """Something else holds what was asked for, and may let go of it."""

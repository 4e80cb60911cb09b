"""Notes that prepare leaves and bin/up tells, once: passwords that were made up."""

from pathlib import Path


def leave(note: Path, text: str) -> None:
    """Write a new note, for this user alone."""
    note.unlink(missing_ok=True)
    note.touch(mode=0o600)
    note.write_text(text, encoding="utf-8")

"""Looks at everything that a first real sending needs; mails nobody and changes nothing.

    examine: a list of checks, all at once, until a deadline
      → local     configuration, templates, topics, folders, disk, who may read secrets
      → stored    the store: its revision, its readers, what waits for a person
      → digest    whether the source has a digest that may be mailed
      → reach     the transport, and base_url as readers reach it
      → dns       what the sender's domain says of its mail; judged by `records`

A check gives `findings`. What an error becomes on a terminal, and which exit code, is for `cli/`.
"""

from newsletter.daily.doctor.examine import examine, refuse_configuration
from newsletter.daily.doctor.findings import Area, Examination, Finding, State

__all__ = ["Area", "Examination", "Finding", "State", "examine", "refuse_configuration"]

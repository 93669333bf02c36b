"""Finds the files that come with the package but are not code: templates, catalogues, samples.

They stand at the top of the checkout; the wheel carries them in `shipped_files/` (see
`force-include` in pyproject.toml). What is done with them is left to the other rooms.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped_path(name: str) -> Path:
    """The folder or file called `name` ("templates", "subscribers/example.csv").

    Raises FileNotFoundError where the installation lacks it.
    """
    for root in (_PACKAGE / "shipped_files", _PACKAGE.parent):
        path = root / name
        if path.exists():
            return path
    raise FileNotFoundError(f"{name} is missing from this installation of newsletter")

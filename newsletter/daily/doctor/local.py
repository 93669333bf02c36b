"""What stands on this machine: configuration, templates, topics, folders, who may read secrets."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from newsletter.config import Config, check_public_addresses
from newsletter.config.load import find_secret_files, find_written_secrets
from newsletter.daily.doctor.findings import Area, Finding, State, warn, well, wrong
from newsletter.daily.topics import read_topics
from newsletter.errors import ConfigError
from newsletter.render.environment import make_environment
from newsletter.render.proof import check_templates
from newsletter.store.look import find_store_path

_SHORT_KEY = 16  # characters; a random one of that length cannot be guessed
_TOO_FULL, _NEARLY_FULL = 64_000_000, 512_000_000  # bytes that are left


def look_at_file(config_file: Path | None) -> Iterator[Finding]:
    """It was loaded: only whether there is one is left to say."""
    if config_file is None:
        yield warn("configuration", "no newsletter.toml here: only defaults and variables", "newsletter init")
    else:
        yield well("configuration", f"{config_file} has no mistakes")


def look_at_addresses(config: Config) -> Iterator[Finding]:
    """Those that readers see."""
    is_real = config.transport.kind != "file"
    try:
        check_public_addresses(config)
    except ConfigError as error:
        state = State.WRONG if is_real else State.WARNING
        for problem in error.problems:
            yield Finding("addresses", state, problem, "set it in newsletter.toml")
    else:
        sender, base = config.sender.address, config.newsletter.base_url
        yield well("addresses", f"mail comes from {sender}, its links lead to {base}")


def look_at_postal_address(config: Config) -> Iterator[Finding]:
    if config.sender.postal_address.strip():
        yield well("postal address", "stands in the foot of each mail")
    else:
        fix = "set [sender] postal_address: the law of many countries asks for it (CAN-SPAM)"
        yield warn("postal address", "none is set", fix)


def look_at_secrets(
    config: Config, config_file: Path | None, environment: Mapping[str, str]
) -> Iterator[Finding]:
    """Whether others on this machine can read what signs links and mails, or logs in."""
    own = config.newsletter.secret_key
    short = 0 < len(own) < _SHORT_KEY
    if short:
        fix = "leave it empty before the first sending, and one is made; later a change breaks links in mails"
        yield warn("secrets", f"[newsletter] secret_key has only {len(own)} characters", fix)
    files = _list_secret_files(config, config_file, environment)
    exposed = [(path, what) for path, what in files if _is_exposed(path)]
    for path, what in exposed:
        yield warn("secrets", f"everybody on this machine can read {path}: {what}", f"chmod o= {path}")
    if not exposed and not short:
        yield well("secrets", "no other user can read them")


def look_at_templates(config: Config) -> Iterator[Finding]:
    """Raises RenderError."""
    folder = config.templates.directory
    check_templates(make_environment(folder))
    yield well("templates", f"those of {folder} over ours" if folder.is_dir() else "ours, none of your own")


def look_at_topics(config: Config) -> Iterator[Finding]:
    """Raises ConfigError."""
    topics, path = read_topics(config), config.keywords.file
    yield well("topics", f"{len(topics.own)} of {path}" if path.exists() else f"ours; {path} is not there")


def look_at_site(config: Config) -> Iterator[Finding]:
    folder = config.site.out
    if may_write_into(folder):
        yield well("site", f"{folder} can be written" if folder.exists() else f"{folder} will be made")
    else:
        fix = "let this user write there, or set [site] out to another folder"
        yield wrong("site", f"{folder} cannot be written", fix, Area.STORE)


def look_at_disks(config: Config) -> Iterator[Finding]:
    """A line for each disk that the store, the pages or the mails lie on."""
    folders = [find_store_path(config.store.url).parent, config.site.out]
    if config.transport.kind == "file":
        folders.append(config.transport.file.directory)
    for folder in {each.stat().st_dev: each for each in map(find_existing, reversed(folders))}.values():
        free = shutil.disk_usage(folder).free
        message = f"{_size(free)} free on the disk of {folder}"
        if free < _TOO_FULL:
            yield wrong("disk", message, "make room", Area.STORE)
        elif free < _NEARLY_FULL:
            yield warn("disk", message, "make room before it is full")
        else:
            yield well("disk", message)


def may_write_into(folder: Path) -> bool:
    """Whether this user may write into a folder, or make it."""
    found = find_existing(folder)
    if folder.is_symlink() and found != folder:
        return False  # it leads nowhere, and stands in the way of a folder
    return found.is_dir() and os.access(found, os.W_OK | os.X_OK)


def find_existing(path: Path) -> Path:
    """The path itself, or the nearest above it that is there."""
    return next(each for each in (path, *path.parents) if os.path.exists(each))  # noqa: PTH110 - never raises


def _list_secret_files(
    config: Config, config_file: Path | None, environment: Mapping[str, str]
) -> Iterator[tuple[Path, str]]:
    written = find_written_secrets(config_file) if config_file else []
    if config_file and written:
        yield config_file, f"it holds {', '.join(written)}"
    yield from ((path, f"it holds {name}") for name, path in find_secret_files(environment))
    if config.dkim.selector and not config.dkim.key:
        yield config.dkim.key_file, "it signs your mails"
    yield find_store_path(config.store.url), "it holds addresses, and the key of the links"


def _is_exposed(path: Path) -> bool:
    """Whether any user may read the file and enter all folders on the way to it."""
    try:
        file = path.resolve(strict=True)
        ways = [each.stat().st_mode & stat.S_IXOTH for each in file.parents]
        return all(ways) and bool(file.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False  # is not there, or not even this user can see it


def _size(count: int) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.0f} MB"

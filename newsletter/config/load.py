"""Reads the configuration and checks it: every problem at once, each with its file and line or variable.

What a key means is written in `sections`; what is done with the values is left to the rooms.
"""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from newsletter.config.judge import judge_config
from newsletter.config.keys import KeyFacts
from newsletter.config.sections import Config, Key, all_tables
from newsletter.config.urls import encode_host, read_base_url, read_hub_url
from newsletter.errors import ConfigError
from newsletter.shipped import find_language

_FROM_FILE = "_FILE"
_FIX = "docs/configuration.md says what each key takes; newsletter init writes an example"
# Line breaks and tabs may stand in a postal address; lone surrogates are bytes that were not UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_OWN_VARIABLES = {"NEWSLETTER_CONFIG"}  # says which file to read; see cli/


def load_config(path: Path | None, environment: Mapping[str, str], folder: Path) -> Config:
    """The configuration of `path` (None: defaults alone) with `environment` over it.

    Relative paths are relative to the file, or to `folder` where there is none.
    Raises ConfigError with every unknown, missing or wrong key.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    keys = {key.name: key for table in all_tables() for key in table.keys}
    if path is not None:
        _read_file(path, keys, values, places, problems)
        folder = path.resolve().parent
    _read_environment(environment, keys, values, places, problems)
    for name in list(values):
        try:
            values[name] = _checked(keys[name], values[name])
        except ValueError as error:
            problems.append(f"{places[name]}: {name} {error}")
            del values[name]
    config: Config = _build(Config, "", values, folder)
    problems += [
        f"{places.get(name, name)}: {name} {message}" for name, message in judge_config(config, folder)
    ]
    if problems:
        raise ConfigError(problems, fix=_FIX)
    return _anchor(config, folder)


def find_written_secrets(path: Path) -> list[str]:
    """The names of the secret keys that stand in a file which `load_config` could read."""
    document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    keys = {key.name: key for table in all_tables() for key in table.keys}
    # Where there is a default, a place is meant, which holds a password only now and then.
    secret = {name for name, key in keys.items() if key.facts.secret and not key.default}
    return [name for name, value in _flatten(document, keys) if value and name in secret]


def find_secret_files(environment: Mapping[str, str]) -> list[tuple[str, Path]]:
    """The names of the keys that come from files which variables name, and the files."""
    known = {key.variable: key for table in all_tables() for key in table.keys}
    found = ((_find_secret(variable, known), environment[variable]) for variable in sorted(environment))
    return [(key.name, Path(path)) for key, path in found if key is not None]


def _find_secret(variable: str, known: Mapping[str, Key]) -> Key | None:
    """The secret key whose `_FILE` the variable is; `known` are the keys by their variables."""
    if variable in known or not variable.endswith(_FROM_FILE):
        return None
    key = known.get(variable.removesuffix(_FROM_FILE))
    return key if key is not None and key.facts.secret else None


def _read_file(
    path: Path, keys: Mapping[str, Key], values: dict[str, Any], places: dict[str, str], problems: list[str]
) -> None:
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = tomllib.loads(text)
    except OSError as error:
        raise ConfigError([f"{path}: {error.strerror}"], fix="newsletter init writes one") from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 text"], fix="save it as UTF-8") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists without end
        fix = 'write texts in quotes, key = "value": newsletter init writes an example'
        raise ConfigError([f"{path}: is not TOML: {error}"], fix=fix) from error
    lines = _line_numbers(text)
    for name, value in _flatten(document, keys):
        place = f"{path}:{lines.get(name, 1)}"
        if name in keys:
            values[name], places[name] = value, place
        else:
            problems.append(f"{place}: unknown key {name}{_did_you_mean(name, keys)}")


def _flatten(
    document: Mapping[str, Any], keys: Mapping[str, Key], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict) and prefix + name not in keys:
            yield from _flatten(value, keys, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _line_numbers(text: str) -> dict[str, int]:
    """Where each dotted key stands. tomllib does not tell; sections and keys in plain style suffice."""
    section, lines = "", {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([\w.\-]+)\s*\]", line):
            section = header[1] + "."
        elif key := re.match(r"\s*([\w.\-]+)\s*=", line):
            lines[section + key[1]] = number
    return lines


def _did_you_mean(name: str, keys: Mapping[str, Key]) -> str:
    import difflib  # noqa: PLC0415 - only a mistake needs it

    close = difflib.get_close_matches(name, keys, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def _read_environment(
    environment: Mapping[str, str],
    keys: Mapping[str, Key],
    values: dict[str, Any],
    places: dict[str, str],
    problems: list[str],
) -> None:
    known = {key.variable: key for key in keys.values()}
    for variable in sorted(environment):
        if not variable.startswith("NEWSLETTER_") or variable in _OWN_VARIABLES:
            continue
        value = environment[variable]
        key = known.get(variable)
        if key is None and (secret := _find_secret(variable, known)):
            key = secret
            try:
                value = Path(value).read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{variable}: cannot read {value}: {error}")
                continue
        if key is None:
            problems.append(f"{variable}: unknown variable{_did_you_mean(variable, known)}")
        else:
            values[key.name], places[key.name] = value, variable


def _checked(key: Key, value: Any) -> Any:
    """`value` in the key's type; ValueError says what is wrong without repeating a secret."""
    facts = key.facts
    if isinstance(key.default, tuple):
        return _check_list(value, facts)
    if isinstance(key.default, bool):
        return _check_switch(value)
    if isinstance(key.default, int):
        if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,20}\s*", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError("must be a whole number")
        if facts.minimum is not None and value < facts.minimum:
            raise ValueError(f"must be at least {facts.minimum}")
        if facts.maximum is not None and value > facts.maximum:
            raise ValueError(f"must be at most {facts.maximum}")
        return value
    if not isinstance(value, str):
        raise ValueError("must be a text in quotes")
    if _UNPRINTABLE.search(value):
        raise ValueError("must be UTF-8 text without control characters")
    if facts.choices and value not in facts.choices:
        raise ValueError(f"must be one of {', '.join(facts.choices)}, not {value!r}")
    return Path(value) if isinstance(key.default, Path) else value


def _check_switch(value: Any) -> bool:
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value.strip().lower())
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _check_list(value: Any, facts: KeyFacts) -> tuple[str, ...]:
    if isinstance(value, str):
        value = _read_several(value) if facts.one_or_several else value.split()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f'must be {"a text or " * facts.one_or_several}a list of texts: ["…"]')
    if any(map(_UNPRINTABLE.search, value)):
        raise ValueError("must be UTF-8 text without control characters")
    return tuple(value)


def _read_several(text: str) -> Any:
    """A text is one value, whatever it holds; one that begins like a JSON list must be one."""
    if not text.startswith("["):
        return [text]
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError('must be one text, or a JSON list: ["…", "…"]') from error


def _build(kind: type[Any], prefix: str, values: Mapping[str, Any], folder: Path) -> Any:
    made = {}
    for each in dataclasses.fields(kind):
        name = prefix + each.name
        if isinstance(each.default_factory, type):
            made[each.name] = _build(each.default_factory, name + ".", values, folder)
        else:
            value = values.get(name, each.default)
            made[each.name] = folder / value if isinstance(value, Path) else value
    return kind(**made)


def _anchor(config: Config, folder: Path) -> Config:
    """What was judged in the form the rooms rely on: URLs and domains in ASCII, the language's tag, and
    the paths inside texts (source, SQLite file) relative to the configuration file."""
    url = config.store.url
    sources = tuple(_anchor_source(source.strip(), folder) for source in config.digest.source)
    newsletter = dataclasses.replace(
        config.newsletter,
        base_url=read_base_url(config.newsletter.base_url),
        language=find_language(config.newsletter.language) or config.newsletter.language,
    )
    if url.startswith("sqlite:///"):
        url = "sqlite:///" + str(folder / url.removeprefix("sqlite:///"))
    domain = config.dkim.domain or config.sender.address.rpartition("@")[2]
    return dataclasses.replace(
        config,
        newsletter=newsletter,
        dkim=dataclasses.replace(config.dkim, domain=encode_host(domain).lower()),
        feeds=dataclasses.replace(config.feeds, hubs=tuple(map(read_hub_url, config.feeds.hubs))),
        digest=dataclasses.replace(config.digest, source=sources),
        store=dataclasses.replace(config.store, url=url),
    )


def _anchor_source(source: str, folder: Path) -> str:
    if "://" in source or source == "-":
        return source
    # The trailing slash stays, because it says "a folder" even before the folder exists.
    return str(folder / source) + ("/" if source.endswith("/") else "")

"""Reads the values of a stack's configuration, and collects the errors in them."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from phi_buckets.stack.application_trust import ApplicationTrust, ApplicationTrustError
from phi_buckets.stack.networks import NETWORK_MEANING, Networks, is_network

PREFIX = "phi:"
CENTURY_DAYS = 36_525
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d", re.ASCII)

T = TypeVar("T")


class SettingsReader:
    """Reads settings one by one and collects the errors.

    An invalid setting falls back to its default, so that it is reported only once.
    """

    def __init__(self, config: Mapping[str, str], path: str = "", errors: list[str] | None = None) -> None:
        """Read a configuration, or one object in it.

        Args:
            config: The values of the configuration by key, such as `phi:environment`.
            path: The path of the object with a final dot, such as `buckets.imaging.`; empty for the configuration.
            errors: The errors of the reader of the configuration, if this one reads an object in it.
        """
        self._config, self._path = config, path
        self._known_keys: list[str] = []
        self._errors: list[str] = [] if errors is None else errors
        self._objects: list[SettingsReader] = []

    def errors(self) -> list[str]:
        """Return the errors so far, and one for each unknown key.

        A misspelled key would otherwise leave the default in force without notice. The value of an unknown key isn't
        shown, because it may be a secret.
        """
        return [*(error for reader in (self, *self._objects) for error in reader._unknown_keys()), *self._errors]

    def _unknown_keys(self) -> Iterator[str]:
        for key in sorted(self._config):
            if key.startswith(PREFIX) and key not in self._known_keys:
                similar = difflib.get_close_matches(key, self._known_keys, n=1)
                hint = f"did you mean {similar[0]}?" if similar else f"the settings are {', '.join(self._known_keys)}."
                argument = f"--path '{key}'" if self._path else key
                yield f"{key} isn't a setting; {hint} Remove it with: pulumi config rm {argument}"

    def objects(
        self, key: str, is_name: Callable[[str], bool], meaning: str, example: tuple[str, str, str]
    ) -> dict[str, SettingsReader]:
        """Return a reader of each object in a setting that has objects by name.

        An object with an invalid name is left out: after the command that removes it, one that sets a value in it would
        make it again.

        Args:
            key: The setting's name, without the prefix.
            is_name: Returns whether a name is valid.
            meaning: The names that are valid, as in "a name must be …".
            example: A valid name, and the name and the value of a setting in an object, for the command that fixes an
                error.
        """
        setting = self._json(key, dict)
        example_name, example_key, example_value = example
        if setting is None:
            self._errors.append(
                f"{PREFIX}{key} is invalid; it must have an object for each name. Set it with: pulumi config rm "
                f"{PREFIX}{key} && {set_path_command(f'{key}.{example_name}.{example_key}', example_value)}"
            )
            return {}
        self._errors += [
            f"{PREFIX}{key} has the name '{name}'; a name must be {meaning}. "
            f"Remove it with: pulumi config rm --path '{PREFIX}{key}[\"{name}\"]'"
            for name in setting
            if not is_name(name)
        ]
        setting = {name: content for name, content in setting.items() if is_name(name)}
        # The command names only this object: without the others, Pulumi would delete their resources.
        self._errors += [
            f"{PREFIX}{key}.{name} isn't an object; it must have settings, or be {{}} for the stack's. Set it with: "
            f"pulumi config rm --path '{PREFIX}{key}.{name}' && "
            f"{set_path_command(f'{key}.{name}.{example_key}', example_value)}"
            for name, content in setting.items()
            if not isinstance(content, dict)
        ]
        readers = {
            name: self._object(f"{key}.{name}.", content if isinstance(content, dict) else {})
            for name, content in setting.items()
        }
        self._objects += readers.values()
        return readers

    def _object(self, path: str, content: Mapping[str, Any]) -> SettingsReader:
        """Return a reader of an object. A key without a value, which is null in JSON, has an empty one."""
        config = {
            f"{PREFIX}{path}{key}": value if isinstance(value, str) else json.dumps(value)
            for key, value in ((key, "" if value is None else value) for key, value in content.items())
        }
        return SettingsReader(config, path, self._errors)

    def is_invalid(self, *keys: str) -> bool:
        """Return whether an error about one of these settings has been collected."""
        return any(error.startswith(f"{PREFIX}{key}") for key in keys for error in self._errors)

    def region(self) -> str:
        """Return the stack's region, from the setting of the AWS provider."""
        region = self._config.get("aws:region", "")
        if not REGION.fullmatch(region):
            problem = f"is '{region}'" if region else "is missing"
            self._errors.append(
                f"aws:region {problem}; it must be an AWS region. Set it with: pulumi config set aws:region us-east-1"
            )
        return region

    def default_tags(self) -> dict[str, str]:
        """Return the tags of Pulumi's default AWS provider. The provider for the replica's region must add them too."""
        try:
            tags = json.loads(self._config.get("aws:defaultTags", "{}")).get("tags", {})
            return {str(name): str(value) for name, value in tags.items()}
        except (ValueError, AttributeError):
            self._errors.append(
                "aws:defaultTags is invalid; it must be an object with tags. Set it with: pulumi config rm "
                "aws:defaultTags && pulumi config set --path aws:defaultTags.tags.Project phi"
            )
            return {}

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """Return a setting whose value is one of `choices`. The setting is required if there is no default."""
        text = self._get(key)
        if text is not None and text in choices:
            return text
        if text is not None or default is None:
            problem = "is missing" if text is None else f"is '{text}'"
            self._add_error(key, f"{problem}; it must be one of {', '.join(choices)}", choices[0])
        return default or choices[0]

    def days(self, key: str, default: int, minimum: int, requirement: str, maximum: int = CENTURY_DAYS) -> int:
        """Return a number of days.

        Args:
            key: The setting's name, without the prefix.
            default: The number of days if the setting is absent or invalid.
            minimum: The smallest valid number of days.
            requirement: The reason for the minimum, as the second half of an error message.
            maximum: The largest valid number of days.
        """
        text = self._get(key)
        if text is None:
            return default
        if not text.strip().isascii() or not text.strip().isdigit():
            self._add_error(key, f"is '{text}'; it must be a whole number of days", str(default))
            return default
        days = int(text)
        if minimum <= days <= maximum:
            return days
        reason = requirement if days < minimum else f"it must be at most {maximum} days, a century"
        self._add_error(key, f"is {days}; {reason}", str(default))
        return default

    def flag(self, key: str, *, default: bool) -> bool:
        """Return a setting that is true or false."""
        text = self._get(key)
        if text not in (None, "true", "false"):
            self._add_error(key, f"is '{text}'; it must be true or false", str(default).lower())
            return default
        return default if text is None else text == "true"

    def text(self, key: str, pattern: re.Pattern[str], meaning: str, example: str) -> str | None:
        """Return a setting that matches a pattern, or None if it is absent, empty or invalid.

        Args:
            key: The setting's name, without the prefix.
            pattern: The pattern of the whole value.
            meaning: The values that are valid, as in "it must be an AWS region".
            example: A valid value, for the command that fixes an error.
        """
        text = self._get(key) or None  # a string in Pulumi.yaml has no other default that means "not set"
        if text is not None and not pattern.fullmatch(text):
            self._add_error(key, f"is '{text}'; it must be {meaning}", example)
            return None
        return text

    def texts(self, key: str, pattern: re.Pattern[str], meaning: str, example: str) -> tuple[str, ...]:
        """Return a list of distinct values that match a pattern; the arguments are those of `text`."""
        return self._items(key, lambda item: bool(pattern.fullmatch(item)), meaning, example)

    def choices(self, key: str, choices: Sequence[str]) -> tuple[str, ...]:
        """Return a list of distinct values, each one of `choices`."""
        return self._items(key, lambda item: item in choices, f"one of {', '.join(choices)}", choices[0])

    def networks(self, key: str) -> Networks:
        """Return a list of VPC endpoints and address ranges; none if it is absent or invalid."""
        return Networks.of(self._items(key, is_network, NETWORK_MEANING, "203.0.113.0/24"))

    def application_trust(self, key: str) -> ApplicationTrust | None:
        """Return the principal that may assume a role, or None if the setting is absent, empty or invalid."""
        setting = self._json(key, dict)
        try:
            if setting is None:
                raise ApplicationTrustError("must be an object")
            return ApplicationTrust.from_setting(setting) if setting else None
        except ApplicationTrustError as error:
            path = self._path + key
            argument = f"--path '{PREFIX}{path}'" if self._path else PREFIX + path
            commands = [
                f"pulumi config rm {argument}",
                *(f"{set_path_command(f'{path}.{name}', text)} --type string" for name, text in error.example.items()),
            ]
            self._errors.append(f"{PREFIX}{path} {error}. Set it with: {' && '.join(commands)}")
            return None

    def _items(self, key: str, is_valid: Callable[[str], bool], meaning: str, example: str) -> tuple[str, ...]:
        items = self._json(key, list)
        if items is None:
            self._errors.append(
                f"{PREFIX}{key} isn't a list; it must be a list, and each item must be {meaning}. "
                f"Set it with: {set_path_command(f'{key}[0]', example)}"
            )
            return ()
        errors = [
            f"{PREFIX}{key}[{index}] is invalid; it must be {meaning}. "
            f"Set it with: {set_path_command(f'{key}[{index}]', example)}"
            for index, item in enumerate(items)
            if not isinstance(item, str) or not is_valid(item)
        ]
        self._errors += errors
        return () if errors else tuple(dict.fromkeys(items))

    def _json(self, key: str, kind: type[T]) -> T | None:
        """Return a list or an object, which Pulumi passes as JSON: empty if it is absent, None if it is invalid."""
        text = self._get(key)
        if text is None:
            return kind()
        try:
            content = json.loads(text)
        except ValueError:
            return None
        return content if isinstance(content, kind) else None

    def _get(self, key: str) -> str | None:
        self._known_keys.append(PREFIX + self._path + key)
        return self._config.get(PREFIX + self._path + key)

    def _add_error(self, key: str, problem: str, example: str) -> None:
        path = self._path + key
        self._errors.append(f"{PREFIX}{path} {problem}. {set_command(path, example)}")


def set_command(key: str, value: str) -> str:
    """Return the last sentence of an error: the command that sets a setting, named without the prefix.

    A setting of an object in the configuration is named by its path, such as `buckets.imaging.objectLockDays`.
    """
    command = set_path_command(key, value) if "." in key else f"pulumi config set {PREFIX}{key} {value}"
    return f"Set it with: {command}"


def set_path_command(path: str, value: str) -> str:
    """Return the command that sets a part of a setting, such as `alertSubscribers[0]`."""
    return f"pulumi config set --path '{PREFIX}{path}' {value}"

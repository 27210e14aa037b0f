"""The `aws:` settings of the stack, as inputs of the program's own providers.

Pulumi gives them to its default provider only. A provider without them may work in another account, leave the FIPS
endpoints, or ignore a proxy: https://www.pulumi.com/docs/iac/concepts/providers/#default-and-explicit-providers
"""

from __future__ import annotations

import difflib
import inspect
import json
import re
from typing import Any

import pulumi
import pulumi_aws as aws

# The program decides these. The AWS provider accepts forbidden account IDs only without allowed ones. The look-up of
# the account has checked the forbidden ones already, because it uses the default provider.
# https://registry.terraform.io/providers/hashicorp/aws/latest/docs#argument-reference
DECIDED_BY_PROGRAM = frozenset({"region", "allowed_account_ids", "forbidden_account_ids", "default_tags"})

# Pulumi's own settings of a package: https://www.pulumi.com/docs/iac/concepts/config/#pulumi-configuration-options
PACKAGE_SETTINGS = frozenset({"version", "pluginDownloadURL"})

_TEXT = pulumi.Input[str | None]


def provider_inputs() -> dict[str, Any]:
    """Return the arguments of `aws.Provider` that the stack's `aws:` settings give, by Python name.

    They include every argument that the installed SDK knows, except those that the program decides. A secret stays
    a secret.

    Raises:
        pulumi.RunError: The SDK doesn't know a setting, or its value isn't the JSON that Pulumi passes. The message
            contains no value.
    """
    parameters = inspect.signature(aws.ProviderArgs).parameters
    _check_names({_setting_name(argument) for argument in parameters})
    values = {
        argument: _configured(_setting_name(argument), is_text=parameter.annotation == _TEXT)
        for argument, parameter in parameters.items()
        if argument not in DECIDED_BY_PROGRAM
    }
    return {argument: value for argument, value in values.items() if value is not None}


def _check_names(known: set[str]) -> None:
    """Check that the SDK knows every `aws:` setting.

    The provider would ignore another one, such as `aws:assumeRole`, which pulumi-aws 7 has replaced, and so it would
    work with other credentials than the stack file says.
    """
    prefix = "aws:"
    for key in sorted(pulumi.runtime.get_config_env()):
        name = key.removeprefix(prefix)
        if key.startswith(prefix) and name not in known | PACKAGE_SETTINGS:
            similar = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {prefix}{similar[0]}? " if similar else ""
            raise pulumi.RunError(
                f"{key} isn't a setting of the AWS provider; {hint}Remove it with: pulumi config rm {key}"
            )


def _configured(name: str, *, is_text: bool) -> Any:
    """Return the value of one setting, or None if it isn't set. Pulumi passes all except texts as JSON."""
    text = pulumi.Config("aws").get(name)
    if text is None:
        return None
    try:
        value = text if is_text else json.loads(text)
    except ValueError:
        raise pulumi.RunError(
            f"aws:{name} is invalid; it must be a boolean, a number, a list or an object, as pulumi-aws describes it. "
            f"Remove it with: pulumi config rm aws:{name}"
        ) from None
    return pulumi.Output.secret(value) if pulumi.runtime.is_config_secret(f"aws:{name}") else value


def _setting_name(argument: str) -> str:
    """Return the setting of an argument: `useFipsEndpoint` of `use_fips_endpoint`."""
    return re.sub(r"_(\w)", lambda match: match[1].upper(), argument)

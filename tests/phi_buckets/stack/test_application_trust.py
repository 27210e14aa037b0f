"""The setting `phi:applicationTrust`: valid forms and errors."""

from __future__ import annotations

import re

import pytest

from phi_buckets.stack.application_trust import ROLES_ANYWHERE, ApplicationTrust, ApplicationTrustError

ANCHOR = "arn:aws:rolesanywhere:us-east-1:111122223333:trust-anchor/6f2c-0a"
PROVIDER = "token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ({"service": "lambda.amazonaws.com"}, ApplicationTrust("service", "lambda.amazonaws.com")),
        (
            {"service": ROLES_ANYWHERE, "trustAnchor": ANCHOR},
            ApplicationTrust("service", ROLES_ANYWHERE, trust_anchor=ANCHOR),
        ),
        (
            {"account": "444455556666", "externalId": "acme"},
            ApplicationTrust("account", "444455556666", external_id="acme"),
        ),
        (
            {"oidcProvider": PROVIDER, "audience": "sts.amazonaws.com", "subject": "repo:a/b:ref:c"},
            ApplicationTrust("oidc", PROVIDER, audience="sts.amazonaws.com", subject="repo:a/b:ref:c"),
        ),
    ],
    ids=["service", "trust-anchor", "account", "oidc-provider"],
)
def test_from_setting_returns_the_trust(setting, expected):
    assert ApplicationTrust.from_setting(setting) == expected


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"externalId": "acme"}, "must have exactly one of service, account, oidcProvider"),
        ({"service": "lambda.amazonaws.com", "account": "444455556666"}, "must have exactly one of"),
        ({"service": "*"}, "has an invalid service; it must be one of ecs-tasks.amazonaws.com, ec2.amazonaws.com"),
        ({"service": "cognito-identity.amazonaws.com"}, "has an invalid service; it must be one of"),
        ({"service": ROLES_ANYWHERE}, "must have trustAnchor together with the service rolesanywhere"),
        ({"service": ROLES_ANYWHERE, "trustAnchor": "arn:aws:iam::1:a"}, "has an invalid trustAnchor"),
        ({"service": ROLES_ANYWHERE, "trustAnchor": 1}, "has a value for trustAnchor that isn't a string"),
        ({"service": "lambda.amazonaws.com", "trustAnchor": ANCHOR}, "must have trustAnchor only together with"),
        ({"service": ["lambda.amazonaws.com"]}, "has a value for service that isn't a string"),
        ({"account": "*"}, "has an invalid account; it must be an AWS account ID"),
        (
            {"account": "444455556666", "externalID": "acme"},
            "must have no properties other than account, externalId",
        ),
        ({"oidcProvider": f"https://{PROVIDER}", "audience": "a", "subject": "s"}, "has an invalid oidcProvider"),
        ({"oidcProvider": PROVIDER, "audience": "a"}, "must have subject together with oidcProvider"),
        ({"oidcProvider": PROVIDER, "audience": "a", "subject": ""}, "must have subject"),
        (
            {"oidcProvider": PROVIDER, "audience": "a", "subject": "repo:acme/*"},
            "has an invalid subject; it must be the",
        ),
        ({"oidcProvider": PROVIDER, "audience": "*", "subject": "s"}, "has an invalid audience"),
        ({"oidcProvider": PROVIDER, "audience": "a", "subject": f"${{{PROVIDER}:sub}}"}, "has an invalid subject"),
        ({"account": "444455556666", "externalId": "${sts:ExternalId}"}, "has an invalid externalId; it must be 2 to"),
        ({"account": "444455556666", "externalId": "a"}, "has an invalid externalId"),
        ({"account": "444455556666", "externalId": "acme id"}, "has an invalid externalId"),
    ],
)
def test_from_setting_raises_for_an_invalid_setting(setting, message):
    with pytest.raises(ApplicationTrustError, match=re.escape(message)):
        ApplicationTrust.from_setting(setting)


@pytest.mark.parametrize("form", ["service", "account", "oidcProvider"])
def test_example_of_an_error_is_a_valid_setting(form):
    with pytest.raises(ApplicationTrustError) as error:
        ApplicationTrust.from_setting({form: "*"})
    assert form in error.value.example
    ApplicationTrust.from_setting(error.value.example)


def test_example_of_an_error_about_a_trust_anchor_is_a_valid_setting():
    with pytest.raises(ApplicationTrustError) as error:
        ApplicationTrust.from_setting({"service": ROLES_ANYWHERE})
    assert ApplicationTrust.from_setting(error.value.example).trust_anchor

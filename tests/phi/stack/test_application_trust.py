"""Who takes the application's role, as the setting says it."""

from __future__ import annotations

import pytest

from phi.stack.application_trust import ApplicationTrust, ApplicationTrustError

PROVIDER = "token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("given", "trust"),
    [
        ({"service": "lambda.amazonaws.com"}, ApplicationTrust("service", "lambda.amazonaws.com")),
        ({"account": "444455556666", "externalId": "said"}, ApplicationTrust("account", "444455556666", external_id="said")),
        (
            {"oidcProvider": PROVIDER, "audience": "sts.amazonaws.com", "subject": "repo:a/b:ref:c"},
            ApplicationTrust("oidc", PROVIDER, audience="sts.amazonaws.com", subject="repo:a/b:ref:c"),
        ),
    ],
)
def test_what_can_be_trusted(given, trust):
    assert ApplicationTrust.from_setting(given) == trust


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"externalId": "said"}, "names one of service, account, oidcProvider"),
        ({"service": "lambda.amazonaws.com", "account": "444455556666"}, "names one of"),
        ({"service": "*"}, "names no service"),
        ({"service": ["lambda.amazonaws.com"]}, "says service, which is a text"),
        ({"account": "*"}, "names no account"),
        ({"account": "444455556666", "externalID": "said"}, "has more than account, externalId"),
        ({"oidcProvider": f"https://{PROVIDER}", "audience": "a", "subject": "s"}, "names no oidcProvider"),
        ({"oidcProvider": PROVIDER, "audience": "a"}, "needs subject beside oidcProvider"),
        ({"oidcProvider": PROVIDER, "audience": "a", "subject": ""}, "needs subject"),
    ],
)
def test_what_cannot(given, told):
    with pytest.raises(ApplicationTrustError, match=told.replace("*", r"\*")):
        ApplicationTrust.from_setting(given)

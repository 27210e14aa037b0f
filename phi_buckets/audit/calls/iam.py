"""Calls to IAM."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

GET_ACCOUNT_AUTHORIZATION_DETAILS = Call(
    "iam", "get_account_authorization_details", "iam:GetAccountAuthorizationDetails", ResourceType.ANY
)
GET_ACCOUNT_SUMMARY = Call("iam", "get_account_summary", "iam:GetAccountSummary", ResourceType.ANY)
CALLS = (GET_ACCOUNT_AUTHORIZATION_DETAILS, GET_ACCOUNT_SUMMARY)

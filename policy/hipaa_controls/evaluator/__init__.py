"""Evaluator of IAM policy documents, after the IAM User Guide.

    policy = parse(document)
    evaluate([policy], Request("s3:" + ANY, f"{bucket_arn}/{ANY}", ANYONE, {"aws:SecureTransport": ["false"]})).outcome

A request may be symbolic: `ANY` stands for any string, `ANYONE` for any principal, and a condition key that it doesn't
mention is absent or has any value. An outcome other than INDETERMINATE holds for every request that it stands for.
Nothing is guessed: a value that a preview doesn't know yet, or an effect that AWS doesn't document, makes the outcome
INDETERMINATE, with the reason. Titles in quotes are those of pages of the IAM User Guide.
"""

from hipaa_controls.evaluator.evaluate import Decision, Outcome, evaluate, statement_matches
from hipaa_controls.evaluator.parse import MalformedPolicy, Policy, Statement, parse
from hipaa_controls.evaluator.patterns import ANY, Match
from hipaa_controls.evaluator.principals import account_of, is_account
from hipaa_controls.evaluator.requests import ANYONE, Principal, Request

__all__ = [
    "ANY",
    "ANYONE",
    "Decision",
    "MalformedPolicy",
    "Match",
    "Outcome",
    "Policy",
    "Principal",
    "Request",
    "Statement",
    "account_of",
    "evaluate",
    "is_account",
    "parse",
    "statement_matches",
]

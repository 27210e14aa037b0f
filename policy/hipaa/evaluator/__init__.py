"""Would AWS let this request in?  An evaluator of IAM policy documents, as the IAM User Guide describes them.

    policy = parse(document)
    evaluate([policy], Request("s3:" + ANY, f"{bucket_arn}/{ANY}", ANYONE, {"aws:SecureTransport": ["false"]})).outcome

A request may be symbolic: `ANY` stands for any string, `ANYONE` for any principal, and a condition key it does not
mention for any value or none. An answer other than UNSURE then holds for every request it stands for. What a preview
does not know yet, or AWS does not document, is never guessed: it makes the answer UNSURE, with the reason.
"""

from hipaa.evaluator.evaluate import Decision, Outcome, evaluate, statement_matches
from hipaa.evaluator.parse import MalformedPolicy, Policy, Statement, parse
from hipaa.evaluator.patterns import ANY, Match
from hipaa.evaluator.requests import ANYONE, Principal, Request

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
    "evaluate",
    "statement_matches",
    "parse",
]

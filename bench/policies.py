"""Measures the evaluation of policy documents, large and hostile ones too: part of `make bench`, about a minute.

Each figure is the CPU time of one process as a ratio to that of a document of one statement in the same round, which is
steadier than seconds. What is cached from one round to the next is dropped, so that each round starts without it.
"""

from __future__ import annotations

import functools
import gc
import json
import time
from collections.abc import Callable
from typing import Any

from bench.run import report
from hipaa_controls.access.external_access import untrusted_access_findings
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import ParsedPolicy, parse_bucket_policy
from hipaa_controls.evaluator import ANY, Principal, Request, evaluate, parse
from hipaa_controls.model.values import Document, Location
from hipaa_controls.model.verdict import Finding

ROUNDS = 3
REQUESTS = 100
ACCOUNT = "111122223333"
BUCKET = "arn:aws:s3:::phi"
TRUSTED = TrustedParties(Location(account=ACCOUNT), "phi", frozenset(), frozenset())


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def allow(**elements: Any) -> dict[str, Any]:
    every = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    return every | elements


def allow_for_each_account(count: int) -> list[dict[str, Any]]:
    arns = (f"arn:aws:iam::{account(number)}:role/etl" for number in range(count))
    return [allow(Principal={"AWS": arn}, Resource=f"{BUCKET}/{number}/*") for number, arn in enumerate(arns)]


OWN_PRINCIPAL = json.dumps({"AWS": ACCOUNT}, separators=(",", ":"))


def account(number: int) -> str:
    return f"44445555{number:04}"


ONE_STATEMENT = document(allow())
LARGE = {
    "20 KB, one list of principals": document(
        allow(Principal={"AWS": [f"arn:aws:iam::{account(number)}:role/etl" for number in range(500)]})
    ),
    "20 KB, one list of resources": document(allow(Resource=[f"{BUCKET}/{number:04}/*" for number in range(780)])),
    "20 KB, one list of condition values": document(
        allow(Condition={"StringEquals": {"aws:SourceVpce": [f"vpce-{number:017}" for number in range(750)]}})
    ),
    "20 KB, one list of networks": document(
        allow(Condition={"IpAddress": {"aws:SourceIp": [f"2001:db8:{number:04}::/48" for number in range(900)]}})
    ),
    "20 KB, 125 statements": document(*allow_for_each_account(125)),
    "500 statements, which AWS rejects": document(*allow_for_each_account(500)),
}
NARROWED = {
    "20 KB, 110 statements, each for roles of the account": document(
        *(
            allow(Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/{number}*"}})
            for number in range(110)
        )
    ),
    "20 KB, 90 statements, each for a trail of the account": document(
        *(
            allow(
                Principal={"Service": "cloudtrail.amazonaws.com"},
                Condition={"StringLike": {"aws:SourceArn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/{number}*"}},
            )
            for number in range(90)
        )
    ),
    "20 KB, an Allow, and a Deny for each of 110 accounts": document(
        allow(),
        *(
            allow(Effect="Deny", Condition={"StringEquals": {"aws:PrincipalAccount": account(number)}})
            for number in range(110)
        ),
    ),
}
HOSTILE = {
    "Resource *:, then ? 3,000 times": document(allow(Resource=f"{BUCKET}/*:" + "?" * 3000)),
    "Resource *a 3,000 times": document(allow(Resource=f"{BUCKET}/" + "*a" * 3000)),
    "StringLike *a 3,000 times": document(allow(Condition={"StringLike": {"aws:SourceVpce": "*a" * 3000}})),
    "Resource ${ 3,000 times": document(allow(Resource=f"{BUCKET}/" + "${" * 3000)),
}


def main() -> None:
    print("CPU time as a ratio to a document of one statement", flush=True)
    for label, text in (LARGE | HOSTILE).items():
        measure(f"{REQUESTS} requests: {label}", evaluate_requests, text)
    for label, text in (LARGE | NARROWED | HOSTILE).items():
        measure(f"access: {label}", find_access, text.replace(OWN_PRINCIPAL, '"*"'))


def measure(label: str, function: Callable[[str], object], text: str) -> None:
    ratios = []
    for _ in range(ROUNDS):
        one = cpu_seconds(function, ONE_STATEMENT)
        ratios.append(cpu_seconds(function, text) / one)
    report(label, ratios)


def cpu_seconds(function: Callable[[str], object], text: str) -> float:
    for cached in gc.get_objects():
        if isinstance(cached, functools._lru_cache_wrapper):
            cached.cache_clear()
    start = time.process_time()
    function(text)
    return time.process_time() - start


def evaluate_requests(text: str) -> None:
    """Evaluate requests of the account and of others, for an object or for every object of a folder."""
    policy = parse(text)
    for number in range(REQUESTS):
        caller = Principal("AWS", f"arn:aws:iam::{ACCOUNT if number % 2 else account(number)}:role/etl")
        context = {"aws:SourceVpce": "a" * number, "aws:SourceIp": f"2001:db8:{number:04}::1"}
        resource = f"{BUCKET}/{number:04}/{ANY if number % 4 == 1 else 'a' * number}"
        evaluate([policy], Request("s3:GetObject", resource, caller, context, context_is_complete=True))


def find_access(text: str) -> tuple[Finding, ...] | Finding:
    """Check the access that a document grants, as the controls do. A document that is too large is refused."""
    parsed = parse_bucket_policy(Document(text))
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    return untrusted_access_findings(parsed, [BUCKET, f"{BUCKET}/{ANY}"], TRUSTED)


if __name__ == "__main__":
    main()

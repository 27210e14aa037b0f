"""A witness in words and as data, for findings and reports.

It names who calls, from where, with which action and on what. It leaves out other condition keys, and an object's key:
a policy may name a secret or a patient there.
"""

from __future__ import annotations

from hipaa_controls.access.search import Witness
from hipaa_controls.access.text_search import Segment
from hipaa_controls.model import verdict


def describe(witness: Witness) -> verdict.Witness:
    """Return the witness as a finding shows it."""
    details = _details(witness)
    who = details["caller"]
    account, organization = details.get("account"), details.get("organization")
    if who.startswith("AWS service "):
        who += f" on behalf of account {account}" if account else " on behalf of nobody that it names"
    elif account:
        who += f" of account {account}"
    if organization:
        who += f" in organization {organization}"
    if subject := details.get("subject"):
        who += f", {subject},"
    network = details.get("network")
    where = f" {network}" if network else ""
    through = " through an access point of its own" if "access point" in details else ""
    on = f" on {details['resource']}" if details.get("resource", "").startswith("arn:") else ""
    text = f"{who}{where}{through} may {details['action']}{on}"
    return verdict.Witness(text, details, witness.statement.position, witness.request)


def _details(witness: Witness) -> dict[str, str]:
    request = witness.request
    caller = _caller(witness)
    context = {key: values[0] for key, values in request.context.items() if values}
    details = {
        "caller": caller,
        "account": None
        if caller == witness.caller.description
        else context.get("aws:principalaccount") or context.get("aws:sourceaccount"),
        "organization": context.get("aws:principalorgid") or context.get("aws:sourceorgid"),
        "subject": next((value for key, value in context.items() if key.endswith(":sub")), None),
        "network": _network(context),
        "access point": context.get("s3:dataaccesspointarn"),
        "action": request.action,
        "resource": _resource(request.resource),
    }
    return {name: value for name, value in details.items() if value}


def _caller(witness: Witness) -> str:
    request, caller = witness.request, witness.caller
    if caller.principal_kind == "Service":
        return f"AWS service {request.principal.id}"
    if caller.principal_kind != "AWS" or not any(isinstance(part, Segment) for part in caller.principal):
        return caller.description
    arn = (request.context.get("aws:principalarn") or (request.principal.id,))[0]
    name = arn.split(":", 5)[5]
    return "the root user" if name == "root" else name


def _network(context: dict[str, str]) -> str | None:
    if "aws:sourcevpce" in context:
        return f"through {context['aws:sourcevpce']}"
    if context.get("aws:viaawsservice") == "true":
        return "through an AWS service"
    return f"from {context['aws:sourceip']}" if "aws:sourceip" in context else None


def _resource(arn: str) -> str:
    """Return an ARN in which `*` stands for the key of an object."""
    bucket_or_point, slash, _ = arn.partition("/object/") if ":accesspoint/" in arn else arn.partition("/")
    is_s3 = arn.split(":")[2:3] == ["s3"]
    return f"{bucket_or_point}{slash}*" if is_s3 and slash else arn

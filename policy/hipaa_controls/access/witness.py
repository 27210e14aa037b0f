"""A witness in words and as data, for findings and reports.

It names who calls, from where, with which action and on what. It leaves out other condition keys, and an object's key:
a policy may name a secret or a patient there.
"""

from __future__ import annotations

from hipaa_controls.access.request_space import Caller
from hipaa_controls.access.search import Witness
from hipaa_controls.access.targets import OTHER_ACTION
from hipaa_controls.access.text_search import Segment
from hipaa_controls.model import verdict


def describe(witness: Witness) -> verdict.Witness:
    """Return the witness as a finding shows it."""
    context = {key: values[0] for key, values in witness.request.context.items() if values}
    caller = _caller(witness)
    account = context.get("aws:principalaccount") or context.get("aws:sourceaccount")
    if not _is_of_account(witness.caller):
        account = None
    organization = context.get("aws:principalorgid") or context.get("aws:sourceorgid")
    subject = next((value for key, value in context.items() if key.endswith(":sub")), None)
    network, resource, action = _network(context), _resource(witness.request.resource), _action(witness.request.action)
    is_at_access_point = ":accesspoint/" in witness.request.resource
    access_point = None if is_at_access_point else context.get("s3:dataaccesspointarn")
    phrases = (
        caller,
        _of_account(witness, account),
        organization and f"in organization {organization}",
        subject and f"with the subject {subject}",
        network,
        access_point and "through an access point of its own",
        f"may {action}",
        resource and f"on {resource}",
    )
    details = {
        "caller": caller,
        "account": account,
        "organization": organization,
        "subject": subject,
        "network": network,
        "access point": access_point,
        "action": action,
        "resource": resource,
        "statement": witness.statement.position,
    }
    present = {name: value for name, value in details.items() if value}
    return verdict.Witness(" ".join(filter(None, phrases)), present, witness.request)


def _of_account(witness: Witness, account: str | None) -> str:
    if witness.caller.principal_kind == "Service":
        return f"on behalf of account {account}" if account else "without a source account"
    return f"of account {account}" if account else ""


def _is_of_account(caller: Caller) -> bool:
    """Return whether the account in a witness is the caller's, and not a guess at whose a unique ID is."""
    return caller.principal_kind == "Service" or (
        caller.principal_kind == "AWS" and any(isinstance(part, Segment) for part in caller.principal)
    )


def _caller(witness: Witness) -> str:
    request, caller = witness.request, witness.caller
    if caller.principal_kind == "Service":
        return f"AWS service {request.principal.id}"
    if not _is_of_account(caller):
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


def _action(action: str) -> str:
    return "use any other action" if action.endswith(f":{OTHER_ACTION}") else action


def _resource(arn: str) -> str:
    """Return an ARN in which `*` stands for the key of an object; an empty text for a resource that isn't known."""
    if not arn.startswith("arn:"):
        return ""
    bucket_or_point, slash, _ = arn.partition("/object/") if ":accesspoint/" in arn else arn.partition("/")
    is_s3 = arn.split(":")[2:3] == ["s3"]
    return f"{bucket_or_point}{slash}*" if is_s3 and slash else arn

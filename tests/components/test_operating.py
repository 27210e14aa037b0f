"""The commands of docs/operating.md that the emulated AWS doesn't have, checked against the program and AWS's API."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import Session
from botocore.validate import validate_parameters

from tests.components.mocked_stack import ACCOUNT_ID, run_main
from tests.components.policy_requests import ALLOWED, request_outcome, role
from tests.pages import script

SECTION = "Replicate existing and failed objects"


@pytest.fixture(scope="module")
def prod():
    return run_main("prod")


@pytest.fixture(scope="module")
def job(prod) -> dict[str, Any]:
    """Return the parameters of the job that the page creates, with the outputs of the stack in their places."""
    outputs = {name: value for name, value in prod.exports.items() if isinstance(value, str)}
    pulumi = "\n".join(f"{name}) echo {shlex.quote(value)};;" for name, value in outputs.items())
    program = f"""
        pulumi() {{ case "$3" in {pulumi} esac; }}
        aws() {{ if [ "$1" = sts ]; then echo {ACCOUNT_ID}; else printf '%s\\0' "$@"; fi; }}
        {script("operating.md", SECTION)}
    """
    done = subprocess.run(["bash", "-euc", program], capture_output=True, text=True, check=True)
    service, operation, *words = done.stdout.split("\0")[:-1]
    assert (service, operation) == ("s3control", "create-job")
    shape = Session().get_service_model(service).operation_model("CreateJob").input_shape
    names = {xform_name(name, "-"): name for name in shape.members}
    parameters: dict[str, Any] = {"ClientRequestToken": "the CLI makes one"}
    rest = iter(words)
    for word in rest:
        name = word.removeprefix("--")
        if name == "region":
            assert next(rest) == "us-east-1"
        elif name.startswith("no-"):
            parameters[names[name.removeprefix("no-")]] = False
        else:
            value = next(rest)
            is_text = shape.members[names[name]].type_name == "string"
            parameters[names[name]] = value if is_text else json.loads(value)
    validate_parameters(parameters, shape)
    return parameters


def test_job_replicates_existing_and_failed_objects_of_the_phi_bucket(job):
    generator = job["ManifestGenerator"]["S3JobManifestGenerator"]
    assert generator["SourceBucket"] == f"arn:aws:s3:::phi-prod-phi-{ACCOUNT_ID}-us-east-1"
    assert generator["ExpectedBucketOwner"] == job["AccountId"] == ACCOUNT_ID
    assert generator["Filter"] == {"EligibleForReplication": True, "ObjectReplicationStatuses": ["NONE", "FAILED"]}
    assert not generator["EnableManifestOutput"]  # the role may not write a manifest


def test_role_of_the_job_may_write_its_report(prod, job):
    assert job["RoleArn"] == prod.exports["batch_replication_role_arn"]
    permissions = prod.resource("RolePolicy", "batch-replication-role-permissions").policy
    report = f"{job['Report']['Bucket']}/{job['Report']['Prefix']}/job-1/manifest.json"
    caller = role(job["RoleArn"].rpartition("/")[2])
    assert request_outcome(permissions, caller, "s3:PutObject", report) is ALLOWED

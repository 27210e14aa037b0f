"""The table of API calls: it covers every collector, and it can be imported without boto3 or Pulumi."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

from phi_buckets.audit import calls
from phi_buckets.audit.calls import Call, catalogue, s3_bucket_types
from phi_buckets.audit.calls import ec2 as ec2_calls
from phi_buckets.audit.calls import kms as kms_calls
from phi_buckets.audit.calls import s3 as s3_calls
from sandbox.folder import ROOT

LEAVES = ("phi_buckets.audit.calls", "phi_buckets.audit.calls.catalogue", "phi_buckets.audit.permissions")
SERVICES = [module.name for module in pkgutil.iter_modules(calls.__path__) if module.name != "catalogue"]


@pytest.mark.parametrize("module", LEAVES)
def test_import_loads_neither_boto3_nor_pulumi(module: str):
    code = (
        f"import sys, {module}\n"
        "heavy = ('boto3', 'botocore', 'pulumi', 'pulumi_aws')\n"
        "print(sorted({name for name in sys.modules if name.split('.')[0] in heavy}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("service", SERVICES)
def test_calls_of_a_service_lists_each_call_of_its_module(service: str):
    module = importlib.import_module(f"phi_buckets.audit.calls.{service}")
    constants = {value for value in vars(module).values() if isinstance(value, Call)}
    assert constants
    assert set(module.CALLS) == constants
    assert len(module.CALLS) == len(constants)


def test_catalogue_combines_the_calls_of_all_services():
    modules = [importlib.import_module(f"phi_buckets.audit.calls.{service}") for service in SERVICES]
    assert set(catalogue.CALLS) == {call for module in modules for call in module.CALLS}


def test_stack_calls_leave_out_what_the_outputs_provide():
    assert set(catalogue.CALLS) - set(catalogue.STACK_CALLS) == {
        *s3_bucket_types.CALLS,
        s3_calls.LIST_BUCKETS,
        kms_calls.LIST_KEYS,
        ec2_calls.DESCRIBE_REGIONS,
    }

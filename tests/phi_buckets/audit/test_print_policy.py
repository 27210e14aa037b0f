"""`phi audit --print-policy` for a whole account."""

from __future__ import annotations

import json

import pytest

from phi_buckets.audit.calls.catalogue import CALLS
from phi_buckets.cli import main


def test_print_policy_of_an_account_uses_the_given_region(
    endpoint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setattr("sys.argv", ["phi", "audit", "--all", "--region", "us-gov-west-1", "--print-policy"])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 0
    policy = json.loads(capsys.readouterr().out)
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert allowed == {call.action for call in CALLS}
    assert "arn:aws-us-gov:s3:::*" in json.dumps(policy)

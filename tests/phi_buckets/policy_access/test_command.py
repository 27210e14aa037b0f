"""The command `phi access`: its input, its output, its exit codes and its errors."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from phi_buckets.policy_access.kinds import KIND_NAMES
from phi_buckets.policy_access.policy_file import MAX_BYTES
from tests.phi_buckets.policy_access.policies import (
    BUCKET,
    OBJECTS,
    OTHER,
    OWN,
    POINT,
    PRIVATE,
    QUEUE,
    ROLE,
    SECRET,
    TOPIC,
    allow,
    deny,
    equals,
    policy,
    root,
)

README = Path(__file__).parents[3] / "README.md"
PUBLIC = policy(allow("*", "s3:GetObject", OBJECTS))
PARTNER = policy(
    allow({"AWS": "999999999999"}, "s3:GetObject", "arn:aws:s3:::phi-exchange/*", equals("aws:SourceVpce", "vpce-0a1b"))
)
ACCESS_OF_ANYONE = policy(allow("*", "*", "*"))


@pytest.mark.parametrize("kind", PRIVATE)
def test_policy_for_its_own_account_passes(access, kind):
    result = access(PRIVATE[kind], "--account", OWN)
    assert (result.code, result.err) == (0, "")
    assert result.out.endswith("This policy grants access only to trusted parties.\n")


def test_every_kind_has_a_policy_to_test():
    assert set(PRIVATE) == set(KIND_NAMES)


def test_policy_that_lets_somebody_in_fails_with_an_example(access):
    result = access(PUBLIC, "--account", OWN)
    assert result.code == 1
    assert "an anonymous caller from 198.51.100.7 may s3:GetObject on" in " ".join(result.out.split())
    assert result.out.endswith("This policy grants access to a party that isn't trusted.\n")


def test_own_account_that_is_not_known_is_unverified(access):
    result = access(PRIVATE["bucket"])
    assert result.code == 1
    assert "the account of the bucket isn't known; pass it with --account" in result.out
    assert "(--account)" in result.out.splitlines()[0]
    assert "pack-config" not in result.out


def test_json_has_each_question_with_its_witness(access):
    result = access(policy(allow(root(OTHER), "sqs:SendMessage", QUEUE)), "--account", OWN, "--json")
    assert result.json == {
        "kind": "queue",
        "resource": QUEUE,
        "account": OWN,
        "verdict": "fail",
        "answers": [
            {
                "question": "public",
                "about_outsiders": True,
                "verdict": "pass",
                "findings": [{"verdict": "pass", "text": "public access isn't allowed", "witness": None}],
            },
            {
                "question": "external",
                "about_outsiders": True,
                "verdict": "fail",
                "findings": result.json["answers"][1]["findings"],
            },
            {
                "question": "services",
                "about_outsiders": True,
                "verdict": "pass",
                "findings": result.json["answers"][2]["findings"],
            },
        ],
    }
    (finding,) = result.json["answers"][1]["findings"]
    assert finding["witness"] | {"text": ""} == {
        "text": "",
        "caller": "role/outsider",
        "account": OTHER,
        "network": "from 198.51.100.7",
        "action": "sqs:SendMessage",
        "resource": QUEUE,
        "statement": 1,
    }
    assert finding["text"].endswith(finding["witness"]["text"])


def test_json_names_an_access_point_without_a_space(access):
    through_a_point = allow("*", "s3:GetObject", OBJECTS, {"Null": {"s3:DataAccessPointArn": "false"}})
    witness = access(policy(through_a_point), "--account", OWN, "--json").json["answers"][0]["findings"][0]["witness"]
    assert witness["access_point"].startswith("arn:aws:s3:")


def test_each_statement_that_lets_somebody_in_is_reported(access):
    statements = [allow({"AWS": account}, "s3:GetObject", OBJECTS) for account in (OTHER, OWN, "777788889999")]
    answers = access(policy(*statements), "--account", OWN, "--json").json["answers"]
    assert [finding["witness"]["statement"] for finding in answers[1]["findings"]] == [1, 3]


def test_administrators_of_a_bucket_are_shown_and_do_not_fail(access):
    result = access(PRIVATE["bucket"], "--account", OWN, "--json")
    assert result.code == 0
    tampering = result.json["answers"][-1]
    assert (tampering["question"], tampering["about_outsiders"]) == ("tampering", False)
    assert {finding["witness"]["action"] for finding in tampering["findings"]} == {
        "s3:PutBucketPolicy",
        "s3:DeleteObjectVersion",
    }


def test_bucket_that_denies_its_administrators_everything_has_a_pass_about_them(access):
    locked = policy(deny("s3:*", [BUCKET, OBJECTS], {"ArnNotEquals": {"aws:PrincipalArn": ROLE}}))
    assert access(locked, "--account", OWN, "--json").json["answers"][-1]["verdict"] == "pass"


def test_policy_is_read_from_stdin(access):
    assert access(Path("-"), "--account", OWN, stdin=json.dumps(PUBLIC).encode()).code == 1
    assert access(Path("-"), "--account", OWN, stdin=json.dumps(PRIVATE["topic"]).encode()).code == 0


def test_closed_stdin_is_an_error(access):
    result = access(Path("-"), stdin=None)
    assert (result.code, result.out) == (2, "")
    assert "POLICY is empty" in result.err


def test_byte_order_mark_of_windows_is_accepted(access):
    assert access(b"\xef\xbb\xbf" + json.dumps(PRIVATE["key"]).encode(), "--account", OWN).code == 0


OUTPUTS_OF_THE_AWS_CLI = {
    "bucket": lambda text: {"Policy": text},
    "access-point": lambda text: {"Policy": text},
    "key": lambda text: {"Policy": text, "PolicyName": "default"},
    "topic": lambda text: {"Attributes": {"Policy": text, "TopicArn": TOPIC, "Owner": OWN}},
    "queue": lambda text: {"Attributes": {"Policy": text, "QueueArn": QUEUE}},
    "role": lambda text: {"Role": {"RoleName": "etl", "Arn": ROLE, "AssumeRolePolicyDocument": json.loads(text)}},
    "secret": lambda text: {"ARN": SECRET, "Name": "db", "ResourcePolicy": text},
}


@pytest.mark.parametrize("kind", OUTPUTS_OF_THE_AWS_CLI)
def test_output_of_the_aws_cli_is_accepted(access, kind):
    output = OUTPUTS_OF_THE_AWS_CLI[kind](json.dumps(PRIVATE[kind]))
    result = access(output, "--account", OWN, "--json")
    assert (result.code, result.json["kind"]) == (0, kind)


@pytest.mark.parametrize("kind", ["topic", "queue", "role", "secret"])
def test_account_is_that_of_the_arn_in_the_output_of_the_aws_cli(access, kind):
    result = access(OUTPUTS_OF_THE_AWS_CLI[kind](json.dumps(PRIVATE[kind])), "--json")
    assert (result.code, result.json["account"]) == (0, OWN)


def test_account_is_not_taken_from_the_policy(access):
    result = access(PRIVATE["topic"], "--json")
    assert (result.code, result.json["resource"], result.json["account"]) == (1, TOPIC, None)


def test_kind_and_resource_say_what_the_policy_does_not(access):
    assert access(ACCESS_OF_ANYONE, "--kind", "key", "--json").json["kind"] == "key"
    about_any = policy(allow(root(OWN), "s3:GetObject", "*"))
    result = access(about_any, "--resource", POINT, "--json")
    assert (result.code, result.json["kind"], result.json["account"]) == (0, "access-point", OWN)


@pytest.mark.parametrize("elements", [{"Resource": "*"}, {"Resource": "arn:aws:sqs:*:*:*"}, {"NotResource": QUEUE}, {}])
def test_resource_is_any_if_an_allow_does_not_name_it(access, elements):
    """A Deny that names another queue than the policy's own denies nothing."""
    allow_more = allow("*", "sqs:*") | elements
    document = policy(allow(root(OWN), "sqs:*", QUEUE), allow_more, deny("sqs:*", QUEUE))
    result = access(document, "--account", OWN, "--json")
    assert (result.json["resource"], result.json["verdict"]) == (None, "fail")


def test_resource_is_the_one_that_each_allow_names(access):
    document = policy(allow(root(OWN), "sqs:*", QUEUE), deny("sqs:*", "*", equals("aws:SecureTransport", "false")))
    assert access(document, "--account", OWN, "--json").json["resource"] == QUEUE


def test_resource_of_a_deny_is_spared_if_it_is_named(access):
    document = policy(allow("*", "sqs:*", "*"), deny("sqs:*", QUEUE))
    assert access(document, "--resource", QUEUE).code == 0


def test_kind_is_told_by_actions_in_any_case(access):
    assert access(policy(allow(root(OWN), "SQS:*", "*")), "--account", OWN, "--json").json["kind"] == "queue"


def test_outsiders_are_of_the_partition_of_the_resource(access):
    elsewhere = {"StringNotLike": {"aws:PrincipalArn": "arn:aws:*"}, "Null": {"aws:PrincipalArn": "false"}}
    document = policy(allow("*", "sns:Publish", "*", elsewhere))
    assert access(document, "--resource", TOPIC.replace("arn:aws:", "arn:aws-cn:")).code == 1
    assert access(document, "--resource", TOPIC).code == 0


def test_invalid_config_of_the_pack_is_an_error(access, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"sqs-no-external-access": {"accounts": ["MRN-1"]}}))
    result = access(PRIVATE["queue"], "--account", OWN, "--config", str(config))
    assert (result.code, result.out) == (2, "")
    assert "sqs-no-external-access: the value of accounts can't be used" in result.err


def test_config_of_the_pack_names_trusted_parties(access, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"sqs-no-external-access": {"accounts": [OTHER]}}))
    document = policy(allow(root(OTHER), "sqs:SendMessage", QUEUE))
    assert access(document, "--account", OWN, "--config", str(config)).code == 0
    of_a_topic = policy(allow(root(OTHER), "sns:Publish", TOPIC))
    assert access(of_a_topic, "--account", OWN, "--config", str(config)).code == 1


# The files, with what their message says.
UNUSABLE = {
    "no JSON": (b"MRN-00123456", r"isn't JSON \(line 1, column 1\)"),
    "YAML": (b"Version: '2012-10-17'\nStatement: []\n", r"isn't JSON \(line 1, column 1\)"),
    "empty": (b" \n", r"is empty"),
    "binary": (b"\x89PNG\r\n\x1a\n\x00\xff", r"isn't UTF-8 text"),
    "UTF-16": ("{}".encode("utf-16"), r"isn't UTF-8 text"),
    "huge": (b"x" * (MAX_BYTES + 1), r"more than 1,048,576 bytes"),
    "deep": (b"[" * 100_000, r"isn't JSON of a usual size"),
    "a list": (b"[]", r"has no Statement"),
    "no policy": (b'{"PolicyVersion": {"Document": {}}}', r"has no Statement"),
    "no document": (b'{"Policy": 7}', r"contains no policy document"),
    "the policy of an identity": (
        b'{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}',
        r"has no Principal",
    ),
    "a name twice": (b'{"Statement": [], "Statement": []}', r"appears twice"),
    "no effect": (b'{"Statement": [{"Principal": "*", "Action": "s3:*"}]}', r"Effect is missing"),
    "another service": (json.dumps(policy(allow("*", "lambda:InvokeFunction", "*"))).encode(), r"isn't judged"),
    "several kinds": (json.dumps(ACCESS_OF_ANYONE).encode(), r"pass --kind, one of bucket, access-point, key"),
    "too large for S3": (
        json.dumps(policy(*[allow("*", "s3:GetObject", OBJECTS + "x" * 200)] * 100)).encode(),
        r"S3 rejects the policy: it has at least [\d,]+ bytes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNUSABLE)
def test_unusable_file_is_an_error(access, case):
    content, message = UNUSABLE[case]
    result = access(content, "--account", OWN)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("phi: POLICY ")
    assert re.search(message, result.err)
    assert "MRN" not in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "message"), [("missing", r"can't be read \(FileNotFoundError\)"), ("", "is a folder")]
)
def test_file_that_cannot_be_read_is_an_error(access, tmp_path, name, message):
    result = access(tmp_path / name)
    assert result.code == 2
    assert re.search(message, result.err)
    assert str(tmp_path) not in result.err


INVALID_ARGUMENTS = {
    "--account": "12345",
    "--kind": "MRN-1",
    "--resource": "arn:aws:s3:::MRN-*",
    "--accounts": "MRN-2",
    "--organizations": "MRN-3",
    "--networks": "192.0.2.1/24",
    "--endpoints": "MRN-4",
}


def test_invalid_arguments_are_reported_together_without_their_values(access):
    result = access({"Statement": [{}]}, *(text for pair in INVALID_ARGUMENTS.items() for text in pair))
    assert result.code == 2
    for name in INVALID_ARGUMENTS:
        assert name in result.err
    assert "Effect is missing" in result.err
    assert "MRN" not in result.err


@pytest.mark.parametrize(
    ("document", "arguments", "message"),
    [
        (PRIVATE["topic"], ("--account", OTHER), f"is in account {OWN}"),
        (OUTPUTS_OF_THE_AWS_CLI["role"](json.dumps(PRIVATE["role"])), ("--account", OTHER), f"is in account {OWN}"),
        (PUBLIC, ("--kind", "topic"), "isn't the policy of a topic: it is about a bucket"),
        (PUBLIC, ("--kind", "topic", "--resource", BUCKET), "disagree"),
        (PUBLIC, ("--resource", "arn:aws:s3:::another"), "no statement of POLICY is about the resource"),
        (OUTPUTS_OF_THE_AWS_CLI["queue"](json.dumps(PRIVATE["queue"])), ("--resource", f"{QUEUE}2"), "leave it out"),
    ],
)
def test_arguments_that_contradict_the_policy_are_an_error(access, document, arguments, message):
    result = access(document, *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_output_contains_no_value_of_a_condition_and_no_object_key(access, arguments):
    secret = {"StringLike": {"aws:Referer": "hunter2*", "aws:userid": "*:jane.doe"}}
    bucket = policy(allow("*", "s3:GetObject", f"{BUCKET}/jane-doe/*", secret))
    role = policy(allow(root(OTHER), "sts:AssumeRole", None, {"StringLike": {"sts:ExternalId": "hunter2*"}}))
    for document in (bucket, role):
        result = access(document, "--account", OWN, *arguments)
        assert result.code == 1
        assert not re.search("hunter2|jane", result.out + result.err)


def test_text_of_a_policy_cannot_act_on_a_terminal(access):
    result = access(policy(allow("*", "s3:GetObject", "arn:aws:s3:::\u202e\ud800/*")), "--account", OWN)
    assert result.code == 1
    assert "\\u202e\\ud800" in result.out
    assert all(line.isprintable() for line in result.out.splitlines())


def test_readme_shows_the_output_of_the_command(access):
    result = access(Path("-"), "--account", OWN, stdin=json.dumps({"Policy": json.dumps(PARTNER)}).encode())
    command = f"$ aws s3api get-bucket-policy --bucket phi-exchange | phi access - --account {OWN}\n"
    assert f"{command}{re.sub(r' +$', '', result.out, flags=re.MULTILINE)}```" in README.read_text(encoding="utf-8")

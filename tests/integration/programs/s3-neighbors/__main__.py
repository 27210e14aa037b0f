"""What gives access to a bucket's objects beside its policy: objects, Access Grants, and the other access points.

The bucket belongs to another stack, so it counts as one with PHI.
"""

import json

import pulumi_aws as aws

ACCOUNT, VENDOR = "123456789012", "999999999999"
BUCKET = "records"


def allow(principal, action, resource):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


# Objects. Each upload is unverified, because nothing says whose bucket it goes to.
aws.s3.BucketObjectv2("template", bucket=BUCKET, key="template.json", content="{}")
aws.s3.BucketObject("public", bucket=BUCKET, key="public.json", content="{}", acl="public-read")  # fails
aws.s3.BucketObjectv2(
    "other-key", bucket=BUCKET, key="other.json", content="{}", server_side_encryption="AES256", force_destroy=True
)  # fails
aws.s3.ObjectCopy(
    "export", bucket="vendor-inbox", key="export", source=f"{BUCKET}/template.json", expected_bucket_owner=VENDOR
)  # fails

# Access Grants.
instance = aws.s3control.AccessGrantsInstance("grants")
location = aws.s3control.AccessGrantsLocation(
    "everything", iam_role_arn=f"arn:aws:iam::{ACCOUNT}:role/grants", location_scope="s3://"
)  # fails
for name, grantee_type, grantee in (
    ("clinic", "IAM", f"arn:aws:iam::{ACCOUNT}:role/clinic"),
    ("vendor", "IAM", f"arn:aws:iam::{VENDOR}:role/vendor"),  # fails
    ("team", "DIRECTORY_GROUP", "a1b2c3d4-5678-90ab-cdef-111111111111"),  # is unverified
):
    aws.s3control.AccessGrant(
        name,
        access_grants_location_id=location.access_grants_location_id,
        access_grants_location_configuration={"s3_sub_prefix": f"{BUCKET}/*"},
        grantee={"grantee_type": grantee_type, "grantee_identifier": grantee},
        permission="READ",
    )
aws.s3control.AccessGrantsInstanceResourcePolicy(
    "grants-policy",
    policy=allow({"AWS": VENDOR}, "s3:GetDataAccess", f"arn:aws:s3:us-east-1:{ACCOUNT}:access-grants/default"),
)  # fails

# An Object Lambda Access Point, whose policy fails.
supporting = aws.s3.AccessPoint("supporting", bucket=BUCKET, name="supporting")
function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:redact"
redacted = aws.s3control.ObjectLambdaAccessPoint(
    "redacted",
    name="redacted",
    configuration={
        "supporting_access_point": supporting.arn,
        "transformation_configurations": [
            {"actions": ["GetObject"], "content_transformation": {"aws_lambda": {"function_arn": function}}}
        ],
    },
)
aws.s3control.ObjectLambdaAccessPointPolicy(
    "redacted-policy", name=redacted.name, policy=allow("*", "s3-object-lambda:GetObject", "*")
)

# A Multi-Region Access Point with a flag off and a bucket of another account, and its policy: both fail.
anywhere = aws.s3control.MultiRegionAccessPoint(
    "anywhere",
    details={
        "name": "anywhere",
        "public_access_block": {"block_public_policy": False},
        "regions": [{"bucket": BUCKET}, {"bucket": "vendor-records", "bucket_account_id": VENDOR}],
    },
)
aws.s3control.MultiRegionAccessPointPolicy(
    "anywhere-policy",
    details={"name": "anywhere", "policy": allow({"AWS": VENDOR}, "s3:GetObject", "*")},
)

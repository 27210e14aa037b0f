"""Only a bucket's own tag gives its data class. A default tag of the stack's config or of a provider doesn't."""

import pulumi
import pulumi_aws as aws

west_provider = aws.Provider("west", region="us-west-2", default_tags={"tags": {"DataClass": "PHI"}})


def declare_bucket(name, tags=None, **opts):
    opts = pulumi.ResourceOptions(protect=True, **opts)
    aws.s3.Bucket(name, bucket=f"{name}-123456789012", tags=tags, opts=opts)


declare_bucket("reports")  # counts as untagged, so as PHI: Internal is a default tag of the stack's config
declare_bucket("scans", provider=west_provider)  # untagged too
declare_bucket("brochures", {"DataClass": "Public"}, provider=west_provider)

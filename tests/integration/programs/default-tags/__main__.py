"""The data class comes from default tags, of the stack's file or of a provider. A bucket's own tag wins."""

import pulumi
import pulumi_aws as aws

west = aws.Provider("west", region="us-west-2", default_tags={"tags": {"DataClass": "PHI"}})


def declare(name, tags=None, **opts):
    opts = pulumi.ResourceOptions(protect=True, **opts)
    aws.s3.Bucket(name, bucket=f"{name}-123456789012", tags=tags, opts=opts)


declare("reports")  # internal
declare("scans", provider=west)  # PHI
declare("brochures", {"DataClass": "Public"}, provider=west)

"""A dynamic provider may do anything, so the pack can't judge its resources: the config makes that fail."""

import pulumi_aws as aws
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Copier(ResourceProvider):
    def create(self, props):
        return CreateResult("copy", props)


class Copy(Resource):
    def __init__(self, name, target):
        super().__init__(Copier(), name, {"target": target})


Copy("records", "elsewhere")
queue = aws.sqs.Queue("jobs", sqs_managed_sse_enabled=True, tags={"DataClass": "Internal"})
aws.cloudwatch.Dashboard("overview", dashboard_name="overview", dashboard_body='{"widgets": []}')

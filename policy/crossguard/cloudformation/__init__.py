"""Resources in CloudFormation's property model, translated to those of pulumi-aws, which the readers read."""

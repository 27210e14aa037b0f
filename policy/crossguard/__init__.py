"""The Pulumi side of the policy pack: reads facts from resources, and reports verdicts as CrossGuard policies."""

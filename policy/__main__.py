"""The entry point of the HIPAA policy pack: `pulumi preview --policy-pack policy`."""

from crossguard.serve import serve

serve()

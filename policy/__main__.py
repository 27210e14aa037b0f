"""The HIPAA pack: `pulumi preview --policy-pack policy`."""

from crossguard.serve import serve

serve()

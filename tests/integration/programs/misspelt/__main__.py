"""No resources. The pack's config has an unknown control and unknown options, and an exemption for every resource.

The entry of a control that only the audit judges is valid.
"""

"""The restore test: proof that PHI can be restored intact, under the right key, within the recovery time objective.

Versions are restored from a source (the PHI bucket, its replica or the backup vault) to the scratch bucket, compared
with the originals in the PHI bucket (the reference), and deleted. Without a separate scratch bucket, they are restored
to a prefix of the PHI bucket. RTO is short for recovery time objective.

45 CFR 164.308(a)(7)(ii)(B) requires a disaster recovery plan; (D), which is addressable, requires that it be tested:
https://www.ecfr.gov/current/title-45/section-164.308
"""

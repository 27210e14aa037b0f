"""The restore test: proof that backed-up PHI can be restored intact, under the right key, within the RTO.

45 CFR 164.308(a)(7)(ii)(B) requires a disaster recovery plan, and (D) requires that it be tested:
https://www.ecfr.gov/current/title-45/section-164.308
"""

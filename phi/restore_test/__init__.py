"""The restore test: that what is kept of PHI can be had back, whole, under its key and in time.

45 CFR 164.308(a)(7)(ii)(B) asks for a disaster recovery plan, (D) that the plan is tested:
https://www.ecfr.gov/current/title-45/section-164.308
"""

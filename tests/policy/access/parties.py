"""The resource that the generated documents belong to, its trusted parties, and the parties that the documents name."""

from __future__ import annotations

ACCOUNT = "111122223333"
TRUSTED_ACCOUNT = "222233334444"
PARTNER = "999999999999"
VENDOR = "777788889999"
ORGANIZATION = "o-ownorg0001"
PARTNER_ORGANIZATION = "o-9999999999"
ORGANIZATION_PATH = f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/"
TRUSTED_ACCOUNTS = frozenset({ACCOUNT, TRUSTED_ACCOUNT})

BUCKET = "arn:aws:s3:::phi"
OBJECTS = f"{BUCKET}/*"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-4000-8000-1234567890ab"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:imports"
ACCESS_POINT = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/phi"

# What identifies its owner, although nothing in it says whose it is: AWS gives an ID to one resource only, and a narrow
# range of addresses has one holder. The options of the controls place the first of each kind; nobody places the second.
OWN_NETWORKS, OTHER_NETWORKS = ("203.0.113.0/24", "2001:db8:1::/48"), ("198.51.100.0/24", "192.0.2.17/32")
OWN_ENDPOINT, OTHER_ENDPOINT = "vpce-0a1b2c3d4e5f60718", "vpce-0f9e8d7c6b5a43210"
OWN_VPC, OTHER_VPC = "vpc-0a1b2c3d4e5f60718", "vpc-0f9e8d7c6b5a43210"
OWN_ROLE_ID, OTHER_ROLE_ID = "AROAOWNROLE0000000001", "AROAPARTNERROLE000001"
OWN_USER_ID, OTHER_USER_ID = "AIDAOWNUSER0000000001", "AIDAPARTNERUSER000001"
PLACED = frozenset({*OWN_NETWORKS, OWN_ENDPOINT, OWN_VPC, OWN_ROLE_ID, OWN_USER_ID})

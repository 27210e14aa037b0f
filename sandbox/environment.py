"""The environment of a sandboxed command: all that makes the sandbox, and all that keeps real AWS out.

On Linux the command also runs on a network of loopback alone (network.py). The environment holds by itself where
the kernel gives no such network: nothing of the caller's AWS, proxy or Pulumi settings is passed on, the credentials
are made up, only the sandbox's own certificate authority is trusted, and every other address is behind a proxy
that refuses.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from sandbox.emulator import Emulator
from sandbox.folder import Folder

REGION = "us-east-1"
ACCOUNT = "123456789012"
ACCESS_KEY = "sandbox"  # of the account's administrator
HERE = Path(__file__).resolve().parent
# Another cloud's credentials have no business here either.
DROPPED = ("AWS_", "PULUMI_", "ARM_", "AZURE_", "GOOGLE_", "BOTO_")
KEPT = ("PULUMI_STACK", "PULUMI_OPTION_", "PULUMI_DEBUG_")
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
CA_BUNDLES = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO")


def environment(
    caller: Mapping[str, str], folder: Folder, emulator: Emulator, engine_bin: Path, venv: Path
) -> dict[str, str]:
    """The whole environment of a command in this sandbox, from the caller's own."""
    proxies = [*PROXIES, *map(str.upper, PROXIES)]
    kept = {
        name: value
        for name, value in caller.items()
        if (not name.startswith(DROPPED) or name.startswith(KEPT)) and name not in proxies
    }
    path = [str(HERE / "path"), str(engine_bin), str(venv / "bin"), caller.get("PATH", os.defpath)]
    return kept | {
        "PATH": os.pathsep.join(path),
        "SANDBOX": str(folder.path),
        "SANDBOX_ENGINE": str(engine_bin),
        "SANDBOX_HTTP": emulator.plain,  # the same AWS over plain HTTP, to see it refused
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # Neither a profile, nor an instance's or a container's role.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **dict.fromkeys(CA_BUNDLES, str(folder.ca)),
        "SSL_CERT_DIR": os.devnull,
        **dict.fromkeys(proxies, emulator.nowhere),
        "no_proxy": "127.0.0.1,localhost",
        "NO_PROXY": "127.0.0.1,localhost",
        "PULUMI_HOME": str(folder.pulumi_home),
        "PULUMI_BACKEND_URL": folder.state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "sandbox",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # A missing plugin is an error at once, not a wait for a network that isn't there.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }

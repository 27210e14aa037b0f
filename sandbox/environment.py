"""The environment variables of a sandboxed command, which point it at the sandbox and keep it away from real AWS.

On Linux the command also runs in a network namespace that has only loopback (network.py). Even without it, these
variables keep the command away from real AWS: the caller's AWS, proxy and Pulumi settings are dropped, the credentials
are made up, only the sandbox's certificate authority is trusted, and a proxy rejects requests to any other address.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from sandbox.emulator import Emulator
from sandbox.folder import Folder

REGION = "us-east-1"
ACCOUNT = "123456789012"
ACCESS_KEY = "sandbox"  # the account administrator's
ROOT_ACCESS_KEY = "root"  # of the root user of the same account
SANDBOX_SOURCES = Path(__file__).resolve().parent
# Credentials for other clouds are dropped too.
DROPPED_PREFIXES = ("AWS_", "PULUMI_", "ARM_", "AZURE_", "GOOGLE_", "BOTO_")
KEPT_PREFIXES = ("PULUMI_STACK", "PULUMI_OPTION_", "PULUMI_DEBUG_")
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
CA_BUNDLES = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO")


def build_environment(
    caller: Mapping[str, str], folder: Folder, emulator: Emulator, engine_bin: Path, venv: Path
) -> dict[str, str]:
    """Return the complete environment of a command in this sandbox.

    Args:
        caller: The environment of the caller, usually `os.environ`.
        folder: The sandbox's folder.
        emulator: The sandbox's running emulator.
        engine_bin: The folder that holds the real `pulumi`.
        venv: The virtual environment whose tools the command may use. One that the caller has activated comes first.
    """
    proxies = [*PROXIES, *map(str.upper, PROXIES)]
    kept = {
        name: value
        for name, value in caller.items()
        if (not name.startswith(DROPPED_PREFIXES) or name.startswith(KEPT_PREFIXES)) and name not in proxies
    }
    activated = [str(Path(caller["VIRTUAL_ENV"]) / "bin")] if caller.get("VIRTUAL_ENV") else []
    tools = [str(SANDBOX_SOURCES / "path"), str(engine_bin), *activated, str(venv / "bin")]
    return kept | {
        "PATH": os.pathsep.join([*tools, caller.get("PATH", os.defpath)]),
        "SANDBOX": str(folder.path),
        "SANDBOX_ENGINE": str(engine_bin),
        "SANDBOX_HTTP": emulator.http_endpoint,  # the same AWS over plain HTTP, to test that policies deny it
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # No profile, instance role or container role applies.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **dict.fromkeys(CA_BUNDLES, str(folder.ca)),
        "SSL_CERT_DIR": os.devnull,
        **dict.fromkeys(proxies, emulator.proxy),
        "no_proxy": "127.0.0.1,localhost",
        "NO_PROXY": "127.0.0.1,localhost",
        "PULUMI_HOME": str(folder.pulumi_home),
        "PULUMI_BACKEND_URL": folder.state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "sandbox",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # A missing plugin fails immediately instead of waiting for a network that isn't available.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }

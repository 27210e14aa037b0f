"""The emulator's process. It serves moto's application over TLS and over plain HTTP, on free loopback ports.

emulator.py runs it as `server.py FOLDER [ISOLATION_COMMAND…]`. It prints `ready` once it is listening and its record is
written, and serves until SIGTERM.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import ssl
import sys
import threading
import warnings
from dataclasses import asdict
from pathlib import Path

import trustme
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "policy"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from sandbox import moto_fixes, network
from sandbox.account_proxy import create_proxy
from sandbox.authorization.middleware import AuthorizationMiddleware
from sandbox.emulator import Emulator
from sandbox.folder import Folder
from sandbox.http_server import LOOPBACK, create_server


def serve(folder: Folder, isolation_command: list[str]) -> None:
    """Serve until SIGTERM, holding the lock on the folder's `lock_file`."""
    lock = folder.lock_file.open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    if isolation_command:
        network.raise_loopback()
    moto_fixes.apply()

    application = AuthorizationMiddleware(DomainDispatcherApplication(create_backend_app))
    https_server = create_server(application, _tls_context(folder.ca))
    http_server = create_server(application, None)
    proxy = create_proxy(https_server.bind_addr[1])

    record = Emulator(
        pid=os.getpid(),
        endpoint=f"https://{LOOPBACK}:{https_server.bind_addr[1]}",
        http_endpoint=f"http://{LOOPBACK}:{http_server.bind_addr[1]}",
        proxy=f"http://{LOOPBACK}:{proxy.server_address[1]}",
        isolation_command=tuple(isolation_command),
    )
    folder.record.write_text(json.dumps(asdict(record)))
    print("ready", flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # moto's own output goes to the log
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # there is no state to save, and clients aren't waited for
    threading.Thread(target=http_server.serve).start()
    threading.Thread(target=proxy.serve_forever).start()
    https_server.serve()


def _tls_context(ca: Path) -> ssl.SSLContext:
    """Return a server's TLS context, with a certificate from a new authority.

    The authority's certificate is written to `ca`; its private key never leaves this process. TLS 1.1 is accepted too,
    because bucket policies decide whether to deny it. OpenSSL 3 supports it only at security level 0.
    """
    authority = trustme.CA(organization_name="sandbox")
    authority.cert_pem.write_to_path(str(ca))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    authority.issue_cert(LOOPBACK, "localhost", f"*.{LOOPBACK}").configure_cert(context)
    return context


if __name__ == "__main__":
    serve(Folder(Path(sys.argv[1])), sys.argv[2:])

"""The emulator's process: moto's application over TLS, and over plain HTTP beside it, on free ports of loopback.

It serves until SIGTERM.

Run by emulator.py as `server.py FOLDER [WAY…]`; says `ready` once it listens and its record is written.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
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
from sandbox.authorization.middleware import Authorized
from sandbox.emulator import Emulator
from sandbox.folder import Folder
from sandbox.http_server import LOOPBACK, listening


def serve(folder: Folder, way: list[str]) -> None:
    """Serve, holding the folder's `alive` lock, until SIGTERM."""
    alive = folder.alive.open("w")
    fcntl.flock(alive, fcntl.LOCK_EX)
    if way:
        network.raise_loopback()
    moto_fixes.apply()

    application = Authorized(DomainDispatcherApplication(create_backend_app))
    secure, plain = listening(application, _tls(folder.ca)), listening(application, None)
    # Bound and never listening: the port can't be taken by another, and every connection to it is refused.
    nowhere = socket.socket()
    nowhere.bind((LOOPBACK, 0))

    record = Emulator(
        os.getpid(),
        f"https://{LOOPBACK}:{secure.bind_addr[1]}",
        f"http://{LOOPBACK}:{plain.bind_addr[1]}",
        f"http://{LOOPBACK}:{nowhere.getsockname()[1]}",
        tuple(way),
    )
    folder.record.write_text(json.dumps(asdict(record)))
    print("ready", flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # moto's prints go to the log
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # nothing is kept, and no client is waited for
    threading.Thread(target=plain.serve).start()
    secure.serve()


def _tls(ca: Path) -> ssl.SSLContext:
    """A server's side of TLS, of an authority made here: `ca` is its certificate, its key never leaves this process.

    TLS 1.1 is spoken too: whether it is refused is the bucket policy's to say. OpenSSL 3 takes it at level 0 alone.
    """
    authority = trustme.CA(organization_name="sandbox")
    authority.cert_pem.write_to_path(str(ca))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    authority.issue_cert(LOOPBACK, "localhost").configure_cert(context)
    return context


if __name__ == "__main__":
    serve(Folder(Path(sys.argv[1])), sys.argv[2:])

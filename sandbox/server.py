"""The emulator's process: moto's application over TLS on a free port of loopback, until SIGTERM.

Run by emulator.py as `server.py FOLDER [WAY…]`; says `ready` once it listens and its record is written.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import socket
import ssl
import sys
from dataclasses import asdict
from pathlib import Path

import trustme
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from sandbox import moto_fixes, network
from sandbox.emulator import Emulator
from sandbox.folder import Folder

LOOPBACK = "127.0.0.1"


def serve(folder: Folder, way: list[str]) -> None:
    """Serve, holding the folder's `alive` lock, until SIGTERM."""
    alive = folder.alive.open("w")
    fcntl.flock(alive, fcntl.LOCK_EX)
    if way:
        network.raise_loopback()
    moto_fixes.apply()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # request lines name objects

    authority = trustme.CA(organization_name="sandbox")  # its private key never leaves this process
    authority.cert_pem.write_to_path(str(folder.ca))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOOPBACK, "localhost").configure_cert(tls)
    server = make_server(
        LOOPBACK,
        0,
        DomainDispatcherApplication(create_backend_app),
        threaded=True,
        ssl_context=tls,
        request_handler=MotoRequestHandler,
    )
    # Bound and never listening: the port can't be taken by another, and every connection to it is refused.
    nowhere = socket.socket()
    nowhere.bind((LOOPBACK, 0))

    os.environ["MOTO_PORT"] = str(server.port)  # moto calls itself for some services
    record = Emulator(
        os.getpid(),
        f"https://{LOOPBACK}:{server.port}",
        f"http://{LOOPBACK}:{nowhere.getsockname()[1]}",
        tuple(way),
    )
    folder.record.write_text(json.dumps(asdict(record)))
    print("ready", flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # moto's prints go to the log
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    server.serve_forever()


if __name__ == "__main__":
    serve(Folder(Path(sys.argv[1])), sys.argv[2:])

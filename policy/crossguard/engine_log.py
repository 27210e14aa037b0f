"""Messages of the pack in the output of a run that are not violations."""

from __future__ import annotations

import sys

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

TIMEOUT = 5  # seconds; the engine runs on the same machine


def log_info(message: str) -> None:
    """Show a message among the diagnostics of the run.

    The engine starts a pack with its own address as the first argument. A call to it returns when the engine has the
    message, while a line on stderr may be lost if the run ends first. Where no engine serves that address, as when the
    pack's server is tested by itself, the message goes to stderr.
    """
    request = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message)
    try:
        with grpc.insecure_channel(sys.argv[1]) as channel:  # type: ignore[no-untyped-call]
            engine_pb2_grpc.EngineStub(channel).Log(request, timeout=TIMEOUT)
    except (IndexError, grpc.RpcError):
        print(message, file=sys.stderr, flush=True)

"""A provider whose resources behave as named: "failing" fails, and "endless" waits for cancellation.

It implements the protocol itself, because the SDK's own server adds a traceback to every error.
"""

import json
import threading
from concurrent import futures

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime import proto
from pulumi.runtime.proto import provider_pb2_grpc

cancelled = threading.Event()


class Toy(provider_pb2_grpc.ResourceProviderServicer):
    def GetPluginInfo(self, request, context):
        return proto.PluginInfo(version="1.0.0")

    def GetSchema(self, request, context):
        return proto.GetSchemaResponse(
            schema=json.dumps({"name": "toy", "version": "1.0.0", "resources": {"toy:index:Toy": {}}})
        )

    def CheckConfig(self, request, context):
        return proto.CheckResponse(inputs=request.news)

    def DiffConfig(self, request, context):
        return proto.DiffResponse()

    def Configure(self, request, context):
        return proto.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request, context):
        return proto.CheckResponse(inputs=request.news)

    def Diff(self, request, context):
        return proto.DiffResponse()

    def Create(self, request, context):
        name = request.urn.rpartition("::")[2]
        if name == "failing" and not request.preview:
            context.abort(grpc.StatusCode.UNKNOWN, "the toy failed")
        if name == "endless" and not request.preview:
            cancelled.wait()
        return proto.CreateResponse(id=name, properties=request.properties)

    def Read(self, request, context):
        return proto.ReadResponse(id=request.id, inputs=request.inputs, properties=request.properties)

    def Delete(self, request, context):
        return empty_pb2.Empty()

    def Cancel(self, request, context):
        cancelled.set()
        return empty_pb2.Empty()


server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
provider_pb2_grpc.add_ResourceProviderServicer_to_server(Toy(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
server.wait_for_termination()

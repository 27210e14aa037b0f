package main

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	sdk "github.com/pulumi/pulumi/sdk/v3"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// host is the LanguageRuntime service. For methods that it doesn't implement (SDK generation, packing) the embedded
// server returns Unimplemented, which the engine understands.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine   string // the engine's address
	executor string // the script that runs a program
	tracing  string

	alive          context.Context // ends with the host
	programs       context.Context // ends when the engine cancels, or with the host
	cancelPrograms context.CancelFunc
}

func newHost(alive context.Context, engine string) *host {
	h := &host{alive: alive, engine: engine}
	h.programs, h.cancelPrograms = context.WithCancel(alive)
	return h
}

func (h *host) Handshake(
	_ context.Context, req *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engine = req.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: sdk.Version.String()}, nil
}

// Cancel ends only the programs. A provider or a policy pack may still be finishing a request; the engine closes those
// itself.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.cancelPrograms()
	return &emptypb.Empty{}, nil
}

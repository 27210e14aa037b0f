// Command pulumi-language-python is a small Python language host for the Pulumi CLI: it starts Python programs, policy
// packs and providers for the engine. Pulumi publishes the CLI as a Go module, but not the CLI's Python host.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"google.golang.org/grpc"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// executor is the SDK's script that runs a program. It is in this binary's folder.
const executor = "pulumi-language-python-exec"

// healthInterval is how often the host checks that the engine is running, since a killed engine sends no message.
const healthInterval = time.Second

func main() {
	// The engine also passes -v and -logtostderr, which the SDK's logging declares.
	tracing := flag.String("tracing", "", "endpoint for the program's traces")
	flag.Parse()
	if err := serve(flag.Arg(0), *tracing); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-python:", err)
		os.Exit(1)
	}
}

// serve serves the engine at the given address until it exits or interrupts this process. It returns when every Python
// process that it started has ended.
func serve(engine, tracing string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if engine != "" {
		if err := rpcutil.Healthcheck(ctx, engine, healthInterval, stop); err != nil {
			return err
		}
	}
	done := make(chan bool)
	context.AfterFunc(ctx, func() { close(done) })

	h := newHost(ctx, engine)
	h.executor = filepath.Join(filepath.Dir(self), executor)
	h.tracing = tracing
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: done,
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(s, h)
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(server.Port) // the engine waits for this line
	return <-server.Done
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"

	sdk "github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// RunPlugin runs a policy pack or a provider written in Python until the engine closes the call.
func (h *host) RunPlugin(req *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer) error {
	tc, err := python(req.GetInfo())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(server.Context())
	defer cancel()
	defer context.AfterFunc(h.alive, cancel)()

	directory := req.GetInfo().GetProgramDirectory()
	// Without this check the engine would connect to the proxy of a pack and wait for a process that never starts.
	// Its own error isn't shown: it names Pulumi.yaml, and three commands instead of one. An environment whose
	// interpreter was removed must be deleted, because `python -m venv` keeps the broken link to it.
	if err := tc.ValidateVenv(ctx); err != nil {
		return fmt.Errorf("%s has no usable Python environment; to create one, delete the old one, if any, and run: "+
			"(cd %s && pulumi install)", directory, shellQuoted(directory))
	}

	streams, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	defer streams.Close()

	args := []string{"-u"}
	run := runProvider
	if req.GetKind() == string(apitype.AnalyzerPlugin) {
		args = append(append(append(args, "-m", "pulumi.policy"), req.GetArgs()...), directory)
		run = runPack
	} else {
		args = append(append(args, directory), req.GetArgs()...)
	}
	cmd, err := tc.Command(ctx, args...)
	if err != nil {
		return err
	}
	detach(cmd)
	cmd.Env = append(environment(cmd), req.GetEnv()...)
	cmd.Dir = req.GetPwd()
	cmd.Stderr = stderr

	err = run(ctx, cmd, stdout)
	sweep(ctx, cmd)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return server.Send(&pulumirpc.RunPluginResponse{
			Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(exit.ExitCode())},
		})
	}
	return err
}

// shellQuoted returns text as one word of a shell command.
func shellQuoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func runProvider(_ context.Context, cmd *exec.Cmd, stdout io.Writer) error {
	cmd.Stdout = stdout
	return cmd.Run()
}

// runPack runs a policy pack behind the SDK's proxy. A pack reads the stack's name and configuration from its
// environment when it starts, but the engine sends them only after it has connected. So the proxy accepts the
// connection first.
func runPack(ctx context.Context, cmd *exec.Cmd, stdout io.Writer) error {
	proxy, out, err := sdk.NewPolicyProxy(ctx, stdout)
	if err != nil {
		return err
	}
	stack, err := proxy.AwaitConfiguration(ctx)
	if err != nil {
		return err
	}
	if stack != nil { // nil for `policy publish`, which only reads the pack's policies
		cmd.Env = append(cmd.Env,
			"PULUMI_ORGANIZATION="+stack.GetOrganization(),
			"PULUMI_PROJECT="+stack.GetProject(),
			"PULUMI_STACK="+stack.GetStack(),
			"PULUMI_DRY_RUN="+strconv.FormatBool(stack.GetDryRun()),
			"PULUMI_CONFIG="+configJSON(stack.GetConfig()))
	}
	cmd.Dir = cmd.Args[len(cmd.Args)-1] // a pack opens its own files by relative path
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		return err
	}
	// With ctx, Attach would return as soon as ctx ends, before the pack has exited.
	return proxy.Attach(context.WithoutCancel(ctx), cmd)
}

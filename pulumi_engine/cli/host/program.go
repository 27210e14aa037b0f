package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// errorReported is the executor's exit code for an error that it has already reported to the user.
const errorReported = 32

// Run runs a program until it ends.
func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	tc, err := python(req.GetInfo())
	if err != nil {
		return nil, err
	}
	if err := tc.ValidateVenv(ctx); err != nil {
		return nil, err
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.programs, cancel)()

	cmd, err := tc.Command(ctx, h.programArgs(req)...)
	if err != nil {
		return nil, err
	}
	detach(cmd)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(environment(cmd),
		"PULUMI_CONFIG="+configJSON(req.GetConfig()),
		"PULUMI_CONFIG_SECRET_KEYS="+keysJSON(req.GetConfigSecretKeys()))
	err = cmd.Run()
	sweep(ctx, cmd)
	return outcome(ctx, err), nil
}

// programArgs returns the interpreter's arguments. Output is unbuffered, so that none is lost when the program is
// cancelled.
func (h *host) programArgs(req *pulumirpc.RunRequest) []string {
	args := []string{"-u", h.executor}
	for _, option := range []struct{ name, value string }{
		{"monitor", req.GetMonitorAddress()},
		{"engine", h.engine},
		{"tracing", h.tracing},
		{"project", req.GetProject()},
		{"root_directory", req.GetInfo().GetRootDirectory()},
		{"stack", req.GetStack()},
		{"organization", req.GetOrganization()},
		{"pwd", req.GetPwd()},
		{"dry_run", strconv.FormatBool(req.GetDryRun())},
		{"parallel", strconv.Itoa(int(req.GetParallel()))},
	} {
		if option.value != "" {
			args = append(args, "--"+option.name, option.value)
		}
	}
	return append(append(args, req.GetInfo().GetEntryPoint()), req.GetArgs()...)
}

// outcome returns how a program ended. A cancelled program bails: the engine has already reported why it cancelled, and
// the program's exit status doesn't matter.
func outcome(ctx context.Context, err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case ctx.Err() != nil:
		return &pulumirpc.RunResponse{Bail: true}
	case !errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("could not run the program: %v", err)}
	case !exit.Exited():
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program ended by %v", exit)}
	case exit.ExitCode() == errorReported:
		return &pulumirpc.RunResponse{Bail: true}
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())}
	}
}

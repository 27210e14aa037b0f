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

// shownToUser is the executor's exit code for "the user has already been told what is wrong".
const shownToUser = 32

// Run runs a program to its end.
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

// programArgs is the command line for the interpreter. Output is not buffered, so that nothing which the program printed
// is lost when it is cancelled.
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

// outcome tells the engine how a program ended. One that was cancelled bails: the engine has said why it cancelled, and
// how the program then exited is of no interest.
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
	case exit.ExitCode() == shownToUser:
		return &pulumirpc.RunResponse{Bail: true}
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())}
	}
}

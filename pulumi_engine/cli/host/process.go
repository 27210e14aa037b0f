package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// grace is what a Python process has between being asked to end and being killed. It is shorter than the five seconds
// that the engine gives this host.
const grace = 3 * time.Second

// detach makes cmd end quietly and completely.
//
// The engine, and a Ctrl-C in some terminals, interrupt the host's process group. In Python an interrupt is a
// KeyboardInterrupt, whose traceback would stand under the findings, so Python gets a group of its own and is ended with
// SIGTERM, which it does not report. The signal goes to that whole group: a program may have children.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return signalGroup(cmd, syscall.SIGTERM) }
	cmd.WaitDelay = grace
}

// sweep kills what is left of the group of a process that was cancelled and has ended.
func sweep(ctx context.Context, cmd *exec.Cmd) {
	if ctx.Err() != nil && cmd.Process != nil {
		_ = signalGroup(cmd, syscall.SIGKILL) // most often there is nothing left
	}
}

func signalGroup(cmd *exec.Cmd, signal syscall.Signal) error {
	err := syscall.Kill(-cmd.Process.Pid, signal)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// environment is what cmd would run with, ready to be added to.
func environment(cmd *exec.Cmd) []string {
	if cmd.Env == nil {
		return os.Environ()
	}
	return cmd.Env
}

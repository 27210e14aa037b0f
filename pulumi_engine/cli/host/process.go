package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// grace is how long a Python process may run after SIGTERM before it is killed. It is shorter than the five seconds
// that the engine gives this host.
const grace = 3 * time.Second

// detach makes cmd end without output and without leaving children behind.
//
// The engine, and a Ctrl-C in some terminals, interrupt the host's process group. In Python an interrupt raises
// KeyboardInterrupt, whose traceback would appear below the findings. So Python runs in its own process group and is
// ended with SIGTERM, which it doesn't report. The signal goes to the whole group, because a program may have children.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return signalGroup(cmd, syscall.SIGTERM) }
	cmd.WaitDelay = grace
}

// sweep kills the remaining processes in the group of a cancelled process that has ended.
func sweep(ctx context.Context, cmd *exec.Cmd) {
	if ctx.Err() != nil && cmd.Process != nil {
		_ = signalGroup(cmd, syscall.SIGKILL) // usually none remain
	}
}

func signalGroup(cmd *exec.Cmd, signal syscall.Signal) error {
	err := syscall.Kill(-cmd.Process.Pid, signal)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// environment returns the environment that cmd would run with, to append to.
func environment(cmd *exec.Cmd) []string {
	if cmd.Env == nil {
		return os.Environ()
	}
	return cmd.Env
}

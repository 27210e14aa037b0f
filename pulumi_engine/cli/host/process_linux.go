package main

import "syscall"

// ownGroup starts a process in a new group. The kernel kills the process if the host is killed and so can't end it.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

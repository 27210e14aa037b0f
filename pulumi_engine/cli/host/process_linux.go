package main

import "syscall"

// ownGroup has the kernel kill the process should the host itself be killed and so not get to end it.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

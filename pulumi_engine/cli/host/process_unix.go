//go:build unix && !linux

package main

import "syscall"

// ownGroup starts a process in a new group.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

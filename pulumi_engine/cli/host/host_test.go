package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// withPython makes the host run a shell script instead of Python, in an empty project folder.
func withPython(t *testing.T, script string) *pulumirpc.ProgramInfo {
	t.Helper()
	folder := t.TempDir()
	fake := filepath.Join(folder, "fake-python")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PULUMI_PYTHON_CMD", fake)
	return &pulumirpc.ProgramInfo{RootDirectory: folder, ProgramDirectory: folder, EntryPoint: "."}
}

// waitFor waits for a condition, and fails the test if it doesn't become true within 10 seconds.
func waitFor(t *testing.T, event string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("timed out: " + event)
		}
	}
}

func TestRunReportsHowTheProgramEnded(t *testing.T) {
	for script, want := range map[string]*pulumirpc.RunResponse{
		"exit 0":       {},
		"exit 32":      {Bail: true},
		"exit 7":       {Error: "Program exited with non-zero exit code: 7"},
		"kill -KILL $": {Error: "Program ended by signal: killed"},
	} {
		t.Run(script, func(t *testing.T) {
			info := withPython(t, strings.Replace(script, "-KILL $", "-KILL $$", 1))
			got, err := newHost(t.Context(), "").Run(t.Context(), &pulumirpc.RunRequest{Info: info})
			if err != nil {
				t.Fatal(err)
			}
			if got.GetError() != want.GetError() || got.GetBail() != want.GetBail() {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestCancelEndsProgramAndItsChildren(t *testing.T) {
	info := withPython(t, `sleep 600 & echo $! > "$(dirname "$0")/child"; wait`)
	h := newHost(t.Context(), "")
	responses := make(chan *pulumirpc.RunResponse, 1)
	go func() {
		response, err := h.Run(t.Context(), &pulumirpc.RunRequest{Info: info})
		if err != nil {
			t.Error(err)
		}
		responses <- response
	}()
	var child int
	waitFor(t, "the program starts its child", func() bool {
		text, _ := os.ReadFile(filepath.Join(info.GetRootDirectory(), "child"))
		child, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return child > 0
	})

	if _, err := h.Cancel(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	select {
	case response := <-responses:
		if !response.GetBail() || response.GetError() != "" {
			t.Errorf("got %v, want a bail without an error", response)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the program is still running")
	}
	waitFor(t, "the child ends", func() bool { return syscall.Kill(child, 0) != nil })
}

func TestDetachKillsProcessThatIgnoresSIGTERM(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", `trap "" TERM; : > "$0"; while :; do sleep 0.01; done`, ready)
	detach(cmd)
	cmd.WaitDelay = 10 * time.Millisecond
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the process ignores SIGTERM", func() bool {
		_, err := os.Stat(ready)
		return err == nil
	})
	cancel()
	if err := cmd.Wait(); err == nil {
		t.Error("the process exited without a signal")
	}
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGKILL {
		t.Errorf("ended by %v, want SIGKILL", status.Signal())
	}
}

func TestDetachStartsNewProcessGroup(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sleep", "600")
	detach(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Cancel(); _ = cmd.Wait() }()
	group, err := syscall.Getpgid(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if group != cmd.Process.Pid {
		t.Errorf("the process is in group %d, want its own group, %d", group, cmd.Process.Pid)
	}
}

func TestProgramArgs(t *testing.T) {
	h := newHost(t.Context(), "127.0.0.1:1")
	h.executor = "/bin/executor"
	got := h.programArgs(&pulumirpc.RunRequest{
		MonitorAddress: "127.0.0.1:2", Project: "project", Stack: "dev", DryRun: true, Parallel: 4,
		Args: []string{"more"}, Info: &pulumirpc.ProgramInfo{RootDirectory: "/root", EntryPoint: "."},
	})
	want := []string{
		"-u", "/bin/executor", "--monitor", "127.0.0.1:2", "--engine", "127.0.0.1:1", "--project", "project",
		"--root_directory", "/root", "--stack", "dev", "--dry_run", "true", "--parallel", "4", ".", "more",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestConfigJSONIsNeverNull(t *testing.T) {
	if got := configJSON(nil); got != "{}" {
		t.Errorf("configJSON(nil) is %s, want {}", got)
	}
	if got := keysJSON(nil); got != "[]" {
		t.Errorf("keysJSON(nil) is %s, want []", got)
	}
	if got := configJSON(map[string]string{"a:b": "c"}); got != `{"a:b":"c"}` {
		t.Errorf("got %s", got)
	}
}

func TestPythonRejectsUnsupportedOptions(t *testing.T) {
	for option, value := range map[string]any{"typechecker": "mypy", "toolchain": "conda", "virtualenv": true} {
		options, err := structpb.NewStruct(map[string]any{option: value})
		if err != nil {
			t.Fatal(err)
		}
		_, err = python(&pulumirpc.ProgramInfo{RootDirectory: t.TempDir(), Options: options})
		if err == nil || !strings.Contains(err.Error(), option) {
			t.Errorf("%s=%v: got error %v, want one that names the option", option, value, err)
		}
	}
}

func TestGetRequiredPackagesReturnsInstalledProviders(t *testing.T) {
	info := withPython(t,
		`echo '[{"resource": true, "name": "aws", "version": "7.51.1"}, {"resource": false, "name": "x"}]'`)
	request := &pulumirpc.GetRequiredPackagesRequest{Info: info}
	got, err := newHost(t.Context(), "").GetRequiredPackages(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	packages := got.GetPackages()
	if len(packages) != 1 || packages[0].GetName() != "aws" || packages[0].GetVersion() != "7.51.1" ||
		packages[0].GetKind() != "resource" {
		t.Errorf("got %v, want only the resource plugin aws 7.51.1", packages)
	}
}

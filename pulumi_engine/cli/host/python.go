package main

import (
	"encoding/json"
	"fmt"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// python returns the interpreter that the project's runtime options select. It rejects options that it doesn't support:
// ignoring `typechecker`, for example, would skip a check that the project requires.
func python(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	options := toolchain.PythonOptions{Root: info.GetRootDirectory(), ProgramDir: info.GetProgramDirectory()}
	for name, value := range info.GetOptions().AsMap() {
		text, isText := value.(string)
		if !isText {
			return nil, fmt.Errorf("runtime option %q must be a string, not %v", name, value)
		}
		switch name {
		case "virtualenv":
			options.Virtualenv = text
		case "toolchain":
			switch text {
			case "pip":
				options.Toolchain = toolchain.Pip
			case "poetry":
				options.Toolchain = toolchain.Poetry
			case "uv":
				options.Toolchain = toolchain.Uv
			default:
				return nil, fmt.Errorf("runtime option toolchain must be pip, poetry or uv, not %q", text)
			}
		default:
			return nil, fmt.Errorf("runtime option %q is not supported: this host supports virtualenv and toolchain", name)
		}
	}
	return toolchain.ResolveToolchain(options)
}

// configJSON returns a stack's configuration as the Python SDK reads it from the environment, where null is an error.
func configJSON(config map[string]string) string {
	if config == nil {
		return "{}"
	}
	return mustMarshal(config)
}

// keysJSON returns the names of the secret configuration keys, in the same format.
func keysJSON(keys []string) string {
	if keys == nil {
		return "[]"
	}
	return mustMarshal(keys)
}

func mustMarshal(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(text)
}

package main

import (
	"encoding/json"
	"fmt"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// python finds the interpreter that the project's runtime options name. An option that this host does not know is
// refused: to pass over `typechecker`, say, would skip a check that the project asks for.
func python(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	options := toolchain.PythonOptions{Root: info.GetRootDirectory(), ProgramDir: info.GetProgramDirectory()}
	for name, value := range info.GetOptions().AsMap() {
		text, isText := value.(string)
		if !isText {
			return nil, fmt.Errorf("runtime option %q: want a string, not %v", name, value)
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
				return nil, fmt.Errorf("runtime option toolchain: want pip, poetry or uv, not %q", text)
			}
		default:
			return nil, fmt.Errorf("runtime option %q is not known here: this Python host takes virtualenv and toolchain", name)
		}
	}
	return toolchain.ResolveToolchain(options)
}

// configJSON is a stack's configuration as the Python SDK reads it from the environment, where null would be an error.
func configJSON(config map[string]string) string {
	if config == nil {
		return "{}"
	}
	return mustMarshal(config)
}

// keysJSON is the list of the configuration's secret keys, for the same reader.
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

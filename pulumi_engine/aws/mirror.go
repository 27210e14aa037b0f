package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/blang/semver"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
)

// Environment variables that name the Terraform provider; they take precedence over the search.
const (
	binaryVar = "TF_PROVIDER_AWS"    // the provider's binary
	mirrorVar = "TF_PROVIDER_MIRROR" // an unpacked filesystem mirror
)

// location is a folder that may be a filesystem mirror, or a glob pattern for such folders. origin is the setting that
// names it.
type location struct{ path, origin string }

// search describes where to look for the provider, in order of precedence.
type search struct {
	binary    string // the provider itself
	mirror    string // a mirror; it is an error if it has no provider
	locations []location
}

// searchPath returns Terraform's own search path: what its configuration names, then its default folders. It adds
// /opt/*, where machine images often keep a mirror.
func searchPath(env func(string) string) search {
	home := env("HOME")
	s := search{binary: env(binaryVar), mirror: env(mirrorVar)}
	if cache := env("TF_PLUGIN_CACHE_DIR"); cache != "" {
		s.locations = append(s.locations, location{cache, "TF_PLUGIN_CACHE_DIR"})
	}
	config := env("TF_CLI_CONFIG_FILE")
	if config == "" {
		config = filepath.Join(home, ".terraformrc")
	}
	s.locations = append(s.locations, configuredLocations(config)...)

	data := env("XDG_DATA_HOME")
	if data == "" {
		data = filepath.Join(home, ".local", "share")
	}
	for _, path := range []string{
		filepath.Join(home, ".terraform.d", "plugins"),
		filepath.Join(data, "terraform", "plugins"),
		"/usr/local/share/terraform/plugins",
		"/usr/share/terraform/plugins",
		"/opt/*",
	} {
		s.locations = append(s.locations, location{path, "searched by default"})
	}
	return s
}

// configuredLocations returns the mirrors and the cache that Terraform's configuration file names. An unreadable file
// is not an error, because Terraform itself only warns about it; it is listed as a location without a provider.
func configuredLocations(file string) []location {
	var config struct {
		Cache        string `hcl:"plugin_cache_dir,optional"`
		Installation []struct {
			Mirrors []struct {
				Path string   `hcl:"path"`
				Rest hcl.Body `hcl:",remain"`
			} `hcl:"filesystem_mirror,block"`
			Rest hcl.Body `hcl:",remain"`
		} `hcl:"provider_installation,block"`
		Rest hcl.Body `hcl:",remain"`
	}
	parsed, problems := hclparse.NewParser().ParseHCLFile(file)
	if !problems.HasErrors() {
		problems = gohcl.DecodeBody(parsed.Body, nil, &config)
	}
	if problems.HasErrors() {
		return []location{{file, "Terraform's configuration, unreadable"}}
	}
	var locations []location
	for _, installation := range config.Installation {
		for _, mirror := range installation.Mirrors {
			locations = append(locations, location{mirror.Path, "filesystem_mirror in " + file})
		}
	}
	if config.Cache != "" {
		locations = append(locations, location{os.ExpandEnv(config.Cache), "plugin_cache_dir in " + file})
	}
	return locations
}

// findProvider returns the newest provider in the first location that has one.
func findProvider(s search) (string, error) {
	if s.binary != "" {
		if info, err := os.Stat(s.binary); err != nil || info.IsDir() {
			return "", fmt.Errorf("%s=%s is not a file; set it to a terraform-provider-aws binary, or unset it",
				binaryVar, s.binary)
		}
		if !strings.HasPrefix(filepath.Base(s.binary), "terraform-provider-aws") { // the bridge requires this name
			return "", fmt.Errorf("%s=%s must be a file named terraform-provider-aws…", binaryVar, s.binary)
		}
		return filepath.Abs(s.binary)
	}
	if s.mirror != "" {
		if newest := newestIn(s.mirror); newest != "" {
			return newest, nil
		}
		return "", fmt.Errorf("%s=%s contains no %s; set it to a mirror that does, or unset it",
			mirrorVar, s.mirror, filepath.Join("*", layout))
	}
	for _, location := range s.locations {
		if newest := newestIn(location.path); newest != "" {
			return newest, nil
		}
	}
	return "", notFound(s.locations)
}

// unpacked is the folder for an archive's files in an unpacked mirror, relative to the archive.
var unpacked = filepath.Join("<version>", runtime.GOOS+"_"+runtime.GOARCH)

// layout is the path of a provider in an unpacked mirror, relative to the folder named after its registry.
var layout = filepath.Join("hashicorp", "aws", "*", runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-aws_*")

// newestIn returns the newest provider in the mirror, or "".
func newestIn(mirror string) string {
	binaries, _ := filepath.Glob(filepath.Join(mirror, "*", layout)) // only a malformed pattern fails
	binaries = slices.DeleteFunc(binaries, func(path string) bool {
		info, err := os.Stat(path)
		return err != nil || !info.Mode().IsRegular() || strings.HasSuffix(path, ".zip")
	})
	if len(binaries) == 0 {
		return ""
	}
	return slices.MaxFunc(binaries, func(a, b string) int { return versionOf(a).Compare(versionOf(b)) })
}

// versionOf returns the version that the binary's folder is named after, or the zero version if it isn't one.
func versionOf(binary string) semver.Version {
	version, _ := semver.Parse(filepath.Base(filepath.Dir(filepath.Dir(binary))))
	return version
}

// notFound returns an error that lists every location and explains how to provide a Terraform provider.
func notFound(locations []location) error {
	var text strings.Builder
	text.WriteString("no Terraform AWS provider found. Looked for */" + layout + " in:\n")
	for _, location := range locations {
		fmt.Fprintf(&text, "  %s (%s)%s\n", location.path, location.origin, diagnosis(location.path))
	}
	fmt.Fprintf(&text, `To fix this, do one of the following:
- Create a mirror in one of these folders. In a folder with *.tf files that require hashicorp/aws, run
  terraform providers mirror FOLDER
  Then unzip the archive that it writes into %s beside the archive.
- Set %s to the provider's binary, or %s to a mirror's folder.`, unpacked, binaryVar, mirrorVar)
	return errors.New(text.String())
}

// diagnosis returns why a location that looks right has no provider, if that is known.
func diagnosis(path string) string {
	packed, _ := filepath.Glob(filepath.Join(path, "*", "hashicorp", "aws", "*.zip"))
	if len(packed) > 0 {
		return ": packed; unzip " + filepath.Base(packed[0]) + " into " + unpacked + " beside it"
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !strings.Contains(path, "*") {
		return ": does not exist"
	}
	return ""
}

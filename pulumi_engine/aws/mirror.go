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

// The two variables that say where the Terraform provider is, before any place is searched.
const (
	binaryVar = "TF_PROVIDER_AWS"    // the provider's binary itself
	mirrorVar = "TF_PROVIDER_MIRROR" // a filesystem mirror, unpacked
)

// place is a folder that may be a filesystem mirror, or a pattern for such folders, and why it is looked at.
type place struct{ path, why string }

// search is where to look. A binary that is named needs no search.
type search struct {
	binary string
	named  place // a mirror that must be one
	places []place
}

// places are Terraform's own: what its configuration names, then the folders that it reads unasked. Mirrors of machine
// images are often in a folder of /opt.
func places(env func(string) string) search {
	home := env("HOME")
	s := search{binary: env(binaryVar), named: place{env(mirrorVar), mirrorVar}}
	if cache := env("TF_PLUGIN_CACHE_DIR"); cache != "" {
		s.places = append(s.places, place{cache, "TF_PLUGIN_CACHE_DIR"})
	}
	config := env("TF_CLI_CONFIG_FILE")
	if config == "" {
		config = filepath.Join(home, ".terraformrc")
	}
	s.places = append(s.places, configured(config)...)

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
		s.places = append(s.places, place{path, "searched by default"})
	}
	return s
}

// configured reads the mirrors and the cache that Terraform's configuration names. A file that can't be read is no
// error, since Terraform itself only warns of it; it is listed like a place that holds nothing.
func configured(file string) []place {
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
		return []place{{file, "Terraform's configuration, unreadable"}}
	}
	var found []place
	for _, installation := range config.Installation {
		for _, mirror := range installation.Mirrors {
			found = append(found, place{mirror.Path, "filesystem_mirror in " + file})
		}
	}
	if config.Cache != "" {
		found = append(found, place{os.ExpandEnv(config.Cache), "plugin_cache_dir in " + file})
	}
	return found
}

// findProvider takes the newest provider of the first place that has any.
func findProvider(s search) (string, error) {
	if s.binary != "" {
		if info, err := os.Stat(s.binary); err != nil || info.IsDir() {
			return "", fmt.Errorf("%s=%s is no file; set it to a terraform-provider-aws binary, or unset it",
				binaryVar, s.binary)
		}
		if !strings.HasPrefix(filepath.Base(s.binary), "terraform-provider-aws") { // the bridge goes by the name
			return "", fmt.Errorf("%s=%s must be a file named terraform-provider-aws…", binaryVar, s.binary)
		}
		return filepath.Abs(s.binary)
	}
	if s.named.path != "" {
		if newest := newestIn(s.named.path); newest != "" {
			return newest, nil
		}
		return "", fmt.Errorf("%s=%s holds no %s; set it to a mirror that does, or unset it",
			mirrorVar, s.named.path, filepath.Join("*", layout))
	}
	for _, place := range s.places {
		if newest := newestIn(place.path); newest != "" {
			return newest, nil
		}
	}
	return "", notFound(s.places)
}

// unpacked is where a mirror that is unpacked has the files of the archive, beside it.
var unpacked = filepath.Join("<version>", runtime.GOOS+"_"+runtime.GOARCH)

// layout is a provider's path in an unpacked mirror, below the name of the registry that it was copied from.
var layout = filepath.Join("hashicorp", "aws", "*", runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-aws_*")

func newestIn(mirror string) string {
	binaries, _ := filepath.Glob(filepath.Join(mirror, "*", layout)) // fails on a malformed pattern only
	binaries = slices.DeleteFunc(binaries, func(path string) bool {
		info, err := os.Stat(path)
		return err != nil || !info.Mode().IsRegular() || strings.HasSuffix(path, ".zip")
	})
	if len(binaries) == 0 {
		return ""
	}
	return slices.MaxFunc(binaries, func(a, b string) int { return versionOf(a).Compare(versionOf(b)) })
}

// versionOf is the zero version for a folder that isn't named like one.
func versionOf(binary string) semver.Version {
	version, _ := semver.Parse(filepath.Base(filepath.Dir(filepath.Dir(binary))))
	return version
}

func notFound(places []place) error {
	var text strings.Builder
	text.WriteString("no Terraform AWS provider found. Looked for */" + layout + " in\n")
	for _, place := range places {
		fmt.Fprintf(&text, "  %s (%s)%s\n", place.path, place.why, remark(place.path))
	}
	fmt.Fprintf(&text, `Two ways out:
- put a mirror in one of these folders: beside *.tf files that require hashicorp/aws run
  terraform providers mirror FOLDER
  and unzip the archive that it writes into %s
- set %s to the provider's binary, or %s to a mirror's folder`, unpacked, binaryVar, mirrorVar)
	return errors.New(text.String())
}

// remark says what is wrong with a place that looks right.
func remark(path string) string {
	packed, _ := filepath.Glob(filepath.Join(path, "*", "hashicorp", "aws", "*.zip"))
	if len(packed) > 0 {
		return ": packed; unzip " + filepath.Base(packed[0]) + " into " + unpacked + " beside it"
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !strings.Contains(path, "*") {
		return ": not there"
	}
	return ""
}

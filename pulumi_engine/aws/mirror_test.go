package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// mirror creates an unpacked mirror with these versions.
func mirror(t *testing.T, versions ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, version := range versions {
		write(t, binaryIn(root, version), "")
	}
	return root
}

func binaryIn(root, version string) string {
	return filepath.Join(root, "registry.example", "hashicorp", "aws", version, runtime.GOOS+"_"+runtime.GOARCH,
		"terraform-provider-aws_v"+version)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func environment(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func TestFindProviderComparesVersionsByNumber(t *testing.T) {
	root := mirror(t, "5.9.0", "5.100.0", "5.99.1", "not-a-version")
	write(t, filepath.Join(filepath.Dir(binaryIn(root, "5.100.0")), "terraform-provider-aws_packed.zip"), "")
	got, err := findProvider(search{locations: []location{{root, ""}}})
	if err != nil || got != binaryIn(root, "5.100.0") {
		t.Fatalf("got %q, %v", got, err)
	}
}

func TestFindProviderPrefersFirstLocationOverNewerVersion(t *testing.T) {
	empty, first, second := t.TempDir(), mirror(t, "5.1.0"), mirror(t, "6.0.0")
	got, err := findProvider(search{locations: []location{{empty, ""}, {first, ""}, {second, ""}}})
	if err != nil || got != binaryIn(first, "5.1.0") {
		t.Fatalf("got %q, %v", got, err)
	}
}

func TestFindProviderExpandsPatterns(t *testing.T) {
	parent := t.TempDir()
	want := binaryIn(filepath.Join(parent, "some-folder"), "5.1.0")
	write(t, want, "")
	got, err := findProvider(search{locations: []location{{filepath.Join(parent, "*"), ""}}})
	if err != nil || got != want {
		t.Fatalf("got %q, %v", got, err)
	}
}

func TestFindProviderPrefersVariables(t *testing.T) {
	home, mirrored, binary := t.TempDir(), mirror(t, "4.0.0"), binaryIn(t.TempDir(), "3.0.0")
	write(t, binaryIn(filepath.Join(home, ".terraform.d", "plugins"), "9.0.0"), "")
	write(t, binary, "")
	vars := map[string]string{"HOME": home}
	for _, step := range []struct{ variable, value, want string }{
		{"", "", binaryIn(filepath.Join(home, ".terraform.d", "plugins"), "9.0.0")},
		{mirrorVar, mirrored, binaryIn(mirrored, "4.0.0")},
		{binaryVar, binary, binary},
	} {
		vars[step.variable] = step.value
		if got, err := findProvider(searchPath(environment(vars))); err != nil || got != step.want {
			t.Errorf("%s: got %q, %v", step.variable, got, err)
		}
	}
}

func TestFindProviderFailsIfVariableNamesNoProvider(t *testing.T) {
	home := t.TempDir()
	write(t, binaryIn(filepath.Join(home, ".terraform.d", "plugins"), "9.0.0"), "") // must not be used instead
	for variable, value := range map[string]string{binaryVar: filepath.Join(home, "gone"), mirrorVar: t.TempDir()} {
		got, err := findProvider(searchPath(environment(map[string]string{"HOME": home, variable: value})))
		if err == nil || !strings.Contains(err.Error(), variable+"="+value) || !strings.Contains(err.Error(), "unset it") {
			t.Errorf("%s: got %q, %v", variable, got, err)
		}
	}
}

func TestFindProviderRejectsBinaryWithOtherName(t *testing.T) {
	other := filepath.Join(t.TempDir(), "aws")
	write(t, other, "")
	_, err := findProvider(search{binary: other})
	if err == nil || !strings.Contains(err.Error(), "must be a file named terraform-provider-aws") {
		t.Fatal(err)
	}
}

func TestSearchPathReadsTerraformConfiguration(t *testing.T) {
	home := t.TempDir()
	config := filepath.Join(home, "terraform.rc")
	write(t, config, `
provider_installation {
  filesystem_mirror {
    path    = "/first"
    include = ["registry.example/*/*"]
  }
  filesystem_mirror { path = "/second" }
  direct { exclude = ["registry.example/*/*"] }
}
plugin_cache_dir = "$CACHES/third"
`)
	t.Setenv("CACHES", "/caches")
	s := searchPath(environment(map[string]string{
		"HOME": home, "TF_CLI_CONFIG_FILE": config, "TF_PLUGIN_CACHE_DIR": "/zeroth",
	}))
	var got []string
	for _, location := range s.locations[:5] {
		got = append(got, location.path)
	}
	want := []string{"/zeroth", "/first", "/second", "/caches/third", filepath.Join(home, ".terraform.d", "plugins")}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Fatalf("got %v", got)
	}
}

func TestUnreadableConfigurationIsListed(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.rc")
	write(t, broken, "provider_installation {")
	for _, file := range []string{broken, "/no/such/file"} {
		if got := configuredLocations(file); len(got) != 1 || got[0].path != file || newestIn(file) != "" {
			t.Errorf("%s: %v", file, got)
		}
	}
}

func TestNotFoundListsLocationsAndFixes(t *testing.T) {
	packed := t.TempDir()
	write(t, filepath.Join(packed, "registry.example", "hashicorp", "aws", "terraform-provider-aws_5.1.0_any.zip"), "")
	_, err := findProvider(search{locations: []location{
		{"/no/such/place", "searched by default"}, {packed, "plugin_cache_dir in x"},
	}})
	if err == nil {
		t.Fatal("found one")
	}
	for _, want := range []string{
		"/no/such/place (searched by default): does not exist",
		packed + " (plugin_cache_dir in x): packed",
		"unzip terraform-provider-aws_5.1.0_any.zip",
		"terraform providers mirror FOLDER",
		"Set TF_PROVIDER_AWS to the provider's binary, or TF_PROVIDER_MIRROR to a mirror's folder.",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
}

func TestNotFoundListsEveryDefaultLocation(t *testing.T) {
	s := searchPath(environment(map[string]string{"HOME": "/h", "XDG_DATA_HOME": "/data"}))
	text := notFound(s.locations).Error()
	for _, want := range []string{
		"/h/.terraform.d/plugins", "/data/terraform/plugins", "/usr/local/share/terraform/plugins",
		"/usr/share/terraform/plugins", "/opt/*",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in:\n%s", want, text)
		}
	}
}

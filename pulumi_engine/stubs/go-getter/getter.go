// Package getter stands in for HashiCorp's go-getter, which downloads from Git, S3, GCS and HTTP and unpacks archives,
// and pulls in the SDKs of two clouds. The bridge names it where it installs Terraform providers from a registry and
// reads Terraform modules.
//
// Lost: nothing. The AWS plugin does neither: it starts the Terraform provider of a local mirror.
package getter

import (
	"context"
	"errors"
	"io"
	"os"
)

var errNotBuiltIn = errors.New("this AWS plugin is built without downloads of Terraform providers and modules; " +
	"set TF_PROVIDER_AWS to a provider's binary, or TF_PROVIDER_MIRROR to an unpacked mirror")

// Detector tells one kind of address from another.
type Detector any

// Detectors is empty.
var Detectors []Detector

// Get returns an error.
func Get(dst, src string) error { return errNotBuiltIn }

// Detect returns an error.
func Detect(src, pwd string, detectors []Detector) (string, error) { return "", errNotBuiltIn }

// SubdirGlob returns an error.
func SubdirGlob(dst, subdir string) (string, error) { return "", errNotBuiltIn }

// Copy returns an error.
func Copy(context.Context, io.Writer, io.Reader) (int64, error) { return 0, errNotBuiltIn }

// SourceDirSubdir returns the whole address, without a subfolder. It can't return an error; its callers go on to Detect.
func SourceDirSubdir(src string) (string, string) { return src, "" }

// FolderStorage keeps downloaded modules.
type FolderStorage struct{ StorageDir string }

// Get returns an error.
func (*FolderStorage) Get(key, src string, update bool) error { return errNotBuiltIn }

// Dir returns an error.
func (*FolderStorage) Dir(key string) (string, bool, error) { return "", false, errNotBuiltIn }

// ZipDecompressor unpacks zip files.
type ZipDecompressor struct{}

// Decompress returns an error.
func (*ZipDecompressor) Decompress(dst, src string, dir bool, umask os.FileMode) error {
	return errNotBuiltIn
}

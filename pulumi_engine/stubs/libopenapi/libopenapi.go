// Package libopenapi stands in for pb33f's library of that name, which parses OpenAPI documents. Only `pulumi api` uses
// it, to list and describe Pulumi Cloud's operations. It is a quarter of the CLI's compile time.
//
// Lost: `pulumi api`, which reports the error below. Since no document can be parsed, no other type of this module ever
// has a value; they have the fields and methods that the CLI names, so that it compiles.
package libopenapi

import (
	"errors"

	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

var errNotBuiltIn = errors.New("this pulumi is built without the OpenAPI parser that `pulumi api` needs; " +
	"install Pulumi's own release (https://www.pulumi.com/docs/install/), or call Pulumi Cloud's REST API directly " +
	"(https://www.pulumi.com/docs/reference/cloud-rest-api/)")

// Document is an OpenAPI document.
type Document interface {
	BuildV3Model() (*DocumentModel[v3.Document], error)
}

// DocumentModel is a parsed document.
type DocumentModel[T any] struct{ Model T }

// NewDocument returns an error.
func NewDocument([]byte) (Document, error) { return nil, errNotBuiltIn }

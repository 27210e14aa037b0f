// Package base has the schemas of an OpenAPI document.
package base

import (
	"go.yaml.in/yaml/v4"

	"github.com/pb33f/libopenapi/orderedmap"
)

type Schema struct {
	Type                         []string
	AllOf, OneOf, AnyOf          []*SchemaProxy
	Discriminator                *Discriminator
	Items, AdditionalProperties  *DynamicValue[*SchemaProxy, bool]
	Properties                   *orderedmap.Map[string, *SchemaProxy]
	Required                     []string
	Description, Format, Pattern string
	Minimum, Maximum, MultipleOf *float64
	MinLength, MaxLength         *int64
	Default                      *yaml.Node
	Enum                         []*yaml.Node
	Nullable, ReadOnly           *bool
	Extensions                   *orderedmap.Map[string, *yaml.Node]
}

func (*Schema) GoLow() *lowSchema                  { return nil }
func (*Schema) MarshalJSONInline() ([]byte, error) { return nil, nil }

type lowSchema struct{}

func (*lowSchema) Hash() uint64 { return 0 }

type SchemaProxy struct{}

func (*SchemaProxy) Schema() *Schema { return nil }

type DynamicValue[A, B any] struct {
	A A
}

func (*DynamicValue[A, B]) IsA() bool { return false }

type Discriminator struct {
	PropertyName string
	Mapping      *orderedmap.Map[string, string]
}

type Info struct{ Version string }

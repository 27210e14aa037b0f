// Package autoexport stands in for OpenTelemetry's package of that name, which links the exporters for every protocol
// and so a Prometheus client and gRPC gateways. The bridge has a copy of OpenTofu's set-up of tracing, which names it.
//
// Lost: nothing. The bridge never calls that set-up.
package autoexport

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/sdk/trace"
)

// NewSpanExporter returns an error.
func NewSpanExporter(context.Context) (trace.SpanExporter, error) {
	return nil, errors.New("this AWS plugin is built without OpenTelemetry's exporters; unset OTEL_TRACES_EXPORTER")
}

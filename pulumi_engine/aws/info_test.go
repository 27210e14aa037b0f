package main

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// fakeTerraform is a small Terraform provider that records which resource it was called for.
type fakeTerraform struct {
	tfprotov6.ProviderServer
	resources map[string]*tfprotov6.Schema
	functions map[string]*tfprotov6.Schema
	planned   string // the type of the resource that was planned
}

func (tf *fakeTerraform) GetProviderSchema(
	context.Context, *tfprotov6.GetProviderSchemaRequest,
) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &tfprotov6.GetProviderSchemaResponse{
		Provider:          block(),
		ResourceSchemas:   tf.resources,
		DataSourceSchemas: tf.functions,
	}, nil
}

func (tf *fakeTerraform) PlanResourceChange(
	_ context.Context, req *tfprotov6.PlanResourceChangeRequest,
) (*tfprotov6.PlanResourceChangeResponse, error) {
	tf.planned = req.TypeName
	return &tfprotov6.PlanResourceChangeResponse{}, nil
}

func block(attributes ...*tfprotov6.SchemaAttribute) *tfprotov6.Schema {
	return &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: attributes}}
}

func text(name string) *tfprotov6.SchemaAttribute {
	return &tfprotov6.SchemaAttribute{Name: name, Type: tftypes.String, Optional: true}
}

// nested returns a single block as the plugin framework declares it: a list that doesn't state its limit of one item.
func nested(name string, attributes ...*tfprotov6.SchemaAttribute) *tfprotov6.SchemaNestedBlock {
	return &tfprotov6.SchemaNestedBlock{
		TypeName: name,
		Nesting:  tfprotov6.SchemaNestedBlockNestingModeList,
		Block:    block(attributes...).Block,
	}
}

func infoOf(t *testing.T, tf *fakeTerraform) tfbridge.ProviderInfo {
	t.Helper()
	info, err := providerInfo(context.Background(), tf)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestProviderInfoServesOnlyServicesInUse(t *testing.T) {
	info := infoOf(t, &fakeTerraform{
		resources: map[string]*tfprotov6.Schema{"aws_s3_bucket": block(), "aws_instance": block()},
		functions: map[string]*tfprotov6.Schema{"aws_region": block(), "aws_ami": block()},
	})
	for name, served := range map[string]bool{"aws_s3_bucket": true, "aws_s3_bucket_v2": true, "aws_instance": false} {
		if _, ok := info.Resources[name]; ok != served {
			t.Errorf("%s: served is %t", name, ok)
		}
	}
	for name, served := range map[string]bool{"aws_region": true, "aws_ami": false} {
		if _, ok := info.DataSources[name]; ok != served {
			t.Errorf("%s: served is %t", name, ok)
		}
	}
}

func TestDeprecatedNamesAreTranslatedForTerraform(t *testing.T) {
	tf := &fakeTerraform{}
	req := &tfprotov6.PlanResourceChangeRequest{TypeName: "aws_s3_bucket_v2"}
	if _, err := serve(tf).PlanResourceChange(context.Background(), req); err != nil || tf.planned != "aws_s3_bucket" {
		t.Fatalf("planned %s, %v", tf.planned, err)
	}
	if req.TypeName != "aws_s3_bucket_v2" {
		t.Error("the bridge's own request was changed")
	}
}

func TestOverlayRenamesAndFlattens(t *testing.T) {
	rule := nested("rule", text("id"))
	rule.Block.BlockTypes = []*tfprotov6.SchemaNestedBlock{nested("expiration", text("date")), nested("transition")}
	lifecycle := block()
	lifecycle.Block.BlockTypes = []*tfprotov6.SchemaNestedBlock{rule}
	info := infoOf(t, &fakeTerraform{resources: map[string]*tfprotov6.Schema{
		"aws_s3_bucket_lifecycle_configuration": lifecycle,
		"aws_sns_topic_subscription":            block(text("topic_arn")),
	}})

	if got := info.Resources["aws_sns_topic_subscription"].Fields["topic_arn"].Name; got != "topic" {
		t.Errorf("topic_arn is %q", got)
	}
	rules := info.Resources["aws_s3_bucket_lifecycle_configuration"].Fields["rule"]
	if one := rules.Elem.Fields["expiration"].MaxItemsOne; one == nil || !*one {
		t.Error("expiration is a list")
	}
	if rules.MaxItemsOne != nil || rules.Elem.Fields["transition"] != nil {
		t.Error("rules or their transitions are overlaid")
	}
}

func TestOverlaySkipsNamesThatTerraformUses(t *testing.T) {
	for want, attributes := range map[string][]*tfprotov6.SchemaAttribute{
		"region": {text("name")},
		"":       {text("name"), text("region")},
	} {
		info := infoOf(t, &fakeTerraform{functions: map[string]*tfprotov6.Schema{"aws_region": block(attributes...)}})
		if got := info.DataSources["aws_region"].Fields["name"].Name; got != want {
			t.Errorf("name is %q, want %q", got, want)
		}
	}
}

func TestPolicyDocumentsMayBeObjects(t *testing.T) {
	info := infoOf(t, &fakeTerraform{resources: map[string]*tfprotov6.Schema{
		"aws_s3_bucket_policy": block(text("policy")),
	}})
	check := info.Resources["aws_s3_bucket_policy"].PreCheckCallback
	object := resource.NewObjectProperty(resource.PropertyMap{"Version": resource.NewStringProperty("2012-10-17")})
	unknown := resource.MakeComputed(resource.NewStringProperty(""))
	partlyUnknown := resource.NewObjectProperty(resource.PropertyMap{"Version": unknown})
	encoded := resource.NewStringProperty(`{"Version":"2012-10-17"}`)
	for name, test := range map[string]struct{ input, want resource.PropertyValue }{
		"object":         {object, encoded},
		"secret object":  {resource.MakeSecret(object), resource.MakeSecret(encoded)},
		"text":           {encoded, encoded},
		"unknown":        {unknown, unknown},
		"partly unknown": {partlyUnknown, unknown},
		"not a document": {resource.NewStringProperty("odd"), resource.NewStringProperty("odd")},
	} {
		got, err := check(context.Background(), resource.PropertyMap{"policy": test.input}, nil)
		if err != nil || !got["policy"].DeepEquals(test.want) {
			t.Errorf("%s: %v, %v", name, got["policy"], err)
		}
	}
}

func TestUnsupportedPropertiesAreErrors(t *testing.T) {
	rule := nested("rule", text("id"))
	rule.Block.BlockTypes = []*tfprotov6.SchemaNestedBlock{nested("expiration", text("date"))}
	lifecycle := block(text("bucket"), &tfprotov6.SchemaAttribute{Name: "shown", Type: tftypes.String, Computed: true})
	lifecycle.Block.BlockTypes = []*tfprotov6.SchemaNestedBlock{rule}
	info := infoOf(t, &fakeTerraform{resources: map[string]*tfprotov6.Schema{
		"aws_s3_bucket_lifecycle_configuration": lifecycle,
	}})
	check := info.Resources["aws_s3_bucket_lifecycle_configuration"].PreCheckCallback
	rules := func(expiration map[string]any) map[string]any {
		return map[string]any{"bucket": "b", "__defaults": []any{}, "rules": []any{map[string]any{"expiration": expiration}}}
	}
	for name, test := range map[string]struct {
		inputs map[string]any
		want   string
	}{
		"all supported": {rules(map[string]any{"date": "d"}), ""},
		"region":        {map[string]any{"region": "r"}, "region: not supported by this machine's"},
		"output only":   {map[string]any{"shown": "s"}, "shown: not supported by this machine's"},
		"in a list":     {rules(map[string]any{"new": "n"}), "rules[0].expiration.new: not supported by this machine's"},
	} {
		_, err := check(context.Background(), resource.NewPropertyMapFromMap(test.inputs), nil)
		if (err == nil) != (test.want == "") || err != nil && !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAutonaming(t *testing.T) {
	info := infoOf(t, &fakeTerraform{resources: map[string]*tfprotov6.Schema{
		"aws_s3_bucket":               block(text("bucket")),
		"aws_kms_alias":               block(text("name")),
		"aws_cloudwatch_metric_alarm": block(text("alarm_name")),
		"aws_sns_topic":               block(text("name")),
		"aws_iam_role":                block(text("name")),
	}})
	for _, test := range []struct{ name, field, urn, prefix, suffix string }{
		{"aws_s3_bucket", "bucket", "Data", "data-", ""},
		{"aws_s3_bucket_v2", "bucket", "Data", "data-", ""},
		{"aws_kms_alias", "name", "phi", "alias/phi-", ""},
		{"aws_cloudwatch_metric_alarm", "alarm_name", "Alarm", "Alarm-", ""},
		{"aws_sns_topic", "name", "topic", "topic-", ".fifo"},
		{"aws_iam_role", "name", "role", "role-", ""},
	} {
		field := info.Resources[test.name].Fields[test.field]
		value, err := field.Default.ComputeDefault(context.Background(), tfbridge.ComputeDefaultOptions{
			URN:        resource.NewURN("stack", "project", "", "aws:x/y:Z", test.urn),
			Properties: resource.PropertyMap{"fifoTopic": resource.NewBoolProperty(test.suffix != "")},
			Seed:       make([]byte, 32),
		})
		got, _ := value.(string)
		if want := len(test.prefix) + 7 + len(test.suffix); err != nil || len(got) != want ||
			got[:len(test.prefix)] != test.prefix || got[len(got)-len(test.suffix):] != test.suffix {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
}

func TestOverlayIsComplete(t *testing.T) {
	o, err := readOverlay()
	if err != nil || len(o.Resources) < 50 || len(o.Functions) < 20 || len(o.Provider) == 0 {
		t.Fatalf("%d resources, %d functions, %v", len(o.Resources), len(o.Functions), err)
	}
}

func TestIDIsComputedIfTerraformHasNone(t *testing.T) {
	info := infoOf(t, &fakeTerraform{resources: map[string]*tfprotov6.Schema{
		"aws_backup_restore_testing_selection": block(),
	}})
	id, err := info.Resources["aws_backup_restore_testing_selection"].ComputeID(context.Background(), resource.PropertyMap{
		"name": resource.NewStringProperty("a"), "restoreTestingPlanName": resource.NewStringProperty("b"),
	})
	if err != nil || id != "a,b" {
		t.Fatalf("%s, %v", id, err)
	}
}

// Command pulumi-resource-random serves the Random provider to the Pulumi engine where Pulumi's own build of it cannot
// be downloaded: the same Terraform provider over the same bridge.
//
// The module's path lies below the provider's because the provider's package is internal to it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"
	bridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// version is set by the linker to that of the npm SDK, which the engine asks for.
var version = "0.0.0"

func main() {
	ctx := context.Background()
	info := random()
	// a provider of the plugin framework is served from its package schema, which is made in some milliseconds
	schema, err := tfgen.GenerateSchema(ctx, tfgen.GenerateSchemaOptions{
		ProviderInfo:    info,
		DiagnosticsSink: diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never}),
		XInMemoryDocs:   true,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-random: its schema cannot be generated:", err)
		os.Exit(1)
	}
	tfbridge.Main(ctx, "random", info, schema.ProviderMetadata)
}

func random() bridge.ProviderInfo {
	info := bridge.ProviderInfo{
		P:            tfbridge.ShimProvider(provider.New()),
		Name:         "random",
		Version:      version,
		MetadataInfo: bridge.NewProviderMetadata([]byte("{}")),
		Resources: map[string]*bridge.ResourceInfo{
			"random_bytes":    {Tok: "random:index/randomBytes:RandomBytes"},
			"random_id":       {Tok: "random:index/randomId:RandomId"},
			"random_integer":  {Tok: "random:index/randomInteger:RandomInteger"},
			"random_password": {Tok: "random:index/randomPassword:RandomPassword"},
			"random_pet":      {Tok: "random:index/randomPet:RandomPet"},
			"random_shuffle":  {Tok: "random:index/randomShuffle:RandomShuffle"},
			"random_string":   {Tok: "random:index/randomString:RandomString"},
			"random_uuid":     {Tok: "random:index/randomUuid:RandomUuid"},
		},
		IgnoreMappings: []string{"random_uuid4", "random_uuid7"},
	}
	// RandomBytes has no `id` of its own: its content stands for it, as in Pulumi's build
	info.Resources["random_bytes"].ComputeID = bridge.DelegateIDField("base64", "random", "https://github.com/pulumi/pulumi-random")
	return info
}

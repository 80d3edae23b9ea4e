// Command pulumi-resource-docker serves the Docker provider to the Pulumi engine where Pulumi's own build of it cannot
// be downloaded: the same Terraform provider over the same bridge, for the resources that the stacks use.
//
// The module's path lies below the provider's because the provider's package is internal to it.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// version is set by the linker to that of the npm SDK, which the engine asks for.
var version = "0.0.0"

// The pluralised and camel-cased names of properties come from the provider's types; there is no need for the schema
// that the SDKs are generated from.
const emptySchema = "{}"

func main() {
	tfbridge.Main("docker", version, docker(), []byte(emptySchema))
}

func docker() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:            shim.NewProvider(provider.New(version)()),
		Name:         "docker",
		Version:      version,
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Resources: map[string]*tfbridge.ResourceInfo{
			// names, ports and addresses of a container belong to one container at a time
			"docker_container": {
				Tok:                 "docker:index/container:Container",
				DeleteBeforeReplace: true,
				// lists that the SDK does not put into the plural
				Fields: map[string]*tfbridge.SchemaInfo{
					"command":           {Name: "command"},
					"networks_advanced": {Name: "networksAdvanced"},
				},
			},
			"docker_image":   {Tok: "docker:index/remoteImage:RemoteImage"},
			"docker_network": {Tok: "docker:index/network:Network"},
			"docker_volume":  {Tok: "docker:index/volume:Volume"},
			"docker_tag":     {Tok: "docker:index/tag:Tag"},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_network":        {Tok: "docker:index/getNetwork:getNetwork"},
			"docker_image":          {Tok: "docker:index/getRemoteImage:getRemoteImage"},
			"docker_registry_image": {Tok: "docker:index/getRegistryImage:getRegistryImage"},
			"docker_logs":           {Tok: "docker:index/getLogs:getLogs"},
		},
		IgnoreMappings: []string{
			"docker_registry_image", "docker_config", "docker_secret", "docker_service", "docker_plugin",
			"docker_buildx_builder", "docker_registry_image_manifests",
		},
	}
	info.SetAutonaming(255, "-")
	return info
}

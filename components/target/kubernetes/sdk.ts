// The parts of the SDK that are used: its index loads Helm and YAML support as well, a tenth of a second at every start.
export * as apps from "@pulumi/kubernetes/apps/v1/index.js";
export * as batch from "@pulumi/kubernetes/batch/v1/index.js";
export * as core from "@pulumi/kubernetes/core/v1/index.js";
export * as networking from "@pulumi/kubernetes/networking/v1/index.js";
export * as policy from "@pulumi/kubernetes/policy/v1/index.js";
export { Provider } from "@pulumi/kubernetes/provider.js";
export * as rbac from "@pulumi/kubernetes/rbac/v1/index.js";
export * as scheduling from "@pulumi/kubernetes/scheduling/v1/index.js";

import { Document } from "yaml";
import { type ConfigKey, configKeys, PROJECT } from "../../stacks/config";

/** Pulumi.yaml, whole: its `config:` block comes from the schema of the stacks. */
export function pulumiYaml(): string {
  const document = new Document({
    name: PROJECT,
    description: "Data platforms that are monitored from the first minute, on Docker and on Kubernetes",
    main: "stacks/index.ts",
    runtime: { name: "nodejs", options: { tsconfig: "../tsconfig.json" } },
    requiredPulumiVersion: ">=3.259.0",
    config: Object.fromEntries(configKeys().map((key) => [key.key, entry(key)])),
  });
  document.commentBefore = ' The config block is generated from stacks/config.ts by "npm run docs".';
  return document.toString({ lineWidth: 0 });
}

// Pulumi requires every key without a default; an optional one is the empty text or object, which the program takes for absent.
function entry({ type, description, items, default: value }: ConfigKey) {
  return { type, description, ...(items ? { items } : {}), default: value ?? (type === "object" ? {} : "") };
}

/** docs/configuration.md. */
export function configurationMarkdown(): string {
  const rows = configKeys().map(
    ({ key, type, default: value, values, description, target }) =>
      `| \`${key}\` | ${values ? values.map((v) => `\`${v}\``).join(", ") : type} | ${value === undefined ? "" : `\`${JSON.stringify(value)}\``} | ${description}${target ? ` Only with target \`${target}\`.` : ""} |`,
  );
  return `# Configuration of a stack

Set a key in \`Pulumi.<stack>.yaml\` as \`${PROJECT}:<key>\`, or where you work with plain Pulumi by \`pulumi config set <key> <value>\`. Wrong values and unknown keys are
refused at preview, all in one message. This page is generated from \`stacks/config.ts\` by \`npm run docs\`.

| key | accepts | default | what it does |
|---|---|---|---|
${rows.join("\n")}
`;
}

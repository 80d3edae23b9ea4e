import { createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { File } from "../workload";
import type { Children } from "./children";
import { type FileSet, fileSet, plainContent } from "./files";
import type { Traffic } from "./network";
import { policy } from "./network";
import { CHECKSUM } from "./pod";
import * as k8s from "./sdk";

export interface Surroundings {
  /** Logical and object name that everything begins with. */
  readonly name: string;
  /** The namespace that it lives in. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly children: Children;
}

/** An account of its own, that no rights come with and whose token is not mounted. */
export function account({ name, namespace, labels, children }: Surroundings): k8s.core.ServiceAccount {
  return children.add(k8s.core.ServiceAccount, `${name}-account`, {
    metadata: { name, namespace, labels },
    automountServiceAccountToken: false,
  });
}

export function networkPolicy({ name, namespace, labels, children }: Surroundings, traffic: Traffic): pulumi.Resource {
  return children.add(k8s.networking.NetworkPolicy, `${name}-network`, {
    metadata: { name, namespace, labels },
    spec: policy(traffic),
  });
}

export interface Files extends FileSet {
  readonly resources: readonly pulumi.Resource[];
  /** For the metadata of the pod: a change of any file is a change of the pod. */
  readonly annotations: { readonly annotations?: Readonly<Record<string, pulumi.Input<string>>> };
}

/** ConfigMaps and the Secret of a pod. */
export function storeFiles({ name, namespace, labels, children }: Surroundings, files: readonly File[]): Files {
  const set = fileSet(name, files);
  const configMaps = set.configMaps.map((stored) =>
    children.add(k8s.core.ConfigMap, stored.name, {
      metadata: { name: stored.name, namespace, labels },
      data: Object.fromEntries(stored.files.map(({ key, file }) => [key, plainContent(file)])),
    }),
  );
  const { secret } = set;
  const secrets = secret
    ? [
        children.add(k8s.core.Secret, secret.name, {
          metadata: { name: secret.name, namespace, labels },
          type: "Opaque",
          data: Object.fromEntries(secret.files.map(({ key, file }) => [key, base64(contentOf(children, file))])),
        }),
      ]
    : [];
  const secretsChecksum = secret
    ? keyedChecksum(
        name,
        children,
        secret.files.map(({ file }) => file),
      )
    : undefined;
  const annotations = {
    ...(set.checksum ? { [CHECKSUM.files]: set.checksum } : {}),
    ...(secretsChecksum ? { [CHECKSUM.secrets]: secretsChecksum } : {}),
  };
  return {
    ...set,
    resources: [...configMaps, ...secrets],
    annotations: Object.keys(annotations).length > 0 ? { annotations } : {},
  };
}

function contentOf({ family }: Children, file: File): pulumi.Output<string> {
  return file.secret ? family.secrets.resolve(file.content) : pulumi.output(file.content);
}

/** `stringData` would be shorter, but the API server turns it into `data`, and what is applied would never be what is there. */
function base64(content: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.secret(content).apply((text) => Buffer.from(text).toString("base64"));
}

/** A plain hash would let anybody who reads the pod try passwords against it; the key of this one stays in the state. */
function keyedChecksum(name: string, children: Children, files: readonly File[]): pulumi.Output<string> {
  const contents = pulumi.all(files.map((file) => contentOf(children, file)));
  const checksum = pulumi
    .all([children.key(`${name}-checksum-key`), contents])
    .apply(([key, texts]) => createHmac("sha256", key).update(JSON.stringify(texts)).digest("hex"));
  return pulumi.unsecret(checksum);
}

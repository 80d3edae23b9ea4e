import { beforeAll, describe, expect, it } from "vitest";
import { all, at, isSecret, kubernetes, one, type Recording, record } from "../support/record";
import { findLeaks } from "../support/taint";
import { construct, counter, SECRET } from "./cases";
import { alone, container, DEPLOYMENT, pods, recorded, target } from "./kubernetes";

describe("files on Kubernetes", () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recorded();
  });

  it("keeps secret files in a Secret, and shows their change by a checksum that tells nothing", async () => {
    const secret = one(recording, kubernetes("core/v1", "Secret"), "vault-secrets");
    expect(at(secret, "data")).toEqual({ etc_vault_password: Buffer.from(SECRET).toString("base64") });
    expect(isSecret(secret, "data.etc_vault_password")).toBe(true);
    const annotations = (r: Recording) =>
      at<Record<string, string>>(one(r, DEPLOYMENT, "vault"), "spec.template.metadata.annotations");
    const checksum = annotations(recording)["datastack.io/secrets-checksum"];
    expect(checksum).toMatch(/^[0-9a-f]{64}$/);
    expect(findLeaks(recording, [SECRET])).toEqual([]);

    const otherKey = await record(() => construct(target()), { seed: "another" });
    expect(annotations(otherKey)["datastack.io/secrets-checksum"]).not.toBe(checksum);
    expect(annotations(otherKey)["datastack.io/files-checksum"]).toBe(
      annotations(recording)["datastack.io/files-checksum"],
    );
  });

  it("mounts files read-only, executable where they are", () => {
    const { spec } = pods(recording).find(({ owner }) => owner.name === "counter") ?? {};
    expect(container(spec ?? {}).volumeMounts).toContainEqual({
      name: "files",
      mountPath: "/www/cgi-bin/attempt",
      subPath: "www_cgi-bin_attempt",
      readOnly: true,
    });
    expect(spec?.volumes).toContainEqual({
      name: "files",
      configMap: {
        name: "counter-files",
        defaultMode: 0o444,
        items: [
          { key: "etc_counter_revision", path: "etc_counter_revision", mode: 0o444 },
          { key: "www_cgi-bin_attempt", path: "www_cgi-bin_attempt", mode: 0o555 },
        ],
      },
    });
    expect(spec?.volumes).toContainEqual({ name: "scratch-0", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } });
  });

  it("leaves scripts to the shell: Kubernetes has variables of its own in commands", async () => {
    const braces = "$" + "{HOME}";
    const script = `echo $$ $(date) $HOME ${braces} $$(x)`;
    const result = await alone({ ...counter(), command: ["sh", "-c", script], env: { PATTERN: "^a$(b)$" } });
    const { command, env } = container(at(one(result, DEPLOYMENT, "counter"), "spec.template.spec"));
    expect((command as string[])[2]).toBe(`echo $$$ $$(date) $HOME ${braces} $$$$(x)`);
    expect(expand((command as string[])[2] ?? "")).toBe(script);
    expect((env as { value: string }[]).map(({ value }) => expand(value))).toEqual(["^a$(b)$"]);
  });

  it("spreads more files than one object can hold over several", async () => {
    const big = (name: string) => ({ path: `/etc/${name}`, content: "x".repeat(600_000) });
    const recording = await alone({ ...counter(), files: [big("a"), big("b"), big("c")] });
    const maps = all(recording, kubernetes("core/v1", "ConfigMap"));
    expect(maps.map((m) => at(m, "metadata.name"))).toEqual(["counter-files", "counter-files-2", "counter-files-3"]);
    const mounts = container(at(one(recording, DEPLOYMENT, "counter"), "spec.template.spec")).volumeMounts;
    expect((mounts as object[]).slice(-3)).toEqual([
      { name: "files", mountPath: "/etc/a", subPath: "etc_a", readOnly: true },
      { name: "files-2", mountPath: "/etc/b", subPath: "etc_b", readOnly: true },
      { name: "files-3", mountPath: "/etc/c", subPath: "etc_c", readOnly: true },
    ]);
  });
});

/** What the kubelet makes of a command when no variable has a value (k8s.io/kubernetes third_party/forked/golang/expansion). */
function expand(text: string): string {
  let result = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== "$" || i + 1 >= text.length) result += text[i];
    else if (text[i + 1] === "$") {
      result += "$";
      i++;
    } else if (text[i + 1] === "(" && text.includes(")", i)) throw new Error(`a variable of Kubernetes in ${text}`);
    else result += "$";
  }
  return result;
}

import * as path from "node:path";
import { type Layout, NETWORK, PAUSE_IMAGE } from "./settings";

/** containerd's configuration: an instance of our own beside any that the machine has. */
export function containerdConfig(layout: Layout, cniBin: string): string {
  const text = (value: string): string => JSON.stringify(value);
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = ${text(path.join(layout.containerd, "root"))}
state = ${text(path.join(layout.run, "containerd"))}
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
]

[grpc]
address = ${text(layout.socket)}

[plugins."io.containerd.internal.v1.opt"]
path = ${text(path.join(layout.containerd, "opt"))}

[${cri}]
sandbox_image = ${text(PAUSE_IMAGE)}
# inside a container or a small virtual machine nobody may lower a process's OOM score below his own
restrict_oom_score_adj = true
# as newer versions do by default: a user without rights may listen on port 53
enable_unprivileged_ports = true
enable_unprivileged_icmp = true

[${cri}.containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[${cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[${cri}.containerd.runtimes.runc.options]
# the same as the kubelet's cgroupDriver
SystemdCgroup = false

[${cri}.cni]
bin_dir = ${text(cniBin)}
conf_dir = ${text(cniDir(layout))}
`;
}

export function cniDir(layout: Layout): string {
  return path.join(layout.config, "cni");
}

/**
 * Pod network: one veth pair per pod, routed by the host. No bridge, so traffic between pods passes the host's
 * iptables on every kernel, without bridge-netfilter.
 */
export function cniConfig(layout: Layout): string {
  const config = {
    cniVersion: "0.4.0",
    name: `datastack-${layout.name}`,
    plugins: [
      {
        type: "ptp",
        ipMasq: false, // one rule for all pods, see network.ts
        ipam: {
          type: "host-local",
          dataDir: path.join(layout.root, "addresses"),
          ranges: [[{ subnet: NETWORK.pods }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
    ],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

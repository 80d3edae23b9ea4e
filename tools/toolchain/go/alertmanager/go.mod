// Alertmanager and amtool are built in a copy of their module, with its own go.mod, and with the files of overlay in it. This one
// holds the module to its checksum.
module datastack/toolchain/alertmanager

go 1.26.0

require github.com/prometheus/alertmanager v0.34.2

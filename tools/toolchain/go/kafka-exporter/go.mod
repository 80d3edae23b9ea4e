module datastack/toolchain/kafka-exporter

go 1.26.0

require github.com/grafana/kafka_exporter v0.0.0-20240409084445-5e3488ad9f9a

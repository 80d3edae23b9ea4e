module datastack/toolchain/pause

go 1.22

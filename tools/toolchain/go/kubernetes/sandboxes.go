package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Longest time for all of it: a sandbox is stopped with its containers killed, not asked.
const sandboxesTimeout = 3 * time.Minute

// runSandboxes stops the pods of a container runtime through its own interface, so that the runtime
// also takes back their network (interfaces, addresses, port mappings) and mounts.
//
//	sandboxes stop|remove <socket>
func runSandboxes() int {
	if len(os.Args) != 3 || (os.Args[1] != "stop" && os.Args[1] != "remove") {
		fmt.Fprintln(os.Stderr, "usage: sandboxes stop|remove <containerd socket>")
		return 2
	}
	if err := endSandboxes(os.Args[2], os.Args[1] == "remove"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func endSandboxes(socket string, remove bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), sandboxesTimeout)
	defer cancel()
	connection, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("cannot reach the container runtime at %s: %w", socket, err)
	}
	defer connection.Close()
	runtime := cri.NewRuntimeServiceClient(connection)
	list, err := runtime.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{})
	if err != nil {
		return fmt.Errorf("cannot list the pods of %s: %w", socket, err)
	}
	var failed error
	for _, pod := range list.Items {
		name := pod.Metadata.Namespace + "/" + pod.Metadata.Name
		if _, err := runtime.StopPodSandbox(ctx, &cri.StopPodSandboxRequest{PodSandboxId: pod.Id}); err != nil {
			failed = fmt.Errorf("cannot stop pod %s: %w", name, err)
			fmt.Fprintln(os.Stderr, failed)
			continue
		}
		if !remove {
			continue
		}
		if _, err := runtime.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: pod.Id}); err != nil {
			failed = fmt.Errorf("cannot remove pod %s: %w", name, err)
			fmt.Fprintln(os.Stderr, failed)
		}
	}
	fmt.Printf("%d pods\n", len(list.Items))
	return failed
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const (
	sandboxesTimeout = 3 * time.Minute // for all pods together
	containerGrace   = 20              // seconds that a container has to end by itself
)

// runSandboxes ends the pods of a container runtime through its own interface, so that the runtime also
// takes back their network (interfaces, addresses, port mappings) and mounts. It prints one line per pod,
// `<namespace>_<name>_<uid>`, which is also how the kubelet calls the pod's log directory.
//
//	sandboxes list|stop|remove <socket>
func runSandboxes() int {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: sandboxes list|stop|remove <containerd socket>")
		return 2
	}
	if err := sandboxes(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func sandboxes(what, socket string) error {
	if what != "list" && what != "stop" && what != "remove" {
		return fmt.Errorf("sandboxes: unknown action %q: it is list, stop or remove", what)
	}
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
	failures := make([]error, len(list.Items))
	var all sync.WaitGroup
	for i, pod := range list.Items {
		fmt.Printf("%s_%s_%s\n", pod.Metadata.Namespace, pod.Metadata.Name, pod.Metadata.Uid)
		if what == "list" {
			continue
		}
		all.Go(func() { failures[i] = endSandbox(ctx, runtime, pod, what == "remove") })
	}
	all.Wait()
	return errors.Join(failures...)
}

func endSandbox(ctx context.Context, runtime cri.RuntimeServiceClient, pod *cri.PodSandbox, remove bool) error {
	name := pod.Metadata.Namespace + "/" + pod.Metadata.Name
	containers, err := runtime.ListContainers(ctx, &cri.ListContainersRequest{
		Filter: &cri.ContainerFilter{PodSandboxId: pod.Id},
	})
	if err != nil {
		return fmt.Errorf("cannot list the containers of pod %s: %w", name, err)
	}
	var all sync.WaitGroup
	for _, container := range containers.Containers {
		if container.State == cri.ContainerState_CONTAINER_RUNNING {
			// one that does not end is killed with its pod
			all.Go(func() {
				_, _ = runtime.StopContainer(ctx, &cri.StopContainerRequest{ContainerId: container.Id, Timeout: containerGrace})
			})
		}
	}
	all.Wait()
	if _, err := runtime.StopPodSandbox(ctx, &cri.StopPodSandboxRequest{PodSandboxId: pod.Id}); err != nil {
		return fmt.Errorf("cannot stop pod %s: %w", name, err)
	}
	if !remove {
		return nil
	}
	if _, err := runtime.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: pod.Id}); err != nil {
		return fmt.Errorf("cannot remove pod %s: %w", name, err)
	}
	return nil
}

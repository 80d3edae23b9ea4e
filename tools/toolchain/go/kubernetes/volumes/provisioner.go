// Package volumes gives claims of the class `local` a directory of this machine.
//
// The volumes are of the type `local`, not `hostPath`: only then does the kubelet apply a pod's fsGroup,
// as it does to a cloud's disks. Sizes are recorded and may grow, but are not enforced.
package volumes

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v10/controller"
)

const (
	nodeAnnotation = "datastack.local/node" // the node whose directory a volume is
	provisionedBy  = "pv.kubernetes.io/provisioned-by"
)

type localProvisioner struct {
	root string // holds one directory per volume
	node string // the node that this machine is
	name string // of this provisioner, as in the storage class
}

// Provision makes the directory. A directory that is there is taken over: the last attempt was cut short.
func (p *localProvisioner) Provision(_ context.Context, options controller.ProvisionOptions) (*core.PersistentVolume, controller.ProvisioningState, error) {
	claim := options.PVC
	if claim.Spec.Selector != nil {
		return nil, controller.ProvisioningFinished, fmt.Errorf("claim %s/%s has a selector: local volumes have no labels to select by, remove it", claim.Namespace, claim.Name)
	}
	for _, mode := range claim.Spec.AccessModes {
		if mode != core.ReadWriteOnce && mode != core.ReadWriteOncePod {
			return nil, controller.ProvisioningFinished, fmt.Errorf("claim %s/%s asks for %s: local volumes are ReadWriteOnce or ReadWriteOncePod", claim.Namespace, claim.Name, mode)
		}
	}
	if options.SelectedNode != nil && options.SelectedNode.Name != p.node {
		return nil, controller.ProvisioningReschedule, fmt.Errorf("the pod was placed on node %s, volumes are on %s", options.SelectedNode.Name, p.node)
	}
	path := p.path(claim.Namespace, claim.Name, options.PVName)
	volume := &core.PersistentVolume{
		TypeMeta: meta.TypeMeta{APIVersion: "v1", Kind: "PersistentVolume"},
		ObjectMeta: meta.ObjectMeta{
			Name:        options.PVName,
			Annotations: map[string]string{nodeAnnotation: p.node, provisionedBy: p.name},
		},
		Spec: core.PersistentVolumeSpec{
			StorageClassName:              options.StorageClass.Name,
			ClaimRef:                      &core.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name},
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			AccessModes:                   claim.Spec.AccessModes,
			Capacity:                      core.ResourceList{core.ResourceStorage: claim.Spec.Resources.Requests[core.ResourceStorage]},
			PersistentVolumeSource:        core.PersistentVolumeSource{Local: &core.LocalVolumeSource{Path: path}},
			NodeAffinity: &core.VolumeNodeAffinity{Required: &core.NodeSelector{NodeSelectorTerms: []core.NodeSelectorTerm{{
				MatchExpressions: []core.NodeSelectorRequirement{{
					Key: core.LabelHostname, Operator: core.NodeSelectorOpIn, Values: []string{p.node},
				}},
			}}}},
		},
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	if err := writeRecord(volume); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	return volume, controller.ProvisioningFinished, nil
}

// Delete removes the directory of a released volume whose policy is Delete, and nothing outside the root.
func (p *localProvisioner) Delete(_ context.Context, volume *core.PersistentVolume) error {
	if volume.Annotations[nodeAnnotation] != p.node {
		return &controller.IgnoredError{Reason: "the volume is on another node"}
	}
	if volume.Spec.Local == nil || filepath.Dir(filepath.Clean(volume.Spec.Local.Path)) != p.root {
		return fmt.Errorf("volume %s does not lie in %s: it is left alone", volume.Name, p.root)
	}
	if err := os.RemoveAll(volume.Spec.Local.Path); err != nil {
		return err
	}
	return removeRecord(volume)
}

// path is readable, so that a person finds the data, and unique by the volume's name.
func (p *localProvisioner) path(namespace, claim, volume string) string {
	return filepath.Join(p.root, fmt.Sprintf("%s_%s_%s", namespace, claim, volume))
}

// Run is the program `local-volumes`: it works until it is told to end.
func Run() int {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig of the provisioner's own user")
	root := flag.String("root", "", "absolute path of the directory that holds the volumes")
	node := flag.String("node", "", "name of this machine's node")
	name := flag.String("provisioner", "datastack.local/volumes", "provisioner name of the storage class")
	klog.InitFlags(nil)
	flag.Parse()
	if !filepath.IsAbs(*root) || *node == "" || *kubeconfig == "" {
		fmt.Fprintln(os.Stderr, "usage: local-volumes --kubeconfig <file> --root <absolute path> --node <name>")
		return 2
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		klog.Fatalf("cannot read %s: %v", *kubeconfig, err)
	}
	client := kubernetes.NewForConfigOrDie(config)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	provisioner := &localProvisioner{root: filepath.Clean(*root), node: *node, name: *name}
	if err := adoptVolumes(ctx, client, provisioner.root); err != nil {
		klog.Fatalf("cannot adopt the volumes that are in %s: %v", provisioner.root, err)
	}
	go growVolumes(ctx, client, *name)
	controller.NewProvisionController(klog.FromContext(ctx), client, *name, provisioner,
		controller.LeaderElection(false), // one process per machine
		controller.MetricsPort(0),
	).Run(ctx)
	return 0
}

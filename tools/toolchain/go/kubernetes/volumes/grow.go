package volumes

import (
	"context"
	"encoding/json"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"
)

// Interval between two looks at the claims; a resize is not urgent.
const growInterval = 3 * time.Second

// growVolumes records the size that a claim was widened to, in its volume and then in its status. There is
// nothing to resize: the directory has the whole disk.
func growVolumes(ctx context.Context, client kubernetes.Interface, provisioner string) {
	ticker := time.NewTicker(growInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := growOnce(ctx, client, provisioner); err != nil && ctx.Err() == nil {
				klog.Warningf("cannot grow volumes: %v", err)
			}
		}
	}
}

func growOnce(ctx context.Context, client kubernetes.Interface, provisioner string) error {
	// From the API server's cache: no load on etcd.
	claims, err := client.CoreV1().PersistentVolumeClaims("").List(ctx, meta.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return err
	}
	for _, claim := range claims.Items {
		wanted := claim.Spec.Resources.Requests[core.ResourceStorage]
		recorded := claim.Status.Capacity[core.ResourceStorage]
		if claim.Status.Phase != core.ClaimBound || wanted.Cmp(recorded) <= 0 {
			continue
		}
		volume, err := client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, meta.GetOptions{})
		if err != nil {
			return err
		}
		if volume.Annotations[provisionedBy] != provisioner {
			continue
		}
		volume.Spec.Capacity = core.ResourceList{core.ResourceStorage: wanted}
		if err := writeRecord(volume); err != nil {
			return err
		}
		capacity := map[string]string{"storage": wanted.String()}
		if err := patch(func(body []byte) error {
			_, err := client.CoreV1().PersistentVolumes().Patch(ctx, volume.Name, types.MergePatchType, body, meta.PatchOptions{})
			return err
		}, map[string]any{"spec": map[string]any{"capacity": capacity}}); err != nil {
			return err
		}
		if err := patch(func(body []byte) error {
			_, err := client.CoreV1().PersistentVolumeClaims(claim.Namespace).Patch(ctx, claim.Name, types.MergePatchType, body, meta.PatchOptions{}, "status")
			return err
		}, map[string]any{"status": map[string]any{"capacity": capacity}}); err != nil {
			return err
		}
		klog.Infof("claim %s/%s grew from %s to %s", claim.Namespace, claim.Name, recorded.String(), wanted.String())
	}
	return nil
}

func patch(send func([]byte) error, change any) error {
	body, err := json.Marshal(change)
	if err != nil {
		return err
	}
	return send(body)
}

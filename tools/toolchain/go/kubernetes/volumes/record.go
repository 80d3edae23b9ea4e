package volumes

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"
)

// Beside each volume's directory lies its record: the PersistentVolume object. A new cluster on kept
// directories reads them, so that a claim of the same namespace and name gets its data back.
const recordSuffix = ".volume.json"

func writeRecord(volume *core.PersistentVolume) error {
	claim := volume.Spec.ClaimRef
	record := &core.PersistentVolume{
		TypeMeta:   meta.TypeMeta{APIVersion: "v1", Kind: "PersistentVolume"},
		ObjectMeta: meta.ObjectMeta{Name: volume.Name, Annotations: volume.Annotations},
		Spec:       volume.Spec,
	}
	// without the claim's uid: the claim of the next cluster has another one
	record.Spec.ClaimRef = &core.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name}
	text, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return err
	}
	path := volume.Spec.Local.Path + recordSuffix
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func removeRecord(volume *core.PersistentVolume) error {
	err := os.Remove(volume.Spec.Local.Path + recordSuffix)
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// adoptVolumes creates the PersistentVolumes that have a record but are not known to the API server.
func adoptVolumes(ctx context.Context, client kubernetes.Interface, root string) error {
	records, err := filepath.Glob(filepath.Join(root, "*"+recordSuffix))
	if err != nil {
		return err
	}
	for _, path := range records {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		volume := &core.PersistentVolume{}
		if err := json.Unmarshal(text, volume); err != nil {
			return fmt.Errorf("%s is not a volume's record: %w", path, err)
		}
		if info, err := os.Stat(volume.Spec.Local.Path); err != nil || !info.IsDir() {
			klog.Warningf("%s describes a volume whose directory is gone: ignored", path)
			continue
		}
		if _, err := client.CoreV1().PersistentVolumes().Create(ctx, volume, meta.CreateOptions{}); err == nil {
			klog.Infof("adopted volume %s of claim %s/%s", volume.Name, volume.Spec.ClaimRef.Namespace, volume.Spec.ClaimRef.Name)
		} else if !errors.IsAlreadyExists(err) {
			return fmt.Errorf("cannot adopt volume %s: %w", volume.Name, err)
		}
	}
	return nil
}

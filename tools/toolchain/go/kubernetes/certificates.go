package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Ten years: a development node's authority lives as long as its data directory.
const certificateLife = 10 * 365 * 24 * time.Hour

// certificateRequest is one leaf certificate, signed by the authority of its directory.
type certificateRequest struct {
	Name          string   `json:"name"`
	CommonName    string   `json:"commonName"`
	Organizations []string `json:"organizations"`
	Hosts         []string `json:"hosts"`
}

// runCertificates writes `ca`, a service account key pair (`service-accounts`) and the requested leaf
// certificates (JSON list on standard input) as PEM files `<name>.crt` and `<name>.key`. An authority
// or service account key that is there is kept, so that running pods' tokens stay valid; leaves are written anew.
//
//	certificates <directory>
func runCertificates() int {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: certificates <directory> < requests.json")
		return 2
	}
	if err := writeCertificates(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func writeCertificates(directory string) error {
	var requests []certificateRequest
	if err := json.NewDecoder(os.Stdin).Decode(&requests); err != nil {
		return fmt.Errorf("cannot read the certificate requests: %w", err)
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	authority, authorityKey, err := loadOrCreateAuthority(directory)
	if err != nil {
		return err
	}
	if err := keepOrCreateKeyPair(filepath.Join(directory, "service-accounts")); err != nil {
		return err
	}
	for _, request := range requests {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return err
		}
		template, err := newTemplate(request.CommonName, request.Organizations)
		if err != nil {
			return err
		}
		template.KeyUsage = x509.KeyUsageDigitalSignature
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
		for _, host := range request.Hosts {
			if address := net.ParseIP(host); address != nil {
				template.IPAddresses = append(template.IPAddresses, address)
			} else {
				template.DNSNames = append(template.DNSNames, host)
			}
		}
		der, err := x509.CreateCertificate(rand.Reader, template, authority, key.Public(), authorityKey)
		if err != nil {
			return fmt.Errorf("cannot sign certificate %q: %w", request.Name, err)
		}
		if err := writePair(filepath.Join(directory, request.Name), der, key); err != nil {
			return err
		}
	}
	return nil
}

func newTemplate(commonName string, organizations []string) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: commonName, Organization: organizations},
		NotBefore:    now.Add(-time.Hour), // clocks of virtual machines jump
		NotAfter:     now.Add(certificateLife),
	}, nil
}

func loadOrCreateAuthority(directory string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	base := filepath.Join(directory, "ca")
	certificatePem, certificateErr := os.ReadFile(base + ".crt")
	keyPem, keyErr := os.ReadFile(base + ".key")
	if certificateErr == nil && keyErr == nil {
		return parsePair(base, certificatePem, keyPem)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template, err := newTemplate("datastack-node-ca", nil)
	if err != nil {
		return nil, nil, err
	}
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	if err := writePair(base, der, key); err != nil {
		return nil, nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return certificate, key, err
}

func parsePair(base string, certificatePem, keyPem []byte) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	certificateBlock, _ := pem.Decode(certificatePem)
	keyBlock, _ := pem.Decode(keyPem)
	if certificateBlock == nil || keyBlock == nil {
		return nil, nil, fmt.Errorf("%s.crt or %s.key is not PEM: remove the cluster and start it again", base, base)
	}
	certificate, err := x509.ParseCertificate(certificateBlock.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("%s.crt: %w", base, err)
	}
	key, err := x509.ParseECPrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("%s.key: %w", base, err)
	}
	return certificate, key, nil
}

func keepOrCreateKeyPair(base string) error {
	if _, err := os.Stat(base + ".pub"); err == nil {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if err := writeKey(base+".key", key); err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	return writePem(base+".pub", "PUBLIC KEY", public, 0o644)
}

func writePair(base string, der []byte, key *ecdsa.PrivateKey) error {
	if err := writeKey(base+".key", key); err != nil {
		return err
	}
	return writePem(base+".crt", "CERTIFICATE", der, 0o644)
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writePem(path, "EC PRIVATE KEY", der, 0o600)
}

// writePem replaces a file as a whole, so that a kill never leaves half a key behind.
func writePem(path, kind string, der []byte, mode os.FileMode) error {
	temporary := path + ".new"
	if err := os.WriteFile(temporary, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

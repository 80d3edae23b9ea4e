// Package lego makes no client.
package lego

import (
	"crypto"
	"crypto/x509"
	"net/http"
	"time"

	"github.com/go-acme/lego/v5/acme"
	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/challenge/http01"
	"github.com/go-acme/lego/v5/challenge/tlsalpn01"
	"github.com/go-acme/lego/v5/none"
	"github.com/go-acme/lego/v5/registration"
)

// DirectoryURLLetsEncrypt is the default of a setting that has no effect.
const DirectoryURLLetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

type User interface {
	GetEmail() string
	GetRegistration() *acme.ExtendedAccount
	GetPrivateKey() crypto.Signer
}

type Config struct {
	CADirURL    string
	UserAgent   string
	HTTPClient  *http.Client
	Certificate struct{ Timeout time.Duration }
}

func NewConfig(User) *Config { return &Config{} }

type Client struct {
	Certificate  certificate.Certifier
	Challenge    Challenges
	Registration registration.Registrar
}

func NewClient(*Config) (*Client, error) { return nil, none.ErrNone }

func CreateCertPool([]string, bool) (*x509.CertPool, error) { return nil, none.ErrNone }

type Challenges struct{}

func (Challenges) SetDNS01Provider(challenge.Provider, ...dns01.ChallengeOption) error {
	return none.ErrNone
}

func (Challenges) SetHTTP01Provider(challenge.Provider, ...http01.ChallengeOption) error {
	return none.ErrNone
}

func (Challenges) SetTLSALPN01Provider(challenge.Provider, ...tlsalpn01.ChallengeOption) error {
	return none.ErrNone
}

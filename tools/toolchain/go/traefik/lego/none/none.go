// Package none is what every operation of this client answers.
package none

import "errors"

var ErrNone = errors.New("this Traefik is built without an ACME client: give it certificates as Secrets")

// Takes the place of the ACME client that Traefik imports, with its five hundred packages of DNS services: certificates of the
// node come from Secrets. Whoever configures a certificate resolver is told so.
module github.com/go-acme/lego/v5

go 1.26.0

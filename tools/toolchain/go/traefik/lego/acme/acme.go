// Package acme names accounts, of which there are none.
package acme

type Account struct{}

type ExtendedAccount struct {
	Account

	Location string
}

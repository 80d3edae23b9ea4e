// Package ext takes the place of a module that Traefik's published source leaves out: room for fields that other products add to
// its configuration, of which Traefik itself has none.
package ext

type HTTP struct{}

type Router struct{}

type RouterIng struct{}

func (RouterIng) ToRouter() Router { return Router{} }

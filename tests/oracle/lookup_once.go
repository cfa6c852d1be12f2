// SPDX-License-Identifier: GPL-2.0-or-later

// Look one name up with Go's own resolver and print what came of it: the subject of the oracle tests.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
)

func main() {
	resolver := &net.Resolver{PreferGo: true}
	addresses, err := resolver.LookupIPAddr(context.Background(), os.Args[1])
	if err != nil {
		fmt.Println("fail", err)
		return
	}
	for _, address := range addresses {
		fmt.Println("ok", address.String())
	}
}

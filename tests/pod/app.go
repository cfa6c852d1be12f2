// SPDX-License-Identifier: GPL-2.0-or-later

// Stands for an application in Go: holds a socket and waits.
package main

import (
	"net"
	"time"
)

func main() {
	net.ListenPacket("udp", "127.0.0.1:0")
	for {
		time.Sleep(time.Hour)
	}
}

package main

import (
	"os"
	"time"
)

// followParent ends the plugin, and with it the Terraform provider, once the engine has gone: one that was killed
// can't say so, and each pair left behind holds some 300 MB.
func followParent(end func()) {
	engine := os.Getppid()
	go func() {
		for range time.Tick(time.Second) {
			if os.Getppid() != engine {
				end()
				os.Exit(1)
			}
		}
	}()
}

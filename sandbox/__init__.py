"""An embedded AWS to run any command against: `bin/sandbox COMMAND…`.

The emulator (moto) runs in its own process and is reached over TLS on loopback. It shares a folder with the Pulumi
state that describes its resources; both are removed together.
"""

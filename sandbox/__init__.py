"""An embedded AWS to run any command against: `bin/sandbox COMMAND…`.

The emulator (moto) is a process of its own, reached over TLS on loopback. It and the Pulumi state that
describes it share one folder and one life.
"""

"""What `ouidire doctor` looks at: this machine, the PBX's files, the PBX itself."""

"""The container without a container engine: the Dockerfile's steps in a root of our own."""

"""A node for the sandbox's Kubernetes, in name spaces of its own: kubelet, containerd, runc."""

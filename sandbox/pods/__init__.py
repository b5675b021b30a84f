"""A node for the sandbox's Kubernetes: kubelet, containerd and runc in Linux namespaces."""

"""Writes manifests for what is in a project of Senlin: the way from Senlin to Git."""

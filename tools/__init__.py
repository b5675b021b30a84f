"""What the image, the chart and the sandbox share: a cache, programs that are run, packages."""

"""Build tools that the image, the chart and the sandbox share."""

"""The real cloud: the services of OpenStack 2024.1 below Senlin 16, Nova with its fake driver."""

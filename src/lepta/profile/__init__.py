"""What a machine can serve inside a latency objective: fits, capacities, bounds, demand classes."""

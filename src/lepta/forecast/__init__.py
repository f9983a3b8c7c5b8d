"""What will come: demand, durations and prices, each with intervals and a back-test."""

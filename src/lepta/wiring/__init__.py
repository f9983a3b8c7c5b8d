"""The only place that knows adapters: it joins them to the stages."""

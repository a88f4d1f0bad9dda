"""Two results side by side: two refreshes, or one week under another configuration."""

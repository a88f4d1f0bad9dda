"""The input side: sources are loaded as delivered, checked, and made into a panel."""

"""The parts of ``mmm init``'s guess, see ``mmm_assets.guess``."""

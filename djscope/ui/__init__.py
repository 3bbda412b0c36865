"""Draws facts and turns keys into actions. No thresholds, no input or output of its own."""

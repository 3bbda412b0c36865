"""Reaches into processes on this machine: psutil's figures, py-spy's stacks. Never changes one."""

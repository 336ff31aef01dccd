"""The production functions of sound. What computes needs scipy: the extra `sound`."""

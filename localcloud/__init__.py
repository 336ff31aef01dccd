"""The laptop cloud: OSS, MNS, Function Compute and IMS on one machine, speaking the real wire protocols."""

"""Scan a dataset with the losses and the doctor: shards are cut into tasks whose results merge bit-exactly."""

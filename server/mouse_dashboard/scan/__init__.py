"""A whole dataset under the losses and the doctor: shards cut into tasks, whose results merge to the same last bit."""

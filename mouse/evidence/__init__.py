"""Evidence in the data of how it was recorded: tensors in, numbers out, independent of field names."""
